// The ESs: server.go for groups of worlds.
#ifndef GMEL_WORLD_SERVER_H
#define GMEL_WORLD_SERVER_H

#include "world_view.h"

// What a step knows about its group of worlds.
typedef struct {
	int32_t lo, hi;        // worlds
	int64_t first, ess;    // first IED, first ES
	int32_t agents;        // IEDs of the group
	int32_t sent, own;     // offloaded and local tasks
} world_slice;

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

static inline world_limits world_limits_of(const world_tasks *b, int32_t at) {
	world_limits l = {b->tau[at], b->age[at], b->due[at]};
	return l;
}

// world_finish is finish of server.go.
static inline void world_finish(world_tasks *b, int32_t at, float latency) {
	int32_t done = latency <= b->due[at];
	b->done[at] = done;
	b->latency[at] = world_latency(world_limits_of(b, at), done, latency);
}

// world_refuse fails a task that is not started.
static inline void world_refuse(world_tasks *b, int32_t at) {
	b->load[at] = b->compute[at] = b->down[at] = 0;
	b->latency[at] = b->tau[at], b->done[at] = 0;
}

// world_serve runs task k of the list on its ES.
static void world_serve(world *w, const world_slice *s, int32_t k) {
	world_tasks *b = &w->sent[k / WORLD_LANES];
	int32_t at = k % WORLD_LANES;
	int64_t gpu = world_next_gpu(w->p, w->gpus, w->free, s->ess + b->es[at]);
	int32_t model = w->model[s->first + b->who[at]];
	world_service t = world_serve_one(w->p, w->free + gpu, w->cache + gpu * w->p->cache, w->table[TABLE_MODEL_LOAD], model, world_limits_of(b, at),
	                                  b->arrival[at], b->compute[at], b->down[at], b->energy[at]);
	b->queue[at] = t.queue, b->load[at] = t.load, b->compute[at] = t.compute, b->down[at] = t.down;
	b->energy[at] = t.energy, b->latency[at] = t.latency, b->done[at] = t.done;
}

// world_run_cloud is runCloud of cloud.go.
static void world_run_cloud(world *w, int32_t k) {
	const world_params *p = w->p;
	world_tasks *b = &w->sent[k / WORLD_LANES];
	int32_t at = k % WORLD_LANES;
	float trip = b->data[at] / p->backhaul + p->delay, start = b->arrival[at] + trip, due = b->due[at];
	b->air[at] += trip, b->queue[at] = 0;
	if (start >= due) {
		world_refuse(b, at);
		return;
	}
	b->load[at] = 0;
	b->compute[at] = b->cycles[at] / p->cloud_speed;
	float end = start + b->compute[at];
	b->energy[at] += p->gpu_w * (world_min(end, due) - start);
	float back = b->result[at] / p->backhaul + p->delay;
	b->down[at] = back + b->down[at];
	world_finish(b, at, end + b->down[at]);
}

#include "world_sharing.h"

// world_serve_es serves n tasks of ES m in the order of keys.
static void world_serve_es(world *w, const world_slice *s, int32_t m, uint64_t *keys, int32_t n) {
	if (w->p->sharing)
		world_share(w, s, keys, n);
	else if (w->p->batch_max)
		world_serve_batches(w, s, m, keys, n);
	else
		for (int32_t k = 0; k < n; k++) world_serve(w, s, (int32_t)(uint32_t)keys[k]);
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
	for (int32_t m = 0; m < servers; m++) w->start[m] = at, at += w->tasks[m];
	for (int32_t k = from; k < to; k++) {
		const world_tasks *b = &w->sent[k / WORLD_LANES];
		if (w->p->cloud && !b->away[k % WORLD_LANES]) continue;
		w->keys[w->start[b->es[k % WORLD_LANES] - base]++] = (uint64_t)world_bits(b->arrival[k % WORLD_LANES]) << 32 | (uint32_t)k;
	}
	for (int32_t m = 0; m < servers; m++) { // start is the end now
		int32_t n = w->tasks[m], first = w->start[m] - n;
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
