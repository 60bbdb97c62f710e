// The ESs that an IED measures: near.go, and the search of near_tree.go without recursion.
#ifndef GMEL_WORLD_NEAR_H
#define GMEL_WORLD_NEAR_H

#include "world_view.h"

enum {
	WORLD_MEASURED = 64, // most ESs that an IED measures
	WORLD_HEIGHT = 16    // most levels of the tree, that of 2^16 - 1 ESs
};

// world_range is a part of the tree that is still to be searched: the places [lo, hi), the axis that splits it, and how far its
// ESs are at least along each axis.
typedef struct {
	int32_t lo, hi, axis;
	float away[2];
} world_range;

// world_finder is a search for the ESs nearest to (x, y).
typedef struct {
	float x, y;
	int32_t *found;                 // nearest first
	float distance[WORLD_MEASURED]; // squared, of those found
	int32_t have, opened;
	world_range open[WORLD_HEIGHT];
} world_finder;

// world_keep_nearest inserts ES m among the nearest `most`, ties by the smaller ES.
WORLD_OPTION void world_keep_nearest(world_finder *f, int32_t most, int32_t m, float d) {
	int32_t at = f->have;
	while (at > 0 && (d < f->distance[at - 1] || (d == f->distance[at - 1] && m < f->found[at - 1]))) at--;
	if (at == most) return;
	if (f->have < most) f->have++;
	for (int32_t q = f->have - 1; q > at; q--) f->found[q] = f->found[q - 1], f->distance[q] = f->distance[q - 1];
	f->found[at] = m, f->distance[at] = d;
}

// world_descend goes down a part of the tree on the side of (x, y), keeps the ESs on its way, and opens the other sides.
WORLD_OPTION void world_descend(const world *w, world_finder *f, world_range r) {
	while (r.lo < r.hi) {
		int32_t middle = (r.lo + r.hi) / 2, m = w->table.server_tree[middle];
		float d[2] = {f->x - w->table.server_x[m], f->y - w->table.server_y[m]};
		world_keep_nearest(f, w->p->measured, m, d[0] * d[0] + d[1] * d[1]);
		world_range before = r, after = r;
		before.hi = middle, after.lo = middle + 1;
		before.axis = after.axis = 1 - r.axis;
		world_range *other = d[r.axis] >= 0 ? &before : &after;
		other->away[r.axis] = d[r.axis];
		f->open[f->opened++] = *other;
		r = d[r.axis] >= 0 ? after : before;
	}
}

WORLD_OPTION void world_sort_servers(int32_t *list, int32_t n) {
	for (int32_t q = 1; q < n; q++) {
		int32_t m = list[q], at = q;
		for (; at > 0 && list[at - 1] > m; at--) list[at] = list[at - 1];
		list[at] = m;
	}
}

// world_outside is how far x is outside of [lo, hi].
WORLD_FN float world_outside(float x, float lo, float hi) { return world_max(world_max(lo - x, x - hi), 0); }

// world_search finds the ESs nearest to (x, y), ascending. It is out of line, because it would take registers of a GPU's whole kernel.
WORLD_APART void world_search(const world *w, float x, float y, int32_t *found) {
	const world_params *p = w->p;
	world_range all = {0, p->tree_size, 0, {world_outside(x, p->servers_lo[0], p->servers_hi[0]), world_outside(y, p->servers_lo[1], p->servers_hi[1])}};
	world_finder f;
	f.x = x, f.y = y, f.found = found, f.have = 0, f.opened = 1, f.open[0] = all;
	while (f.opened > 0) {
		world_range r = f.open[--f.opened];
		float bound = r.away[0] * r.away[0] + r.away[1] * r.away[1];
		if (f.have < p->measured || bound <= f.distance[f.have - 1]) world_descend(w, &f, r);
	}
	world_sort_servers(found, p->measured);
}

// world_nearest is at of near.go: the ESs that an IED at (x, y) measures. There must be room for them.
WORLD_FN const int32_t *world_nearest(const world *w, float x, float y, int32_t *room) {
	const int32_t *list = w->table.near_servers + world_cell(w->p, x, y) * w->p->measured;
	if (list[0] >= 0) return list;
	world_search(w, x, y, room);
	return room;
}

#endif
