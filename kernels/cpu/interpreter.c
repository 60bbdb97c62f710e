#define _GNU_SOURCE
#include "interpreter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

// One phase of one op.
typedef struct {
	const desc *d;
	const kernel *k;
	int phase;
	int64_t tasks, grain;
	int parallel; // tasks are shared out; otherwise thread 0 runs them
	int barrier;  // all threads meet before this step
} step;

struct gmel_plan {
	desc *descs;
	int64_t desc_count;
	step *steps;
	int64_t step_count;
	int threads;
	int any_parallel;
	float *shared;
	float *local; // one piece per thread
	int64_t local_size;
	double *busy; // seconds of every thread in every op [threads, descs]; NULL when nobody asked
	int64_t runs;
};

const isa *gmel_isa_find(const char *name) {
#if defined(__x86_64__)
	__builtin_cpu_init();
	if (!strcmp(name, "avx512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw"))
		return &gmel_isa_avx512;
	if (!strcmp(name, "avx2") && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return &gmel_isa_avx2;
#elif defined(__aarch64__)
	if (!strcmp(name, "neon")) return &gmel_isa_neon;
#endif
	return strcmp(name, "scalar") ? NULL : &gmel_isa_scalar;
}

uint32_t gmel_missing(const desc *descs, int64_t count, const isa *set) {
	for (int64_t i = 0; i < count; i++)
		if (descs[i].op >= OP_END || !set->kernels[descs[i].op].run) return descs[i].op;
	return OP_NONE;
}

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

// Tasks are taken in grains, so that the counter is touched some ten times per thread.
static int64_t grain_of(int64_t tasks, int threads) { return largest(1, tasks / (threads * 12)); }

static void add_steps(gmel_plan *p, const desc *d, const kernel *k) {
	for (int phase = 0; phase < k->phases; phase++) {
		int64_t tasks = k->tasks(d, phase);
		if (tasks == 0) continue;
		int parallel = tasks > 1 && p->threads > 1;
		const step *before = p->step_count ? &p->steps[p->step_count - 1] : NULL;
		p->steps[p->step_count++] = (step){
			.d = d, .k = k, .phase = phase, .tasks = tasks, .grain = grain_of(tasks, p->threads),
			.parallel = parallel, .barrier = before && (parallel || before->parallel)};
		p->any_parallel |= parallel;
	}
}

gmel_plan *gmel_plan_new(const desc *descs, int64_t count, const isa *set, int threads) {
	gmel_plan *p = calloc(1, sizeof *p);
	if (!p) return NULL;
	int64_t steps = 0, shared = 0, local = 0;
	p->threads = threads;
	p->desc_count = count;
	p->descs = malloc((count + 1) * sizeof *p->descs);
	if (!p->descs) goto fail;
	memcpy(p->descs, descs, count * sizeof *descs);
	for (int64_t i = 0; i < count; i++) {
		const kernel *k = &set->kernels[descs[i].op];
		steps += k->phases;
		if (k->shared) shared = largest(shared, k->shared(&descs[i]));
		if (k->local) local = largest(local, k->local(&descs[i]));
	}
	p->steps = malloc((steps + 1) * sizeof *p->steps);
	p->local_size = (local + 64 + 63) / 64 * 64;
	p->shared = gmel_arena_new(shared + 64);
	p->local = gmel_arena_new(p->local_size * threads);
	if (!p->steps || !p->shared || !p->local) goto fail;
	for (int64_t i = 0; i < count; i++) add_steps(p, &p->descs[i], &set->kernels[descs[i].op]);
	return p;
fail:
	gmel_plan_free(p);
	return NULL;
}

void gmel_plan_free(gmel_plan *p) {
	if (!p) return;
	free(p->descs);
	free(p->steps);
	free(p->shared);
	free(p->local);
	free(p->busy);
	free(p);
}

int gmel_plan_measure(gmel_plan *p) {
	p->busy = calloc(p->threads * p->desc_count + 1, sizeof *p->busy);
	return p->busy != NULL;
}

int64_t gmel_plan_profile(const gmel_plan *p, double *seconds) {
	memset(seconds, 0, p->desc_count * sizeof *seconds);
	for (int t = 0; t < p->threads; t++)
		for (int64_t i = 0; i < p->desc_count; i++) seconds[i] += p->busy[t * p->desc_count + i];
	return p->runs;
}

static double now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

typedef struct {
	gmel_pool *pool;
	gmel_plan *plan;
	float *arena;
} run_job;

static void run_tasks(const step *s, const worker *w, int64_t first, int64_t end) {
	if (end > s->tasks) end = s->tasks;
	for (int64_t t = first; t < end; t++) s->k->run(w, s->d, s->phase, t);
}

// run_step does this thread's share of a step.
static void run_step(const run_job *j, const step *s, const worker *w, int thread) {
	int64_t first;
	if (s->parallel)
		while ((first = gmel_pool_take(j->pool, s->grain)) < s->tasks) run_tasks(s, w, first, first + s->grain);
	else if (thread == 0)
		run_tasks(s, w, 0, s->tasks);
}

static void run_thread(void *argument, int thread) {
	run_job *j = argument;
	const gmel_plan *p = j->plan;
	const worker w = {j->arena, p->shared, p->local + thread * p->local_size};
	for (int64_t i = 0; i < p->step_count; i++) {
		const step *s = &p->steps[i];
		if (s->barrier) gmel_pool_barrier(j->pool);
		double begin = p->busy ? now() : 0;
		run_step(j, s, &w, thread);
		if (p->busy) p->busy[thread * p->desc_count + (s->d - p->descs)] += now() - begin;
	}
}

void gmel_run(gmel_pool *pool, gmel_plan *plan, float *arena) {
	run_job j = {pool, plan, arena};
	plan->runs++;
	if (plan->any_parallel)
		gmel_pool_run(pool, run_thread, &j);
	else // nobody needs to be woken
		run_thread(&j, 0);
}

typedef struct {
	const isa *set;
	int64_t iterations;
} peak_job;

static void peak_thread(void *argument, int thread) {
	peak_job *j = argument;
	volatile float keep = j->set->peak(j->iterations); // so that the loop is not dropped
	(void)keep, (void)thread;
}

double gmel_peak(gmel_pool *pool, const isa *set, int64_t iterations) {
	peak_job j = {set, iterations};
	gmel_pool_run(pool, peak_thread, &j);
	return (double)gmel_pool_threads(pool) * (double)iterations * set->peak_flops;
}

enum { ALIGNMENT = 256, HUGE_PAGE = 2 << 20 };

float *gmel_arena_new(int64_t floats) {
	size_t bytes = floats * sizeof(float) + 1; // never 0
	size_t alignment = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT;
	bytes = (bytes + alignment - 1) / alignment * alignment; // C11 wants a multiple
	float *m = aligned_alloc(alignment, bytes);
	if (!m) return NULL;
#if defined(MADV_HUGEPAGE)
	// Fewer page-table walks; where the system has no huge pages nothing happens.
	if (bytes >= HUGE_PAGE) madvise(m, bytes, MADV_HUGEPAGE);
#endif
	memset(m, 0, bytes);
	return m;
}
