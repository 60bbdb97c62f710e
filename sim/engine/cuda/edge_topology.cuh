// How a world draws its topology: where the IEDs are, and their strongest links.
#ifndef GMEL_EDGE_TOPOLOGY_CUH
#define GMEL_EDGE_TOPOLOGY_CUH

#include "edge_options.cuh"

namespace {

// measured_at are the ESs that an IED at (x, y) measures. Only with options there are cells without a list.
template <bool OPTIONS> DEVICE const int32_t *measured_at(const world_at &w, float x, float y, int32_t *room) {
	if constexpr (OPTIONS) return world_nearest(w.view, x, y, room);
	return w.near_servers() + world_cell(&w.p, x, y) * w.p.measured;
}

// measure draws where the i-th IED of a topology is and keeps its strongest links as those of IED `number`.
template <bool OPTIONS> DEVICE void measure(const world_at &w, int32_t number, int32_t i, uint32_t episode) {
	const world_params &p = w.p;
	int64_t n = w.ied + number, link = n * p.candidates;
	const uint32_t *key = p.episodic ? p.key : p.fixed_key;
	uint32_t world = p.episodic ? w.drawn() : 0, era = p.episodic ? episode << 8 : 0;
	uint32_t c[4] = {world, (uint32_t)i, 0, era | STREAM_PLACE};
	world_philox(key, c);
	float place_x = world_uniform(c[0]) * p.width, place_y = world_uniform(c[1]) * p.depth;
	w.speed()[n] = p.speed_lo + world_uniform(c[2]) * p.speed_span;
	if (OPTIONS && locate_ied(w, number, i, episode, &place_x, &place_y)) return;
	int32_t room[OPTIONS ? WORLD_MEASURED : 1];
	const int32_t *nearest = measured_at<OPTIONS>(w, place_x, place_y, room);
	world_chosen chosen = world_choose_none();
	for (int32_t k = 0; k < p.measured; k++) {
		int32_t m = nearest[k];
		uint32_t x[4] = {world, (uint32_t)i * (uint32_t)p.servers + (uint32_t)m, 0, era | STREAM_LINK};
		world_philox(key, x);
		float dx = place_x - w.server_x()[m], dy = place_y - w.server_y()[m];
		world_link l = world_mean_link(&p, OPTIONS && p.los_near != 0, dx, dy, world_uniform(x[0]), world_normal(x[1], x[2]));
		if constexpr (OPTIONS) world_offer(w.view, &chosen, n, m, dx, dy, l);
		else chosen.have = world_keep_strongest(w.cand() + link, w.gain() + link, w.los() + link, p.candidates, chosen.have, m, l.gain, l.los);
	}
	if (OPTIONS && p.coverage) world_end_candidates(w.view, &chosen, n);
}

// sort_ieds sorts the IEDs of a topology that has been drawn: number k is the IED in the lower bits of key k.
template <bool OPTIONS> DEVICE void sort_ieds(const world_at &w) {
	const int32_t *rank = w.server_rank(), *cand = w.cand() + w.ied * w.p.candidates;
	EACH(i, w.p.agents) {
		int32_t place = OPTIONS ? nearest_rank(w, i) : rank[cand[(int64_t)i * w.p.candidates]];
		w.keys[i] = (uint64_t)place << WORLD_TASK_BITS | (uint32_t)i;
	}
	sort_keys(w.keys, w.p.agents);
}

// draw_topology draws the IEDs; those that are numbered by their nearest ESs twice, first to find these.
template <bool OPTIONS> DEVICE void draw_topology(const world_at &w, uint32_t episode) {
	for (int32_t pass = 0; pass <= w.p.numbered; pass++) {
		if (pass > 0) sort_ieds<OPTIONS>(w);
		EACH(number, w.p.agents) measure<OPTIONS>(w, number, pass > 0 ? world_task_of(w.keys[number]) : number, episode);
	}
}

} // namespace

#endif
