// What a critic may be told of a world: which ESs the candidates of each IED are (sim.Worlds.ShowServers).
#ifndef GMEL_EDGE_SERVERS_CUH
#define GMEL_EDGE_SERVERS_CUH

#include "edge_options.cuh"

namespace {

// shown_to is how many candidates IED n sees.
template <bool OPTIONS> DEVICE int32_t shown_to(const world_at &w, int64_t n) {
	if constexpr (OPTIONS) return world_shown_to(w.view, n);
	return w.p.candidates;
}

// show_servers writes which ESs the candidates are to the arena and, where `next` is set and something reads it, to the successor of the
// last slot.
template <bool OPTIONS> DEVICE void show_servers(const world_at &w, bool next) {
	const int64_t candidates = w.p.candidates;
	EACH(i, w.p.agents) {
		int64_t link = (w.ied + i) * candidates;
		float *servers = w.e.servers + link;
		world_list_servers(&w.p, w.cand() + link, shown_to<OPTIONS>(w, w.ied + i), servers);
		if (!next || !w.e.next_servers) continue;
		for (int64_t c = 0; c < candidates; c++) w.e.next_servers[link + c] = servers[c];
	}
}

// keep_servers keeps those of the last slot of an episode, each IED's by the thread that wrote them.
DEVICE void keep_servers(const world_at &w) {
	EACH(i, w.p.agents)
		for (int64_t c = 0, link = (w.ied + i) * w.p.candidates; c < w.p.candidates; c++) w.final_servers()[link + c] = w.e.servers[link + c];
}

} // namespace

#endif
