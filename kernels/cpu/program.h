// The contract of package kernels in C: descriptor layout and codes. A Go test compares
// every size, offset and code with the Go side.
#ifndef GMEL_PROGRAM_H
#define GMEL_PROGRAM_H

#include <stdint.h>

enum { MAX_ARGS = 8, MAX_DIMS = 12, MAX_SCALARS = 4 };

// ABSENT marks an optional argument that is not given.
enum { ABSENT = -1 };

typedef enum {
	OP_NONE,
	OP_GEMM, OP_UNARY, OP_UNARY_GRAD, OP_BINARY, OP_SUM_ALL, OP_SUM_ROWS, OP_SUM_COLS, OP_COPY, OP_FILL,
	OP_LOOP,
	OP_LOG_SOFTMAX, OP_LOG_SOFTMAX_GRAD, OP_SAMPLE, OP_ARG_MAX, OP_ONE_HOT, OP_PICK, OP_PICK_GRAD,
	OP_ATTENTION, OP_ATTENTION_GRAD, OP_ATTENTION_PENALTY, OP_ATTENTION_PENALTY_GRAD, OP_ATTENTION_ENTROPY,
	OP_CONV, OP_CONV_GRAD_X, OP_CONV_GRAD_W,
	OP_GATHER_ROWS, OP_SCATTER_ROWS,
	OP_RAND_INT, OP_UNIFORM, OP_NORMAL, OP_COUNT,
	OP_ADAM, OP_ADAM_TICK, OP_POLYAK, OP_CLIP_SCALE, OP_MOMENTS, OP_CHECK_FINITE, OP_STEP,
	OP_GROUP_NORM, OP_GROUP_NORM_GRAD, OP_GROUP_NORM_PARAM_GRAD, OP_LAYER_NORM, OP_LAYER_NORM_GRAD,
	OP_UPSAMPLE, OP_POOL, OP_DROPOUT, OP_SINUSOID,
	OP_GAE, OP_SHUFFLE,
	OP_END
} op_code;

typedef enum {
	FN_IDENTITY, FN_AFFINE, FN_RELU, FN_LEAKY_RELU, FN_TANH, FN_SIGMOID, FN_EXP, FN_LOG,
	FN_SQUARE, FN_SQRT, FN_RECIPROCAL, FN_ABS, FN_CLAMP, FN_SILU, FN_GELU, FN_END
} fn_code;

typedef enum { BIN_ADD, BIN_SUB, BIN_MUL, BIN_DIV, BIN_MIN, BIN_MAX, BIN_END } bin_code;

enum { FLAG_ACCUMULATE = 1, FLAG_TRANS_A = 2, FLAG_TRANS_B = 4, FLAG_FN_GRAD = 8 };

enum { BLOCK_K = 256, LANES = 16, CHUNK = 4096, CHUNK_ROWS = 256, COUNTER_BASE = 1 << 24 };
#define MASKED_LOG_PROB -1e9f

enum { GEMM_M, GEMM_N, GEMM_K, GEMM_LDA, GEMM_LDB, GEMM_LDC, GEMM_GROUPS, GEMM_STRIDE_A, GEMM_STRIDE_B, GEMM_STRIDE_C, GEMM_STRIDE_BIAS };
enum { CONV_B, CONV_Y, CONV_X, CONV_C, CONV_KY, CONV_KX, CONV_F, CONV_STRIDE_Y, CONV_STRIDE_X, CONV_PAD_Y, CONV_PAD_X };

enum { STEP_ENVIRONMENT, STEP_WORLDS, STEP_AGENTS, STEP_OBS, STEP_ACTIONS };
enum { LOOP_BODY, LOOP_ITERATIONS, LOOP_SEGMENTS };

typedef struct {
	uint32_t op, fn, bin, flags;
	uint64_t seed;
	uint32_t stream, unused;
	int64_t arg[MAX_ARGS];
	int64_t dim[MAX_DIMS];
	float scalar[MAX_SCALARS];
} desc;

// How a descriptor in a loop moves; kernels.Step.
typedef struct {
	int64_t iteration[MAX_ARGS], segment[MAX_ARGS];
	int64_t sum;
} desc_step;

// LOCAL_BASE is where the local memory of loops begins in the address space of arguments.
#define LOCAL_BASE (INT64_C(1) << 48)

#endif
