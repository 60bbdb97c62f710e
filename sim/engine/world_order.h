// The queues of the ESs: who arrives at which, in what order, for groups of worlds.
#ifndef GMEL_WORLD_ORDER_H
#define GMEL_WORLD_ORDER_H

#include "world_discipline.h"
#include "world_memory.h"

// world_merge sorts by merging; from and to swap roles.
static uint64_t *world_merge(uint64_t *from, uint64_t *to, int32_t n, int32_t run) {
	for (; run < n; run *= 2) {
		for (int32_t lo = 0; lo < n; lo += 2 * run) {
			int32_t mid = lo + run < n ? lo + run : n, hi = mid + run < n ? mid + run : n;
			for (int32_t a = lo, b = mid, k = lo; k < hi; k++) to[k] = b >= hi || (a < mid && from[a] <= from[b]) ? from[a++] : from[b++];
		}
		uint64_t *swap = from;
		from = to, to = swap;
	}
	return from;
}

// world_sort orders the keys of one ES: insertion in runs of 16, then merges.
static uint64_t *world_sort(uint64_t *keys, uint64_t *other, int32_t n) {
	enum { RUN = 16 };
	for (int32_t lo = 0; lo < n; lo += RUN) {
		int32_t hi = lo + RUN < n ? lo + RUN : n;
		for (int32_t i = lo + 1; i < hi; i++) {
			uint64_t key = keys[i];
			int32_t j = i;
			for (; j > lo && keys[j - 1] > key; j--) keys[j] = keys[j - 1];
			keys[j] = key;
		}
	}
	return world_merge(keys, other, n, RUN);
}

// world_count_tasks counts the tasks [from, to) of the list for each ES; those of the cloud run at once.
static void world_count_tasks(world *w, const world_slice *s, int32_t number, int32_t from, int32_t to) {
	int32_t servers = w->p->servers, base = (number - s->lo) * servers;
	const int32_t *load = w->load + (int64_t)number * servers;
	memcpy(w->tasks, load, (size_t)servers * sizeof *load);
	for (int32_t k = from; w->p->cloud && k < to; k++) {
		world_tasks *b = &w->sent[k / WORLD_LANES];
		if (b->away[k % WORLD_LANES]) continue;
		w->tasks[b->es[k % WORLD_LANES] - base]--;
		world_run_cloud(w, k);
	}
}

// world_serve_all serves the tasks of a world, [from, to) of the list, ES by ES in the order of
// arrival. Arrivals are not negative, so their bits sort like their values.
static void world_serve_all(world *w, const world_slice *s, int32_t number, int32_t from, int32_t to) {
	int32_t servers = w->p->servers, at = 0, base = (number - s->lo) * servers;
	world_count_tasks(w, s, number, from, to);
	for (int32_t m = 0; m < servers; m++) w->start[m] = at += w->tasks[m];
	for (int32_t k = to - 1; k >= from; k--) {
		const world_tasks *b = &w->sent[k / WORLD_LANES];
		if (w->p->cloud && !b->away[k % WORLD_LANES]) continue;
		w->keys[--w->start[b->es[k % WORLD_LANES] - base]] = (uint64_t)world_bits(b->arrival[k % WORLD_LANES]) << 32 | (uint32_t)k;
	}
	for (int32_t m = 0; m < servers; m++) {
		int32_t n = w->tasks[m], first = w->start[m];
		world_serve_es(w, s, m, world_sort(w->keys + first, w->merged + first, n), n);
	}
}

static void world_serve_worlds(world *w, const world_slice *s) {
	int32_t from = 0, to = 0;
	for (int32_t number = s->lo; number < s->hi; number++, from = to) {
		const int32_t *load = w->load + (int64_t)number * w->p->servers;
		for (int32_t m = 0; m < w->p->servers; m++) to += load[m];
		world_serve_all(w, s, number, from, to);
	}
}

#endif
