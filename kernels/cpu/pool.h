// A pool of threads that execute one body together, with barriers and a shared task counter.
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

// Inside a body: wait for all threads; the task counter is 0 afterwards.
void gmel_pool_barrier(gmel_pool *p);

// Inside a body: take the next grain tasks; returns the first.
int64_t gmel_pool_take(gmel_pool *p, int64_t grain);

#endif
