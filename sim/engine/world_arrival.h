// Tasks that wait at their IED: arrival.go, IED by IED.
#ifndef GMEL_WORLD_ARRIVAL_H
#define GMEL_WORLD_ARRIVAL_H

#include "world_view.h"

// world_sample is sample of slot.go.
WORLD_OPTION world_task world_sample(const world *w, uint32_t kind, uint32_t size, uint32_t work, const uint32_t *limit) {
	int32_t k = 0;
	float share = world_uniform(kind);
	while (share >= w->table.up_to[k]) k++;
	world_task x = world_draw_task(&w->table, k, size, work, limit[0]);
	if (w->p->levels) world_ask(&w->table, w->p->levels, &x, limit[1]);
	return x;
}

// world_empty takes the current task of IED n away.
WORLD_OPTION void world_empty(world *w, int64_t n) {
	w->model[n] = -1;
	w->data[n] = w->cycles[n] = w->deadline[n] = w->age[n] = 0;
	if (w->p->levels) w->least[n] = 0;
}

// world_clear_queue empties the queue of IED n at the start of an episode.
WORLD_OPTION void world_clear_queue(world *w, int64_t n) {
	w->waiting[n] = w->lost[n] = 0, w->lost_s[n] = 0;
	world_empty(w, n);
}

WORLD_OPTION void world_lose(world *w, int64_t n, float deadline) {
	w->lost[n]++;
	w->lost_s[n] += deadline;
}

// world_next_waiting is nextWaiting of arrival.go.
WORLD_OPTION void world_next_waiting(world *w, int64_t n) {
	int64_t first = n * w->p->queue, kept = first, end = first + w->waiting[n];
	world_empty(w, n);
	for (int64_t j = first; j < end; j++) {
		float age = w->wait_age[j] + w->p->slot;
		if (age >= w->wait_deadline[j]) {
			world_lose(w, n, w->wait_deadline[j]);
		} else if (w->model[n] < 0) {
			w->model[n] = w->wait_model[j], w->age[n] = age;
			w->data[n] = w->wait_data[j], w->cycles[n] = w->wait_cycles[j], w->deadline[n] = w->wait_deadline[j];
			if (w->p->levels) w->least[n] = w->wait_least[j];
		} else {
			w->wait_model[kept] = w->wait_model[j], w->wait_age[kept] = age;
			w->wait_data[kept] = w->wait_data[j], w->wait_cycles[kept] = w->wait_cycles[j], w->wait_deadline[kept] = w->wait_deadline[j];
			if (w->p->levels) w->wait_least[kept] = w->wait_least[j];
			kept++;
		}
	}
	w->waiting[n] = (int32_t)(kept - first);
}

// world_enqueue makes a new task the current one, lets it wait, or loses it.
WORLD_OPTION void world_enqueue(world *w, int64_t n, const world_task *x) {
	if (w->model[n] < 0) {
		w->model[n] = x->model, w->data[n] = x->data, w->cycles[n] = x->cycles, w->deadline[n] = x->deadline;
		if (w->p->levels) w->least[n] = x->least;
	} else if (w->waiting[n] == w->p->queue) {
		world_lose(w, n, x->deadline);
	} else {
		int64_t j = n * w->p->queue + w->waiting[n]++;
		w->wait_model[j] = x->model, w->wait_age[j] = 0;
		w->wait_data[j] = x->data, w->wait_cycles[j] = x->cycles, w->wait_deadline[j] = x->deadline;
		if (w->p->levels) w->wait_least[j] = x->least;
	}
}

// world_next_phase is nextPhase of arrival.go: 1 is on.
WORLD_OPTION int32_t world_next_phase(world *w, const world_moment *at, int64_t n, uint32_t change) {
	const world_params *p = w->p;
	float u = world_uniform(change);
	if (!p->markov) return 1;
	int32_t now = w->phase[n];
	if (at->slot == 0)
		now = u < p->start_on;
	else if (u < p->switch_to[1 - now])
		now = 1 - now;
	w->phase[n] = now;
	return now;
}

// world_draw_arrivals draws the tasks of IED n, number `ied` of world `number`.
WORLD_OPTION void world_draw_arrivals(world *w, const world_moment *at, int64_t n, uint32_t number, uint32_t ied) {
	uint32_t episode = at->episode << 8, c[4] = {number, ied, at->slot, episode | STREAM_ARRIVAL};
	world_philox(at->key, c);
	const float *cdf = w->table.arrival_cdf + WORLD_BURST * world_next_phase(w, at, n, c[1]);
	float u = world_uniform(c[0]);
	for (uint32_t k = 0; k < WORLD_BURST && u >= cdf[k]; k++) {
		uint32_t task[4] = {number, ied, at->slot, episode | (STREAM_BURST + 2 * k)};
		uint32_t limit[4] = {number, ied, at->slot, episode | (STREAM_BURST + 2 * k + 1)};
		world_philox(at->key, task);
		world_philox(at->key, limit);
		world_task x = world_sample(w, task[1], task[2], task[3], limit);
		world_enqueue(w, n, &x);
	}
}

// world_window_start is windowStart of window.go, for world `number`.
WORLD_OPTION int32_t world_window_start(const world_params *p, const world_moment *at, uint32_t number) {
	if (p->window_starts == 1) return p->window_first;
	uint32_t c[4] = {number, 0, 0, at->episode << 8 | STREAM_WINDOW};
	world_philox(at->key, c);
	uint64_t draw = (uint64_t)c[0] << 32 | c[1];
	return p->window_first + p->window_every * (int32_t)(draw % (uint64_t)p->window_starts);
}

// world_trace_arrivals adds the tasks of the trace for IED n, number `ied` of world `number`.
WORLD_OPTION void world_trace_arrivals(world *w, const world_moment *at, int64_t n, uint32_t number, int32_t ied) {
	if ((int32_t)at->slot >= w->p->slots) return;
	const int32_t *start = w->table.trace_start + world_window_start(w->p, at, number), *who = w->table.trace_ied;
	int32_t lo = start[at->slot], end = start[at->slot + 1], hi = end;
	while (lo < hi) {
		int32_t mid = lo + (hi - lo) / 2;
		if (who[mid] < ied) lo = mid + 1;
		else hi = mid;
	}
	for (; lo < end && who[lo] == ied; lo++) {
		world_task x;
		x.model = w->table.trace_model[lo], x.data = w->table.trace_data[lo];
		x.cycles = w->table.trace_cycles[lo], x.deadline = w->table.trace_deadline[lo];
		world_enqueue(w, n, &x);
	}
}

// world_arrive moves the queue of IED n, number `ied` of world `number`, to the current slot.
WORLD_OPTION void world_arrive(world *w, const world_moment *at, int64_t n, uint32_t number, uint32_t ied) {
	w->lost[n] = 0, w->lost_s[n] = 0;
	world_next_waiting(w, n);
	if (w->p->traced)
		world_trace_arrivals(w, at, n, number, (int32_t)ied);
	else
		world_draw_arrivals(w, at, n, number, ied);
}

#endif
