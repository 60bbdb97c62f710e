#define _GNU_SOURCE
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define PAUSE() __asm__ volatile("yield")
#else
#define PAUSE() ((void)0)
#endif

// A waiting thread spins for some tens of microseconds (the usual time between two barriers), then
// yields the core a few times, then sleeps.
enum { SPINS = 2000, YIELDS = 20 };

// The number of tasks taken from a thread's share.
typedef struct {
	_Alignas(64) _Atomic int64_t taken;
} share;

struct gmel_pool {
	int threads, spins;
	share *shares; // of every thread
	pthread_t *workers;
	void (*body)(void *, int);
	void *job;
	int stop;

	_Alignas(64) atomic_uint generation; // a new value starts a job or opens a barrier
	_Alignas(64) atomic_int arrived;
	_Alignas(64) atomic_int sleepers;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
};

typedef struct {
	gmel_pool *pool;
	int thread;
} seat;

static void await(gmel_pool *p, unsigned old) {
	for (int i = 0; i < p->spins; i++) {
		if (atomic_load_explicit(&p->generation, memory_order_acquire) != old) return;
		PAUSE();
	}
	for (int i = 0; i < YIELDS; i++) {
		if (atomic_load_explicit(&p->generation, memory_order_acquire) != old) return;
		sched_yield();
	}
	pthread_mutex_lock(&p->mutex);
	atomic_fetch_add(&p->sleepers, 1);
	while (atomic_load(&p->generation) == old) pthread_cond_wait(&p->wake, &p->mutex);
	atomic_fetch_sub(&p->sleepers, 1);
	pthread_mutex_unlock(&p->mutex);
}

static void return_tasks(gmel_pool *p) {
	for (int t = 0; t < p->threads; t++) atomic_store_explicit(&p->shares[t].taken, 0, memory_order_relaxed);
}

// advance releases all waiting threads. Sequential consistency orders the store of the new generation
// before the load of sleepers, so every thread that falls asleep is woken.
static void advance(gmel_pool *p) {
	atomic_store(&p->arrived, 0);
	return_tasks(p);
	atomic_fetch_add(&p->generation, 1);
	if (atomic_load(&p->sleepers) > 0) {
		pthread_mutex_lock(&p->mutex);
		pthread_cond_broadcast(&p->wake);
		pthread_mutex_unlock(&p->mutex);
	}
}

void gmel_pool_barrier(gmel_pool *p) {
	if (p->threads == 1) {
		return_tasks(p);
		return;
	}
	unsigned old = atomic_load(&p->generation);
	if (atomic_fetch_add(&p->arrived, 1) == p->threads - 1)
		advance(p);
	else
		await(p, old);
}

gmel_tasks gmel_pool_take(gmel_pool *p, int thread, int64_t tasks, int64_t grain) {
	for (int i = 0; i < p->threads; i++) {
		int owner = (thread + i) % p->threads;
		int64_t from = tasks * owner / p->threads, to = tasks * (owner + 1) / p->threads;
		_Atomic int64_t *taken = &p->shares[owner].taken;
		// Load first: no thread then writes to the counter of a finished share.
		if (from + atomic_load_explicit(taken, memory_order_relaxed) >= to) continue;
		int64_t first = from + atomic_fetch_add_explicit(taken, grain, memory_order_relaxed);
		if (first < to) return (gmel_tasks){first, first + grain < to ? first + grain : to};
	}
	return (gmel_tasks){0, 0};
}

static void *worker_main(void *argument) {
	seat s = *(seat *)argument;
	gmel_pool *p = s.pool;
	free(argument);
	unsigned seen = 0;
	for (;;) {
		await(p, seen);
		if (p->stop) return NULL;
		p->body(p->job, s.thread);
		// The next job starts at the last barrier of this one. Read the generation before arriving
		// there, since the caller may publish a job as soon as all threads have arrived.
		seen = atomic_load(&p->generation) + 1;
		gmel_pool_barrier(p);
	}
}

void gmel_pool_run(gmel_pool *p, void (*body)(void *, int), void *job) {
	p->body = body;
	p->job = job;
	if (p->threads == 1) {
		return_tasks(p);
		body(job, 0);
		return;
	}
	advance(p);
	body(job, 0);
	gmel_pool_barrier(p);
}

// usable_cores counts the cores that the process may run on.
static long usable_cores(void) {
#if defined(__linux__)
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
	return sysconf(_SC_NPROCESSORS_ONLN);
}

gmel_pool *gmel_pool_new(int threads) {
	gmel_pool *p = aligned_alloc(64, (sizeof *p + 63) / 64 * 64);
	if (!p) return NULL;
	*p = (gmel_pool){.threads = 1, .spins = SPINS};
	p->workers = calloc(threads, sizeof *p->workers);
	p->shares = aligned_alloc(64, threads * sizeof *p->shares);
	if (!p->workers || !p->shares) {
		free(p->workers), free(p->shares), free(p);
		return NULL;
	}
	pthread_mutex_init(&p->mutex, NULL);
	pthread_cond_init(&p->wake, NULL);
	// With more threads than cores, a spinning thread may block the thread that it waits for.
	if (threads > usable_cores()) p->spins = 50;
	for (int t = 1; t < threads; t++) {
		seat *s = malloc(sizeof *s);
		if (s) *s = (seat){p, t};
		if (!s || pthread_create(&p->workers[t], NULL, worker_main, s)) {
			free(s);
			gmel_pool_free(p);
			return NULL;
		}
		p->threads = t + 1;
	}
	return p;
}

void gmel_pool_free(gmel_pool *p) {
	if (!p) return;
	p->stop = 1;
	advance(p);
	for (int t = 1; t < p->threads; t++) pthread_join(p->workers[t], NULL);
	pthread_mutex_destroy(&p->mutex);
	pthread_cond_destroy(&p->wake);
	free(p->workers);
	free(p->shares);
	free(p);
}

int gmel_pool_threads(const gmel_pool *p) { return p->threads; }
