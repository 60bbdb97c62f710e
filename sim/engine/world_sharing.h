// Other disciplines of an ES: sharing.go and batch.go.
#ifndef GMEL_WORLD_SHARING_H
#define GMEL_WORLD_SHARING_H

#include <float.h>

#include "world_server.h"

// world_admit is admit of sharing.go for ES number es of all worlds; it returns how many share.
WORLD_OPTION int32_t world_admit(world *w, const world_slice *s, int64_t es, const uint64_t *keys, int32_t n) {
	const world_params *p = w->p;
	int32_t m = (int32_t)(es % p->servers), count = 0;
	world_sharer *inside = w->inside + w->start[m];
	float *ready = w->ready + (int64_t)m * p->models;
	for (int32_t k = 0; k < p->models; k++) ready[k] = 0;
	for (int32_t q = 0; q < n; q++) {
		int32_t task = world_task_of(keys[q]), at = task % WORLD_LANES;
		world_tasks *b = &w->sent[task / WORLD_LANES];
		int32_t k = w->model[s->first + b->who[at]];
		float due = b->due[at], start = world_max(b->arrival[at], w->free[es]);
		b->queue[at] = start - b->arrival[at];
		if (start >= due) {
			world_refuse(b, at);
			continue;
		}
		if (!world_touch(w->cache + es * p->cache, p->cache, k)) {
			ready[k] = start + w->table.model_load[k];
			b->energy[at] += p->gpu_w * (world_min(ready[k], due) - start);
		}
		float entry = world_max(start, ready[k]), work = b->compute[at];
		b->load[at] = entry - start;
		world_sharer x = {task, entry, due, work, work};
		inside[count++] = x;
	}
	return count;
}

// world_next_event is nextEvent of sharing.go.
WORLD_OPTION float world_next_event(const world_sharer *inside, int32_t count, float now, float *active) {
	float n = 0, next = FLT_MAX;
	for (int32_t q = 0; q < count; q++)
		if (inside[q].entry <= now) n++;
	for (int32_t q = 0; q < count; q++) {
		next = world_min(next, inside[q].due);
		next = world_min(next, inside[q].entry > now ? inside[q].entry : now + inside[q].left * n);
	}
	*active = n;
	return next;
}

// world_leave is leave of sharing.go.
WORLD_OPTION void world_leave(world *w, const world_sharer *x, float end) {
	world_tasks *b = &w->sent[x->task / WORLD_LANES];
	int32_t at = x->task % WORLD_LANES;
	b->compute[at] = world_max(end - x->entry, 0);
	b->energy[at] += w->p->gpu_w * (x->work - x->left);
	if (x->left > 0)
		b->down[at] = 0, b->latency[at] = b->tau[at], b->done[at] = 0;
	else
		world_finish(b, at, end + b->down[at]);
}

// world_share is share of sharing.go.
WORLD_OPTION void world_share(world *w, const world_slice *s, int32_t m, const uint64_t *keys, int32_t n) {
	if (n == 0) return;
	int32_t first = world_task_of(keys[0]);
	int64_t es = s->ess + w->sent[first / WORLD_LANES].es[first % WORLD_LANES];
	world_sharer *inside = w->inside + w->start[m];
	int32_t count = world_admit(w, s, es, keys, n);
	float now = 0;
	while (count > 0) {
		float active, next = world_next_event(inside, count, now, &active);
		int32_t stay = 0;
		for (int32_t q = 0; q < count; q++) {
			world_sharer x = inside[q];
			int32_t in = x.entry <= now;
			float end = now + x.left * active;
			if (in && end <= next) {
				x.left = 0;
				world_leave(w, &x, end);
				continue;
			}
			if (in) x.left = world_max(x.left - (next - now) / active, 0);
			if (x.due <= next)
				world_leave(w, &x, next);
			else
				inside[stay++] = x;
		}
		w->free[es] = world_max(w->free[es], next);
		count = stay, now = next;
	}
}

static const uint64_t world_served = ~(uint64_t)0; // the key of a task that has joined a batch

// world_gather is gather of batch.go; it returns the number of tasks.
WORLD_OPTION int32_t world_gather(world *w, const world_slice *s, float start, uint64_t *keys, int32_t n, int32_t *members) {
	int32_t b = 0, model = -1;
	for (int32_t q = 0; q < n; q++) {
		if (keys[q] == world_served) continue;
		int32_t task = world_task_of(keys[q]), at = task % WORLD_LANES;
		const world_tasks *t = &w->sent[task / WORLD_LANES];
		int32_t own = w->model[s->first + t->who[at]];
		if (q == 0) model = own;
		if (t->arrival[at] > start || b == w->p->batch_max) break;
		if (own == model && t->due[at] > start) members[b++] = task, keys[q] = world_served;
	}
	return b;
}

// world_batch_work is batchWork of level.go for the task in place `at` of a block.
WORLD_OPTION float world_batch_work(const world *w, const world_slice *s, const world_tasks *t, int32_t at, int32_t b) {
	if (!w->p->levels) return t->cycles[at];
	return w->table.level_batch[world_level_row(w, s->first + t->who[at]) * (WORLD_BATCH + 1) + b];
}

// world_serve_batch is serveBatch of batch.go.
WORLD_OPTION void world_serve_batch(world *w, const world_slice *s, int32_t m, uint64_t *keys, int32_t n) {
	const world_params *p = w->p;
	int32_t head = world_task_of(keys[0]), members[WORLD_BATCH];
	world_tasks *t = &w->sent[head / WORLD_LANES];
	int64_t gpu = world_next_gpu(w->p, w->table.gpus, w->free, s->ess + t->es[head % WORLD_LANES]);
	float arrival = t->arrival[head % WORLD_LANES], start = world_max(arrival, w->free[gpu]);
	if (start >= t->due[head % WORLD_LANES]) {
		t->queue[head % WORLD_LANES] = start - arrival;
		world_refuse(t, head % WORLD_LANES);
		return;
	}
	int32_t model = w->model[s->first + t->who[head % WORLD_LANES]], b = world_gather(w, s, start, keys, n, members);
	float load = world_touch(w->cache + gpu * p->cache, p->cache, model) ? 0 : w->table.model_load[model], work = 0, last = 0;
	for (int32_t q = 0; q < b; q++) {
		t = &w->sent[members[q] / WORLD_LANES];
		work = world_max(work, world_batch_work(w, s, t, members[q] % WORLD_LANES, b)), last = world_max(last, t->due[members[q] % WORLD_LANES]);
	}
	float run = work / w->table.server_speed[m] * w->table.batch_time[b], end = start + load + run;
	w->free[gpu] = world_min(end, last);
	float energy = p->gpu_w * (w->free[gpu] - start) / (float)b;
	for (int32_t q = 0; q < b; q++) {
		int32_t at = members[q] % WORLD_LANES;
		t = &w->sent[members[q] / WORLD_LANES];
		t->queue[at] = start - t->arrival[at], t->load[at] = load, t->compute[at] = run, t->energy[at] += energy;
		world_finish(t, at, end + t->down[at]);
	}
}

// world_serve_batches is serveBatches of batch.go.
WORLD_OPTION void world_serve_batches(world *w, const world_slice *s, int32_t m, uint64_t *keys, int32_t n) {
	for (int32_t q = 0; q < n; q++)
		if (keys[q] != world_served) world_serve_batch(w, s, m, keys + q, n - q);
}

#endif
