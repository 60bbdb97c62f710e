// A pool of threads that execute one body together, with barriers and tasks to share.
#ifndef GMEL_POOL_H
#define GMEL_POOL_H

#include <stdint.h>

typedef struct gmel_pool gmel_pool;

// gmel_pool_new starts threads-1 workers; NULL when that fails.
gmel_pool *gmel_pool_new(int threads);
void gmel_pool_free(gmel_pool *p);
int gmel_pool_threads(const gmel_pool *p);

// gmel_pool_run calls body(job, t) for t = 0 .. threads-1, t = 0 on the caller, and waits.
void gmel_pool_run(gmel_pool *p, void (*body)(void *job, int thread), void *job);

// Inside a body: wait for all threads; no task is taken afterwards.
void gmel_pool_barrier(gmel_pool *p);

// Tasks [first, end); none where both are equal.
typedef struct {
	int64_t first, end;
} gmel_tasks;

// Inside a body: take up to grain of the tasks 0 .. tasks-1 that nobody has taken since the last barrier. A
// thread begins with a share of its own, the same at every run, whose data its caches may still hold, and then
// helps the others.
gmel_tasks gmel_pool_take(gmel_pool *p, int thread, int64_t tasks, int64_t grain);

#endif
