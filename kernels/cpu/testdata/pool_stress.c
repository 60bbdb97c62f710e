// Several pools at once, each with its own caller, for ThreadSanitizer: jobs without barriers, jobs
// with many, and pools that are freed while their threads sleep.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pool.h"

enum { CALLERS = 3, ROUNDS = 20, JOBS = 60, TASKS = 37, PHASES = 4 };

typedef struct {
	gmel_pool *pool;
	int phases;
	int done[PHASES][TASKS]; // number of executions; written by the thread that takes the task, read after the next barrier
	int wrong;
} work;

static void body(void *argument, int thread) {
	work *w = argument;
	for (int p = 0; p < w->phases; p++) {
		if (p > 0) gmel_pool_barrier(w->pool);
		for (;;) {
			gmel_tasks some = gmel_pool_take(w->pool, thread, TASKS, 3);
			if (some.first == some.end) break;
			for (int64_t t = some.first; t < some.end; t++) {
				// Phase p reads what another thread may have written in phase p-1.
				if (p > 0 && w->done[p - 1][TASKS - 1 - t] != 1) w->wrong = 1;
				w->done[p][t]++;
			}
		}
	}
}

static void *caller(void *argument) {
	int *failed = argument;
	for (int round = 0; round < ROUNDS; round++) {
		work w = {.pool = gmel_pool_new(1 + round % 5)};
		if (!w.pool) {
			*failed = 1;
			return NULL;
		}
		for (int job = 0; job < JOBS; job++) {
			w.phases = 1 + job % PHASES;
			gmel_pool_run(w.pool, body, &w);
			for (int p = 0; p < w.phases; p++)
				for (int t = 0; t < TASKS; t++)
					if (w.done[p][t] != 1) *failed = 1;
			memset(w.done, 0, sizeof w.done);
		}
		if (w.wrong) *failed = 1;
		gmel_pool_free(w.pool);
	}
	return NULL;
}

int main(void) {
	pthread_t threads[CALLERS];
	int failed[CALLERS] = {0}, any = 0;
	for (int i = 0; i < CALLERS; i++)
		if (pthread_create(&threads[i], NULL, caller, &failed[i])) abort();
	for (int i = 0; i < CALLERS; i++) {
		pthread_join(threads[i], NULL);
		any |= failed[i];
	}
	puts(any ? "wrong results" : "ok");
	return any;
}
