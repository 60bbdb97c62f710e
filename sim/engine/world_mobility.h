// IEDs that move: mobility.go, IED by IED.
#ifndef GMEL_WORLD_MOBILITY_H
#define GMEL_WORLD_MOBILITY_H

#include "world_coverage.h"
#include "world_near.h"
#include "world_place.h"

enum { WORLD_DRIFTS = 3 }; // processes of a link: shadowing, and two of the line of sight

// world_new_goal draws a waypoint of IED i and the speed to it.
WORLD_OPTION void world_new_goal(world *w, const world_moment *at, int64_t n, int32_t i) {
	const world_params *p = w->p;
	uint32_t c[4] = {at->world, (uint32_t)i, at->slot, at->episode << 8 | STREAM_GOAL};
	world_philox(at->key, c);
	w->goal_x[n] = world_uniform(c[0]) * p->width;
	w->goal_y[n] = world_uniform(c[1]) * p->depth;
	world_locate(w, at, i, STREAM_GOAL_SPOT, &w->goal_x[n], &w->goal_y[n]);
	w->pace[n] = p->pace_lo + world_uniform(c[2]) * p->pace_span;
}

// world_innovate is innovate of mobility.go.
WORLD_OPTION void world_innovate(const world *w, const world_moment *at, int32_t i, int32_t m, float k, float *x) {
	uint32_t number = (uint32_t)i * (uint32_t)w->p->servers + (uint32_t)m;
	uint32_t c[4] = {at->world, number, at->slot, at->episode << 8 | STREAM_DRIFT};
	world_philox(at->key, c);
	float fresh = WORLD_SQRT(world_max(1 - k * k, 0)), sine, cosine;
	world_sincos(world_uniform(c[1]), &sine, &cosine);
	float radius = WORLD_SQRT(2 * world_exponential(c[0])) * fresh;
	float add[WORLD_DRIFTS] = {radius * cosine, radius * sine, world_normal(c[2], c[3]) * fresh};
	for (int j = 0; j < WORLD_DRIFTS; j++) x[j] = (k > 0 ? k * x[j] : 0) + add[j];
}

// world_follow is follow of mobility.go.
WORLD_OPTION void world_follow(world *w, int64_t n, const int32_t *near_servers) {
	const world_params *p = w->p;
	world_chosen chosen = world_choose_none();
	for (int32_t q = 0; q < p->measured; q += WORLD_LANES) {
		const int32_t *server = near_servers + q, here = p->measured - q < WORLD_LANES ? p->measured - q : WORLD_LANES;
		const float *x = w->drift + (n * p->measured + q) * WORLD_DRIFTS;
		float dx[WORLD_LANES], dy[WORLD_LANES];
		world_link link[WORLD_LANES];
		for (int32_t j = 0; j < here; j++, x += WORLD_DRIFTS) {
			float power = x[1] * x[1] + x[2] * x[2], sight = 1 - world_exp2(-(power * (WORLD_LOG2E / 2)));
			dx[j] = w->place_x[n] - w->table.server_x[server[j]], dy[j] = w->place_y[n] - w->table.server_y[server[j]];
			link[j] = world_mean_link(p, p->los_near != 0, dx[j], dy[j], sight, x[0]);
		}
		for (int32_t j = 0; j < here; j++) world_offer(w, &chosen, n, server[j], dx[j], dy[j], link[j]);
	}
	if (p->coverage) world_end_candidates(w, &chosen, n);
}

// world_place_mobile starts an episode of IED i, whose place has been drawn.
WORLD_OPTION void world_place_mobile(world *w, const world_moment *at, int64_t n, int32_t i) {
	int32_t room[WORLD_MEASURED];
	const int32_t *near_servers = world_nearest(w, w->place_x[n], w->place_y[n], room), measured = w->p->measured;
	w->rest[n] = 0;
	world_new_goal(w, at, n, i);
	for (int32_t q = 0; q < measured; q++) world_innovate(w, at, i, near_servers[q], 0, w->drift + (n * measured + q) * WORLD_DRIFTS);
	world_follow(w, n, near_servers);
}

// world_walk is walk of mobility.go.
WORLD_OPTION float world_walk(world *w, const world_moment *at, int64_t n, int32_t i) {
	const world_params *p = w->p;
	if (w->rest[n] > 0) {
		w->rest[n] -= p->move_s;
		if (w->rest[n] <= 0) world_new_goal(w, at, n, i);
		return 0;
	}
	float dx = w->goal_x[n] - w->place_x[n], dy = w->goal_y[n] - w->place_y[n];
	float far = WORLD_SQRT(dx * dx + dy * dy), d = w->pace[n] * p->move_s;
	if (d < far) {
		float part = d / far;
		w->place_x[n] += dx * part;
		w->place_y[n] += dy * part;
		return d;
	}
	w->place_x[n] = w->goal_x[n], w->place_y[n] = w->goal_y[n], w->rest[n] = p->pause;
	if (p->pause <= 0) world_new_goal(w, at, n, i);
	return far;
}

// world_rank is where ES m stands in an ascending list, looked for from place `from` on; where it does not, that of the next.
WORLD_FN int32_t world_rank(const int32_t *list, int32_t measured, int32_t from, int32_t m) {
	while (from < measured && list[from] < m) from++;
	return from;
}

// world_carry is carry of mobility.go, in place: links that move to the front of the list go first, in its order, then those that
// move to its end, backwards, so that none is overwritten before it has gone.
WORLD_OPTION void world_carry(world *w, const world_moment *at, int64_t n, int32_t i, const int32_t *before, const int32_t *near_servers, float keep) {
	const int32_t measured = w->p->measured;
	float *state = w->drift + n * WORLD_DRIFTS * measured;
	for (int32_t q = 0, b = 0; q < measured; q++) {
		b = world_rank(before, measured, b, near_servers[q]);
		if (b > q && b < measured && before[b] == near_servers[q])
			WORLD_COPY(state + WORLD_DRIFTS * q, state + WORLD_DRIFTS * b, WORLD_DRIFTS);
	}
	for (int32_t q = measured - 1, b = q; q >= 0; q--) {
		while (b >= 0 && before[b] > near_servers[q]) b--;
		if (b < q && b >= 0 && before[b] == near_servers[q])
			WORLD_COPY(state + WORLD_DRIFTS * q, state + WORLD_DRIFTS * b, WORLD_DRIFTS);
	}
	for (int32_t q = 0, b = 0; q < measured; q++) {
		b = world_rank(before, measured, b, near_servers[q]);
		int32_t known = b < measured && before[b] == near_servers[q];
		world_innovate(w, at, i, near_servers[q], known ? keep : 0, state + WORLD_DRIFTS * q);
	}
}

// world_move carries IED n on, the i-th of its world.
WORLD_OPTION void world_move(world *w, const world_moment *at, int64_t n, int32_t i) {
	int32_t left[WORLD_MEASURED], reached[WORLD_MEASURED];
	const int32_t *before = world_nearest(w, w->place_x[n], w->place_y[n], left);
	float d = world_walk(w, at, n, i);
	if (!(d > 0)) return;
	const int32_t *after = world_nearest(w, w->place_x[n], w->place_y[n], reached);
	world_carry(w, at, n, i, before, after, world_exp2(-(d * w->p->forget)));
	world_follow(w, n, after);
}

#endif
