// A pool of threads that execute one body together, with barriers and shared tasks.
#ifndef GMEL_POOL_H
#define GMEL_POOL_H

#include <stdint.h>

typedef struct gmel_pool gmel_pool;

// gmel_pool_new starts threads-1 workers; NULL if that fails.
gmel_pool *gmel_pool_new(int threads);
void gmel_pool_free(gmel_pool *p);
int gmel_pool_threads(const gmel_pool *p);

// gmel_pool_run calls body(job, t) for t = 0 .. threads-1, t = 0 on the caller, and waits.
void gmel_pool_run(gmel_pool *p, void (*body)(void *job, int thread), void *job);

// Inside a body: wait for all threads. Afterwards no task counts as taken.
void gmel_pool_barrier(gmel_pool *p);

// Tasks [first, end); none if both are equal.
typedef struct {
	int64_t first, end;
} gmel_tasks;

// Inside a body: take up to grain of the tasks 0 .. tasks-1 that are not yet taken since the last barrier. A
// thread first takes its own share, which is the same in every run because its caches may still hold the data.
// Then it takes tasks of the other shares.
gmel_tasks gmel_pool_take(gmel_pool *p, int thread, int64_t tasks, int64_t grain);

#endif
