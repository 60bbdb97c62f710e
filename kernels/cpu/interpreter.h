// The interpreter: a program compiled to steps for one instruction set.
#ifndef GMEL_INTERPRETER_H
#define GMEL_INTERPRETER_H

#include "kernel.h"
#include "pool.h"

typedef struct gmel_plan gmel_plan;

// gmel_isa_find returns the named instruction set, or NULL if this processor does not have it.
const isa *gmel_isa_find(const char *name);

// An environment that OP_STEP plays; kernels.Native.
typedef struct {
	int32_t (*play)(void *self, int64_t task, float *const slot[MAX_ARGS]);
	uintptr_t self; // an address, or a handle of Go
	int64_t tasks;
} gmel_environment;

// kernels.Program.
typedef struct {
	const desc *descs;
	const desc_step *moves; // NULL without loops
	int64_t count, local;
	const gmel_environment *environments;
	int64_t environment_count;
} gmel_program;

// gmel_plan_new copies the program and allocates all scratch; NULL when out of memory.
gmel_plan *gmel_plan_new(const gmel_program *program, const isa *set, int threads);
void gmel_plan_free(gmel_plan *p);

// gmel_plan_measure makes all later runs measure their ops; it returns 0 if out of memory.
// gmel_plan_profile then gives the seconds spent in every op, summed over threads and runs, and
// returns the number of runs.
int gmel_plan_measure(gmel_plan *p);
int64_t gmel_plan_profile(const gmel_plan *p, double *seconds);

// gmel_missing returns the first op code that the instruction set lacks, OP_NONE if none.
uint32_t gmel_missing(const desc *descs, int64_t count, const isa *set);

// gmel_run runs the program the given number of times. If an environment fails, it stops after that
// run and returns the index of the environment plus 1; else it returns 0.
int64_t gmel_run(gmel_pool *pool, gmel_plan *plan, float *arena, int64_t times);

// gmel_peak runs fma on all threads and returns the floating-point operations done.
double gmel_peak(gmel_pool *pool, const isa *set, int64_t iterations);

// Arena memory: zeroed, 256-byte aligned.
float *gmel_arena_new(int64_t floats);

#endif
