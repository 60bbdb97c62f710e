// ESs that serve IEDs within a radius: coverage.go. Without the option every ES covers every IED.
#ifndef GMEL_WORLD_COVERAGE_H
#define GMEL_WORLD_COVERAGE_H

#include "world_view.h"

// world_chosen are the candidates of an IED while its links are offered: how many there are, and the strongest link to an ES that
// does not cover it.
typedef struct {
	int32_t have, server;
	world_link link;
} world_chosen;

WORLD_FN world_chosen world_choose_none(void) {
	world_chosen k = {0, 0, {-1, 0}};
	return k;
}

// world_offer keeps a link of IED n, over dx, dy to ES m, if it is among the strongest. ESs come in ascending order.
WORLD_FN void world_offer(world *w, world_chosen *k, int64_t n, int32_t m, float dx, float dy, world_link l) {
	const world_params *p = w->p;
	int64_t link = n * p->candidates;
	if (p->coverage && dx * dx + dy * dy > w->table.coverage2[m]) {
		if (l.gain > k->link.gain) k->link = l, k->server = m;
		return;
	}
	k->have = world_keep_strongest(w->cand + link, w->gain + link, w->los + link, p->candidates, k->have, m, l.gain, l.los);
}

// world_end_candidates is endCandidates of coverage.go.
WORLD_OPTION void world_end_candidates(world *w, const world_chosen *k, int64_t n) {
	const world_params *p = w->p;
	int64_t link = n * p->candidates;
	int32_t c = w->reach[n] = k->have;
	if (c == 0 && p->cloud) w->cand[link] = k->server, w->gain[link] = k->link.gain, w->los[link] = (uint8_t)k->link.los, c = 1;
	for (; c < p->candidates; c++) w->cand[link + c] = 0, w->gain[link + c] = 0, w->los[link + c] = 0;
}

// world_nearest_rank is the place of IED n's candidate 1 among the ESs, after all of them where no ES covers it.
WORLD_FN int32_t world_nearest_rank(const world *w, int64_t n) {
	return w->p->coverage && w->reach[n] == 0 ? w->p->servers : w->table.server_rank[w->cand[n * w->p->candidates]];
}

#endif
