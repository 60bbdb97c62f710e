//go:build emu

// One translation unit for each file would be easier to read, but would take four times as long to compile.
#define GMEL_EMULATE
#include "../gpu/cuda/emu/emu.cc"

#include "../gpu/cuda/attention_bf16.cu"
#include "../gpu/cuda/attention_fp32.cu"
#include "../gpu/cuda/attention_grad.cu"
#include "../gpu/cuda/attention_tf32.cu"
#include "../gpu/cuda/chain.cu"
#include "../gpu/cuda/conv_bf16.cu"
#include "../gpu/cuda/conv_fp32.cu"
#include "../gpu/cuda/conv_tf32.cu"
#include "../gpu/cuda/environment.cu"
#include "../gpu/cuda/gather.cu"
#include "../gpu/cuda/group.cu"
#include "../gpu/cuda/gemm_bf16.cu"
#include "../gpu/cuda/gemm_fp32.cu"
#include "../gpu/cuda/gemm_tf32.cu"
#include "../gpu/cuda/image.cu"
#include "../gpu/cuda/norm.cu"
#include "../gpu/cuda/norm_free.cu"
#include "../gpu/cuda/optim.cu"
#include "../gpu/cuda/plan.cu"
#include "../gpu/cuda/plan_groups.cu"
#include "../gpu/cuda/pointwise.cu"
#include "../gpu/cuda/policy.cu"
#include "../gpu/cuda/random.cu"
#include "../gpu/cuda/reduce.cu"
#include "../gpu/cuda/rollout.cu"
#include "../gpu/cuda/tile_heuristic.cu"

extern "C" uint32_t gmel_emu_word(int bf16_too, float x, float y) {
	const float pair[2] = {x, y};
	return bf16_too ? bf16::word(pair) : tf32::word(pair);
}

extern "C" int64_t gmel_emu_divide(int64_t n, int64_t d, int64_t *rest) {
	quotient q = divide(n, d, reciprocal_of(d));
	*rest = q.rest;
	return q.whole;
}
