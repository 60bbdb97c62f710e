//go:build cgo

package cpu

/*
#include <stddef.h>
#include "program.h"

static int64_t offsets[] = {
	sizeof(desc), offsetof(desc, op), offsetof(desc, fn), offsetof(desc, bin), offsetof(desc, flags), offsetof(desc, seed),
	offsetof(desc, stream), offsetof(desc, arg), offsetof(desc, dim), offsetof(desc, scalar),
	sizeof(desc_step), offsetof(desc_step, iteration), offsetof(desc_step, segment), offsetof(desc_step, sum),
};
static int64_t offset(int i) { return offsets[i]; }

static int64_t codes[] = {
	OP_GEMM, OP_UNARY, OP_UNARY_GRAD, OP_BINARY, OP_SUM_ALL, OP_SUM_ROWS, OP_SUM_COLS, OP_COPY, OP_FILL, OP_LOOP,
	OP_LOG_SOFTMAX, OP_LOG_SOFTMAX_GRAD, OP_SAMPLE, OP_ARG_MAX, OP_ONE_HOT, OP_PICK, OP_PICK_GRAD,
	OP_ATTENTION, OP_ATTENTION_GRAD, OP_ATTENTION_PENALTY, OP_ATTENTION_PENALTY_GRAD, OP_ATTENTION_ENTROPY,
	OP_CONV, OP_CONV_GRAD_X, OP_CONV_GRAD_W,
	OP_GATHER_ROWS, OP_SCATTER_ROWS, OP_RAND_INT, OP_UNIFORM, OP_NORMAL, OP_COUNT,
	OP_ADAM, OP_ADAM_TICK, OP_POLYAK, OP_CLIP_SCALE, OP_MOMENTS, OP_CHECK_FINITE, OP_STEP,
	OP_GROUP_NORM, OP_GROUP_NORM_GRAD, OP_GROUP_NORM_PARAM_GRAD, OP_LAYER_NORM, OP_LAYER_NORM_GRAD,
	OP_UPSAMPLE, OP_POOL, OP_DROPOUT, OP_SINUSOID, OP_GAE, OP_SHUFFLE, OP_END,
	FN_IDENTITY, FN_AFFINE, FN_RELU, FN_LEAKY_RELU, FN_TANH, FN_SIGMOID, FN_EXP, FN_LOG,
	FN_SQUARE, FN_SQRT, FN_RECIPROCAL, FN_ABS, FN_CLAMP, FN_SILU, FN_GELU, FN_END,
	BIN_ADD, BIN_SUB, BIN_MUL, BIN_DIV, BIN_MIN, BIN_MAX, BIN_END,
	FLAG_ACCUMULATE, FLAG_TRANS_A, FLAG_TRANS_B, FLAG_FN_GRAD,
	MAX_ARGS, MAX_DIMS, MAX_SCALARS, ABSENT, BLOCK_K, LANES, CHUNK, CHUNK_ROWS, COUNTER_BASE,
	GEMM_M, GEMM_N, GEMM_K, GEMM_LDA, GEMM_LDB, GEMM_LDC, GEMM_GROUPS, GEMM_STRIDE_A, GEMM_STRIDE_B, GEMM_STRIDE_C, GEMM_STRIDE_BIAS, LOCAL_BASE,
	CONV_B, CONV_Y, CONV_X, CONV_C, CONV_KY, CONV_KX, CONV_F, CONV_STRIDE_Y, CONV_STRIDE_X, CONV_PAD_Y, CONV_PAD_X,
	STEP_ENVIRONMENT, STEP_WORLDS, STEP_AGENTS, STEP_OBS, STEP_ACTIONS,
};
static int code_count(void) { return sizeof codes / sizeof codes[0]; }
static int64_t code(int i) { return codes[i]; }
*/
import "C"

// The C side of the contract, in the order of the lists above; a test compares it with Go.

func cOffsets(n int) []int64 {
	var v []int64
	for i := range n {
		v = append(v, int64(C.offset(C.int(i))))
	}
	return v
}

func cCodes() []int64 {
	var v []int64
	for i := range int(C.code_count()) {
		v = append(v, int64(C.code(C.int(i))))
	}
	return v
}
