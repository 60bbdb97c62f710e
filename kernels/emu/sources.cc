//go:build emu

// One translation unit a file would be better reading and four times the time to compile.
#define GMEL_EMULATE
#include "../gpu/cuda/emu/emu.cc"

#include "../gpu/cuda/attention.cu"
#include "../gpu/cuda/attention_grad.cu"
#include "../gpu/cuda/choose.cu"
#include "../gpu/cuda/conv.cu"
#include "../gpu/cuda/edge.cu"
#include "../gpu/cuda/gather.cu"
#include "../gpu/cuda/gemm.cu"
#include "../gpu/cuda/image.cu"
#include "../gpu/cuda/norm.cu"
#include "../gpu/cuda/plan.cu"
#include "../gpu/cuda/pointwise.cu"
#include "../gpu/cuda/policy.cu"
#include "../gpu/cuda/random.cu"
#include "../gpu/cuda/reduce.cu"
#include "../gpu/cuda/rollout.cu"
#include "../gpu/cuda/train.cu"
