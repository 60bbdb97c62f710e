#define _GNU_SOURCE
#include "interpreter.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

// One phase of one op. If k is NULL: a whole loop, whose tasks are its segments, or a slot of an
// environment.
typedef struct {
	const desc *d;
	const kernel *k;
	int phase;
	int64_t tasks, grain;
	float *shared; // scratch of the op
	int parallel; // all threads run tasks; otherwise only thread 0
	int barrier;  // all threads synchronise before this step
} step;

struct gmel_plan {
	desc *descs;
	desc_step *moves; // one for every descriptor; NULL without loops
	gmel_environment *environments;
	int64_t failed; // index of an environment that failed, plus 1; else 0
	int64_t desc_count;
	const isa *set;
	step *steps;
	int64_t step_count;
	int threads;
	int any_parallel;
	float *shared;
	float *local; // one part per thread
	int64_t local_size;
	float *body; // one part per thread: the local memory of loops, then the shared scratch of ops in their bodies
	int64_t body_local, body_size;
	float *packed;      // arguments that ops in loops pack once for all iterations
	int64_t *packed_at; // for every op; -1 if nothing is packed
	double *busy; // seconds of every thread in every op [threads, descs]; NULL if not measured
	int64_t runs;
};

const isa *gmel_isa_find(const char *name) {
#if defined(__x86_64__)
	__builtin_cpu_init();
	int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
	int avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
	             __builtin_cpu_supports("avx512bw");
#if defined(GMEL_EMULATE_AVX512)
	avx512 = avx2;
#endif
	if (!strcmp(name, "avx512") && avx512) return &gmel_isa_avx512;
	if (!strcmp(name, "avx2") && avx2) return &gmel_isa_avx2;
	if (!strcmp(name, "sse2")) return &gmel_isa_sse2;
#elif defined(__aarch64__)
	if (!strcmp(name, "neon")) return &gmel_isa_neon;
#endif
	return strcmp(name, "scalar") ? NULL : &gmel_isa_scalar;
}

uint32_t gmel_missing(const desc *descs, int64_t count, const isa *set) {
	for (int64_t i = 0; i < count; i++)
		if (descs[i].op != OP_LOOP && descs[i].op != OP_STEP && (descs[i].op >= OP_END || !set->kernels[descs[i].op].run)) return descs[i].op;
	return OP_NONE;
}

static int64_t largest(int64_t a, int64_t b) { return a > b ? a : b; }

// Threads take several tasks (a grain) at a time, so that each accesses the counter about ten times.
static int64_t grain_of(int64_t tasks, int threads) { return largest(1, tasks / (threads * 12)); }

static int64_t round_up(int64_t floats) { return (floats + 63) / 64 * 64; }

static int is_packed(const desc *d) { return (d->flags & FLAG_PACKED) != 0; }

static float *shared_of(const gmel_plan *p, const desc *d) {
	return is_packed(d) ? p->packed + p->packed_at[d - p->descs] : p->shared;
}

static void add_step(gmel_plan *p, const desc *d, const kernel *k, int phase, int64_t tasks) {
	int parallel = tasks > 1 && p->threads > 1;
	const step *before = p->step_count ? &p->steps[p->step_count - 1] : NULL;
	p->steps[p->step_count++] = (step){
		.d = d, .k = k, .phase = phase, .tasks = tasks, .grain = k ? grain_of(tasks, p->threads) : 1, .shared = shared_of(p, d),
		.parallel = parallel, .barrier = before && (parallel || before->parallel)};
	p->any_parallel |= parallel;
}

// add_op appends the steps of an op and returns the next op.
static int64_t add_op(gmel_plan *p, int64_t i) {
	const desc *d = &p->descs[i];
	if (d->op == OP_LOOP) {
		for (const desc *b = d + 1; b <= d + d->dim[LOOP_BODY]; b++) {
			int64_t tasks = is_packed(b) ? p->set->kernels[b->op].tasks(b, 0) : 0;
			if (tasks > 0) add_step(p, b, &p->set->kernels[b->op], 0, tasks);
		}
		add_step(p, d, NULL, 0, d->dim[LOOP_SEGMENTS]);
		return i + 1 + d->dim[LOOP_BODY];
	}
	if (d->op == OP_STEP) {
		add_step(p, d, NULL, 0, p->environments[d->dim[STEP_ENVIRONMENT]].tasks);
		return i + 1;
	}
	const kernel *k = &p->set->kernels[d->op];
	for (int phase = 0; phase < k->phases; phase++) {
		int64_t tasks = k->tasks(d, phase);
		if (tasks > 0) add_step(p, d, k, phase, tasks);
	}
	return i + 1;
}

static void *copy_of(const void *from, size_t bytes) {
	void *to = malloc(bytes + 1); // never empty
	if (to && bytes > 0) memcpy(to, from, bytes);
	return to;
}

// unchanging reports an argument that is the same in all iterations of its loop: it is in the arena
// and does not move.
static int unchanging(const gmel_plan *p, int64_t i, int argument) {
	const desc_step *m = &p->moves[i];
	return p->descs[i].arg[argument] < LOCAL_BASE && m->iteration[argument] == 0 && m->segment[argument] == 0;
}

// allocate allocates the scratch memory; it returns 0 if out of memory.
static int allocate(gmel_plan *p, int64_t local) {
	int64_t shared = 0, scratch = 0, body = 0, steps = 0, body_end = 0, packed = 0;
	for (int64_t i = 0; i < p->desc_count; i++) {
		desc *d = &p->descs[i];
		const kernel *k = &p->set->kernels[d->op];
		p->packed_at[i] = -1;
		if (i < body_end && k->packs && unchanging(p, i, k->packs)) {
			d->flags |= FLAG_PACKED;
			p->packed_at[i] = packed;
			packed += round_up(k->shared(d));
		}
		steps += 1 + k->phases;
		if (d->op == OP_LOOP) body_end = i + 1 + d->dim[LOOP_BODY];
		int64_t *of = i < body_end ? &body : &shared;
		if (k->shared) *of = largest(*of, k->shared(d));
		if (k->local) scratch = largest(scratch, k->local(d));
	}
	p->local_size = round_up(scratch + 64);
	p->body_local = round_up(local);
	p->body_size = p->body_local + round_up(body + 64);
	p->steps = malloc((steps + 1) * sizeof *p->steps);
	p->shared = gmel_arena_new(shared + 64);
	p->local = gmel_arena_new(p->local_size * p->threads);
	p->packed = gmel_arena_new(packed);
	if (body_end > 0) p->body = gmel_arena_new(p->body_size * p->threads);
	return p->steps && p->shared && p->local && p->packed && (p->body || body_end == 0);
}

gmel_plan *gmel_plan_new(const gmel_program *program, const isa *set, int threads) {
	gmel_plan *p = calloc(1, sizeof *p);
	if (!p) return NULL;
	p->set = set;
	p->threads = threads;
	p->desc_count = program->count;
	p->descs = copy_of(program->descs, program->count * sizeof *p->descs);
	if (program->moves) p->moves = copy_of(program->moves, program->count * sizeof *p->moves);
	p->environments = copy_of(program->environments, program->environment_count * sizeof *p->environments);
	p->packed_at = malloc((program->count + 1) * sizeof *p->packed_at);
	if (!p->descs || !p->packed_at || !p->environments || (program->moves && !p->moves) || !allocate(p, program->local)) {
		gmel_plan_free(p);
		return NULL;
	}
	for (int64_t i = 0; i < p->desc_count;) i = add_op(p, i);
	return p;
}

void gmel_plan_free(gmel_plan *p) {
	if (!p) return;
	free(p->descs);
	free(p->moves);
	free(p->environments);
	free(p->steps);
	free(p->shared);
	free(p->local);
	free(p->body);
	free(p->packed);
	free(p->packed_at);
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

// The state of a thread during a run.
typedef struct {
	const run_job *job;
	const gmel_plan *plan;
	int thread;
	worker w, body; // resources of tasks outside of loops, and in them
	int64_t local;  // from the arena to the thread's local memory of loops, in floats
} hand;

static void note(const hand *h, const desc *d, double begin) {
	h->plan->busy[h->thread * h->plan->desc_count + (d - h->plan->descs)] += now() - begin;
}

// moved is the descriptor d in an iteration of a segment; addresses in local memory become offsets too.
static desc moved(const hand *h, const desc *d, int64_t iteration, int64_t segment, int first) {
	const desc_step *m = &h->plan->moves[d - h->plan->descs];
	desc at = *d;
	for (int a = 0; a < MAX_ARGS; a++) {
		if (at.arg[a] == ABSENT) continue;
		at.arg[a] += iteration * m->iteration[a] + segment * m->segment[a];
		if (at.arg[a] >= LOCAL_BASE) at.arg[a] += h->local - LOCAL_BASE;
	}
	if (m->sum && !first) at.flags |= FLAG_ACCUMULATE;
	return at;
}

static void run_body(const hand *h, const desc *loop, int64_t iteration, int64_t segment, int first) {
	for (const desc *d = loop + 1; d <= loop + loop->dim[LOOP_BODY]; d++) {
		double begin = h->plan->busy ? now() : 0;
		const kernel *k = &h->plan->set->kernels[d->op];
		desc at = moved(h, d, iteration, segment, first);
		worker w = h->body;
		if (is_packed(d)) w.shared = shared_of(h->plan, d);
		for (int phase = is_packed(d); phase < k->phases; phase++) {
			int64_t tasks = k->tasks(&at, phase);
			for (int64_t t = 0; t < tasks; t++) k->run(&w, &at, phase, t);
		}
		if (h->plan->busy) note(h, d, begin);
	}
}

static void run_segment(const hand *h, const desc *loop, int64_t segment) {
	int64_t iterations = loop->dim[LOOP_ITERATIONS], segments = loop->dim[LOOP_SEGMENTS];
	int64_t from = iterations * segment / segments, to = iterations * (segment + 1) / segments;
	for (int64_t i = from; i < to; i++) run_body(h, loop, i, segment, i == from);
}

// play runs one task of a slot of an environment.
static void play(const hand *h, const desc *d, int64_t task) {
	const gmel_environment *e = &h->plan->environments[d->dim[STEP_ENVIRONMENT]];
	float *slot[MAX_ARGS];
	for (int a = 0; a < MAX_ARGS; a++) slot[a] = h->job->arena + d->arg[a];
	if (e->play((void *)e->self, task, slot)) __atomic_store_n(&h->job->plan->failed, d->dim[STEP_ENVIRONMENT] + 1, __ATOMIC_RELAXED);
}

static void run_tasks(const hand *h, const step *s, int64_t first, int64_t end) {
	worker w = h->w;
	w.shared = s->shared;
	for (int64_t t = first; t < end; t++)
		if (s->k)
			s->k->run(&w, s->d, s->phase, t);
		else if (s->d->op == OP_STEP)
			play(h, s->d, t);
		else
			run_segment(h, s->d, t);
}

// run_step runs this thread's tasks of a step.
static void run_step(const hand *h, const step *s) {
	if (!s->parallel) {
		if (h->thread == 0) run_tasks(h, s, 0, s->tasks);
		return;
	}
	for (;;) {
		gmel_tasks t = gmel_pool_take(h->job->pool, h->thread, s->tasks, s->grain);
		if (t.first == t.end) return;
		run_tasks(h, s, t.first, t.end);
	}
}

static void run_thread(void *argument, int thread) {
	run_job *j = argument;
	const gmel_plan *p = j->plan;
	float *scratch = p->local + thread * p->local_size, *body = p->body ? p->body + thread * p->body_size : j->arena;
	hand h = {j, p, thread, {j->arena, p->shared, scratch}, {j->arena, body + p->body_local, scratch}, 0};
	h.local = ((intptr_t)body - (intptr_t)j->arena) / (intptr_t)sizeof(float);
	for (int64_t i = 0; i < p->step_count; i++) {
		const step *s = &p->steps[i];
		if (s->barrier) gmel_pool_barrier(j->pool);
		double begin = p->busy ? now() : 0;
		run_step(&h, s);
		if (p->busy && s->d->op != OP_LOOP) note(&h, s->d, begin); // ops in the body of a loop are measured one by one
	}
}

int64_t gmel_run(gmel_pool *pool, gmel_plan *plan, float *arena, int64_t times) {
	run_job j = {pool, plan, arena};
	plan->failed = 0;
	for (int64_t i = 0; i < times && !plan->failed; i++) {
		plan->runs++;
		if (plan->any_parallel)
			gmel_pool_run(pool, run_thread, &j);
		else // no other thread has to wake up
			run_thread(&j, 0);
	}
	return plan->failed;
}

typedef struct {
	const isa *set;
	int64_t iterations;
} peak_job;

static void peak_thread(void *argument, int thread) {
	peak_job *j = argument;
	volatile float keep = j->set->peak(j->iterations); // keeps the compiler from removing the loop
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
	bytes = (bytes + alignment - 1) / alignment * alignment; // C11 requires a multiple
	float *m = aligned_alloc(alignment, bytes);
	if (!m) return NULL;
#if defined(MADV_HUGEPAGE)
	// Huge pages save page-table walks. Without them in the system this has no effect.
	if (bytes >= HUGE_PAGE) madvise(m, bytes, MADV_HUGEPAGE);
#endif
	memset(m, 0, bytes);
	return m;
}
