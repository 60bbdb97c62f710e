// The beginning of an episode: topology.go, number.go and pathloss.go.
#ifndef GMEL_WORLD_TOPOLOGY_H
#define GMEL_WORLD_TOPOLOGY_H

#include "world_mobility.h"
#include "world_order.h"
#include "world_slot.h"

// world_links are links of one IED to all ESs that it measures, or of as many IEDs as fit.
typedef struct {
	uint32_t number[WORLD_MEASURED]; // i M + m
	int32_t server[WORLD_MEASURED], los[WORLD_MEASURED];
	float dx[WORLD_MEASURED], dy[WORLD_MEASURED], gain[WORLD_MEASURED];
} world_links;

// world_draw_lanes measures the first n links. It is inlined with streets as a constant, so a factory pays nothing for them.
WORLD_FN void world_draw_lanes(const world_params *p, int32_t streets, const world_moment *at, world_links *l, int32_t n) {
	uint32_t key[2] = {at->key[0], at->key[1]}, world = at->world, stream = at->episode << 8 | STREAM_LINK;
	const world_params q = *p; // a copy that no store can change
	n = world_round(n);
	for (int32_t m = 0; m < n; m++) {
		uint32_t c[4] = {world, l->number[m], 0, stream};
		world_philox(key, c);
		world_link x = world_mean_link(&q, streets, l->dx[m], l->dy[m], world_uniform(c[0]), world_normal(c[1], c[2]));
		l->gain[m] = x.gain, l->los[m] = x.los;
	}
}

static void world_draw_links(const world_params *p, const world_moment *at, world_links *l, int32_t n) {
	if (p->los_near != 0)
		world_draw_lanes(p, 1, at, l, n);
	else
		world_draw_lanes(p, 0, at, l, n);
}

// world_choose_candidates keeps the strongest of the links from number `first` on, ties by the
// smaller ES.
static void world_choose_candidates(world *w, int64_t n, const world_links *l, int32_t first) {
	world_chosen chosen = world_choose_none();
	for (int32_t m = first; m < first + w->p->measured; m++) {
		world_link x = {l->gain[m], l->los[m]};
		world_offer(w, &chosen, n, l->server[m], l->dx[m], l->dy[m], x);
	}
	if (w->p->coverage) world_end_candidates(w, &chosen, n);
}

// world_place draws where the i-th IED is and how fast, and lists its links from number `first` on.
static void world_place(world *w, const world_moment *at, int64_t n, int32_t i, world_links *links, int32_t first) {
	const world_params *p = w->p;
	uint32_t c[4] = {at->world, (uint32_t)i, 0, at->episode << 8 | STREAM_PLACE};
	world_philox(at->key, c);
	float x = world_uniform(c[0]) * p->width, y = world_uniform(c[1]) * p->depth;
	world_locate(w, at, i, STREAM_SPOT, &x, &y);
	w->speed[n] = p->speed_lo + world_uniform(c[2]) * p->speed_span;
	if (p->move_slots) w->place_x[n] = x, w->place_y[n] = y;
	int32_t room[WORLD_MEASURED];
	const int32_t *nearest = world_nearest(w, x, y, room);
	for (int32_t m = 0; m < p->measured; m++) {
		links->server[first + m] = nearest[m];
		links->number[first + m] = (uint32_t)i * (uint32_t)p->servers + (uint32_t)nearest[m];
		links->dx[first + m] = x - w->table.server_x[nearest[m]];
		links->dy[first + m] = y - w->table.server_y[nearest[m]];
	}
}

// world_draw_ieds draws the IEDs of a topology into the places from `first` on, in the order that the lower
// halves of the keys tell.
static void world_draw_ieds(world *w, const world_moment *at, int64_t first, const uint64_t *keys) {
	const world_params *p = w->p;
	world_links links;
	memset(&links, 0, sizeof links);
	int32_t most = WORLD_MEASURED / p->measured;
	for (int32_t i = 0; i < p->agents; i += most) {
		int32_t here = p->agents - i < most ? p->agents - i : most;
		for (int32_t q = 0; q < here; q++) world_place(w, at, first + i + q, (int32_t)(uint32_t)keys[i + q], &links, q * p->measured);
		world_draw_links(p, at, &links, here * p->measured);
		for (int32_t q = 0; q < here; q++) world_choose_candidates(w, first + i + q, &links, q * p->measured);
	}
	for (int32_t i = 0; p->move_slots && i < p->agents; i++) world_place_mobile(w, at, first + i, (int32_t)(uint32_t)keys[i]);
}

// world_numbering is numbering of number.go for a topology that has been drawn without it. Drawing
// again moves the IEDs to their numbers.
static const uint64_t *world_numbering(world *w, int64_t first) {
	const world_params *p = w->p;
	for (int32_t i = 0; i < p->agents; i++) w->keys[i] = (uint64_t)world_nearest_rank(w, first + i) << 32 | (uint64_t)i;
	return world_sort(w->keys, w->merged, p->agents);
}

static void world_draw_topology(world *w, int32_t number) {
	const world_params *p = w->p;
	world_moment at = world_begin_episode(p, number, (uint32_t)w->episode[number]);
	int64_t first = (int64_t)number * p->agents;
	for (int32_t i = 0; i < p->agents; i++) w->keys[i] = (uint64_t)i;
	world_draw_ieds(w, &at, first, w->keys);
	if (p->numbered) world_draw_ieds(w, &at, first, world_numbering(w, first));
}

// world_start_episodes begins the episode that each world of a group is at.
static void world_start_episodes(world *w, int32_t lo, int32_t hi) {
	const world_params *p = w->p;
	int64_t servers = p->servers, agents = p->agents, gpus = servers * p->gpus;
	for (int32_t n = lo; n < hi; n++) {
		w->slot[n] = 0;
		world_draw_topology(w, n);
		memset(w->compute + n * agents, 0, (size_t)agents * sizeof(float));
		memset(w->radio + n * agents, 0, (size_t)agents * sizeof(float));
		memset(w->free + n * gpus, 0, (size_t)gpus * sizeof(float));
		memset(w->load + n * servers, 0, (size_t)servers * sizeof(int32_t));
		for (int64_t j = 0; j < gpus * p->cache; j++) w->cache[n * gpus * p->cache + j] = (int32_t)(j % p->cache);
		for (int64_t es = n * servers; es < (n + 1) * servers; es++) world_clear_es(w, es);
		for (int64_t i = n * agents; p->queue && i < (n + 1) * agents; i++) world_clear_queue(w, i);
	}
	world_begin_slot(w, lo, hi);
}

#endif
