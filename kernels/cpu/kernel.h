// The kernels of an instruction set: one entry per op.
#ifndef GMEL_KERNEL_H
#define GMEL_KERNEL_H

#include "program.h"

// worker has the resources of a task besides its descriptor.
typedef struct {
	float *arena;
	float *shared; // scratch of the op, the same for all threads; phases pass results on in it
	float *local;  // scratch of this thread, undefined after the task
} worker;

// An op runs in phases; all tasks of a phase may run at once, in any order, on any thread.
// The result of a task depends on the descriptor alone, never on the number of threads.
typedef struct {
	int phases;
	int64_t (*tasks)(const desc *d, int phase);
	void (*run)(const worker *w, const desc *d, int phase, int64_t task);
	int64_t (*shared)(const desc *d); // floats; may be NULL
	int64_t (*local)(const desc *d);  // floats; may be NULL
	int packs; // phase 0 packs only this argument: a loop that does not change it runs phase 0 once; 0: none
} kernel;

// FLAG_PACKED is set by the interpreter: phase 0 of this op was run before the loop.
enum { FLAG_PACKED = 1 << 16 };

typedef struct {
	const char *name;
	float (*peak)(int64_t iterations); // fma on registers, peak_flops an iteration
	int peak_flops;
	kernel kernels[OP_END];
} isa;

extern const isa gmel_isa_scalar, gmel_isa_sse2, gmel_isa_avx2, gmel_isa_avx512, gmel_isa_neon;

#endif
