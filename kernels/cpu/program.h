// The contract of package kernels in C: descriptor layout and codes. A Go test compares every
// size, offset, code and name with the Go side.
#ifndef GMEL_PROGRAM_H
#define GMEL_PROGRAM_H

#include <stdint.h>

#include "../slot.h"
#include "ops.h"

#define GMEL_OP(code, name, ...) OP_##name = code,
#define GMEL_FN(name) FN_##name,
#define GMEL_BIN(name) BIN_##name,

typedef enum { OP_NONE, GMEL_OPS(GMEL_OP) OP_END } op_code;
typedef enum { GMEL_FNS(GMEL_FN) FN_END } fn_code;
typedef enum { GMEL_BINS(GMEL_BIN) BIN_END } bin_code;

// The whole numbers that Go has, too.
#define GMEL_NUMBERS(X) \
	X(MAX_ARGS, 8) X(MAX_DIMS, 12) X(MAX_SCALARS, 4) \
	X(ABSENT, -1) /* in place of an optional argument that is not given */ \
	X(FLAG_ACCUMULATE, 1) X(FLAG_TRANS_A, 2) X(FLAG_TRANS_B, 4) X(FLAG_FN_GRAD, 8) X(FLAG_SELF, 16) X(FLAG_WINOGRAD, 32) \
	X(BLOCK_K, 256) X(WINOGRAD_BLOCK, 64) X(LANES, 16) X(CHUNK, 4096) X(CHUNK_ROWS, 256) X(COUNTER_BASE, 1 << 24) \
	X(GEMM_M, 0) X(GEMM_N, 1) X(GEMM_K, 2) X(GEMM_LDA, 3) X(GEMM_LDB, 4) X(GEMM_LDC, 5) X(GEMM_GROUPS, 6) \
	X(GEMM_STRIDE_A, 7) X(GEMM_STRIDE_B, 8) X(GEMM_STRIDE_C, 9) X(GEMM_STRIDE_BIAS, 10) \
	X(CONV_B, 0) X(CONV_Y, 1) X(CONV_X, 2) X(CONV_C, 3) X(CONV_KY, 4) X(CONV_KX, 5) X(CONV_F, 6) \
	X(CONV_STRIDE_Y, 7) X(CONV_STRIDE_X, 8) X(CONV_PAD_Y, 9) X(CONV_PAD_X, 10) X(CONV_END, 11) \
	X(STEP_ENVIRONMENT, 0) X(STEP_WORLDS, 1) X(STEP_AGENTS, 2) X(STEP_OBS, 3) X(STEP_ACTIONS, 4) X(STEP_PRIVILEGED, 5) \
	X(LOOP_BODY, 0) X(LOOP_ITERATIONS, 1) X(LOOP_SEGMENTS, 2)

#define GMEL_NUMBER(name, value) name = value,
enum { GMEL_NUMBERS(GMEL_NUMBER) };

#define MASKED_LOG_PROB -1e9f

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
