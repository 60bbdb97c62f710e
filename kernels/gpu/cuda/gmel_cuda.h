// The typed C interface of the CUDA kernels. It needs no CUDA header, so the C compiler checks every
// argument of its callers. Pointers named stream, arena and scratch are handles or memory of the device.
#ifndef GMEL_CUDA_H
#define GMEL_CUDA_H

#include "../../cpu/program.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct gmel_cuda_plan gmel_cuda_plan;

// Precision of products. FP32 gives the bits of package ref; the others round the factors
// to tf32 or bf16 and add in fp32.
enum { GMEL_FP32, GMEL_TF32, GMEL_BF16 };

// A game that a device plays; environment.cuh.
typedef struct gmel_cuda_environment gmel_cuda_environment;

// gmel_cuda_environment_of returns the game of a name (kernels.Image.Kernel), NULL if there is none.
const gmel_cuda_environment *gmel_cuda_environment_of(const char *name);

// gmel_cuda_environment_scratch is the working memory that each world needs, in words; -1 where the params are not
// those of the game's kernel.
int64_t gmel_cuda_environment_scratch(const gmel_cuda_environment *e, const void *params, int64_t params_bytes);

// Worlds of a game that a device plays (kernels.Image). The sizes in params never change; all else are addresses on
// the device, with a copy of params that may change. Where an action is illegal, fault
// becomes (number of the agent + 1, action).
typedef struct {
	const gmel_cuda_environment *environment;
	const void *params;
	int64_t params_bytes;
	const void *device_params;
	const uint32_t *tables;
	uint32_t *state, *scratch;
	int32_t *fault;
} gmel_cuda_world;

// Marks of an op in a chain of products or in a group, and the chain's limits; those of package chain.
enum { GMEL_ON_CHIP = 1, GMEL_UNREAD = 2, GMEL_BY_ROWS = 4, GMEL_BESIDE = 8 };
enum { GMEL_CHAIN_WIDEST = 128, GMEL_CHAIN_LONGEST = 4 };

// Where a product in bf16 has its copies: desc.arg is their place in the memory of copies, in floats, 0 if there is none, and
// desc_step.iteration how they move; those of package copies.
enum { GMEL_COPY_LEFT = 5, GMEL_COPY_RIGHT, GMEL_COPY_RESULT };

// Where a convolution writes the moments of its results, and a group normalisation reads them, in desc.arg, with the size of the strips
// that they are of; those of package moments.
enum { GMEL_MOMENTS = 7, GMEL_STRIP_ROWS = 32, GMEL_STRIP_CHANNELS = 4, GMEL_MOST_CHANNELS = 512 };

// copies.Cast: a copy that a launch makes.
typedef struct {
	int64_t before, reader, from, lines, width, pitch, to;
} gmel_cuda_cast;

// kernels.Program.
typedef struct {
	const desc *descs;
	const desc_step *moves;  // NULL without loops
	const uint8_t *in_order; // kernels.Program.InOrder; NULL without loops
	int64_t count, local;
	int32_t precision;
	const int64_t *order; // chain.Schedule; NULL: ops in the order of the program, each in launches of its own
	const uint8_t *marks;
	const int64_t *rows;
	const gmel_cuda_cast *casts; // in bf16
	int64_t cast_count, copies;  // floats of the memory of copies, with those of moments
	const gmel_cuda_world *worlds; // by number of the environment; state is NULL where the host plays
	uint64_t *mark;                // memory of the host where a kernel notes, when it begins, number << 32 | launch; NULL: nowhere
	uint32_t number;
} gmel_cuda_program;

// gmel_cuda_missing returns the first op code without a kernel, OP_NONE if none. OP_STEP counts as
// there: the host plays it where no kernel does.
uint32_t gmel_cuda_missing(const desc *descs, int64_t count);

// gmel_cuda_plan_new makes a list of launches; it copies the program. NULL when out of memory.
gmel_cuda_plan *gmel_cuda_plan_new(const gmel_cuda_program *program);
void gmel_cuda_plan_free(gmel_cuda_plan *p);

// Floats of device memory for scratch and for the local memory of loops; all launches share it.
int64_t gmel_cuda_plan_scratch(const gmel_cuda_plan *p);

// The launches in order, the number of ops of each, and its n-th op, an index into descs. An op of several phases may be
// in several launches.
int64_t gmel_cuda_plan_launches(const gmel_cuda_plan *p);
int64_t gmel_cuda_plan_ops(const gmel_cuda_plan *p, int64_t launch);
int64_t gmel_cuda_plan_op(const gmel_cuda_plan *p, int64_t launch, int64_t n);

// The kernel of a launch, as the compiler mangles the name of its struct, and its grid. kernel is NULL for an OP_STEP.
typedef struct {
	const char *kernel;
	int64_t blocks_x, blocks_y;
	int32_t threads; // of a block
	int32_t casts;   // 1 for a launch of casts; its ops are those that read them first
} gmel_cuda_shape;
gmel_cuda_shape gmel_cuda_plan_shape(const gmel_cuda_plan *p, int64_t launch);

// gmel_cuda_plan_on_host is 1 for an OP_STEP that the host has to play, in place of the launch.
int32_t gmel_cuda_plan_on_host(const gmel_cuda_plan *p, int64_t launch);

// gmel_cuda_enqueue puts a launch on a stream of the current context. It does nothing for an op that the host plays. The
// result is a cudaError_t, 0 for success.
int32_t gmel_cuda_enqueue(const gmel_cuda_plan *p, int64_t launch, void *stream, float *arena, float *scratch);

// The floors of benchmarks: rounds of multiply-adds in a precision that end in gmel_cuda_peak_floats floats of y
// and are gmel_cuda_peak_flops operations; and a copy of n floats, a multiple of 4.
int64_t gmel_cuda_peak_floats(void);
double gmel_cuda_peak_flops(int64_t rounds, int32_t precision);
int32_t gmel_cuda_peak(void *stream, float *y, int64_t rounds, int32_t precision);
int32_t gmel_cuda_copy(void *stream, float *to, const float *from, int64_t n);

#ifdef __cplusplus
}
#endif

#endif
