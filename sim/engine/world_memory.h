// The working memory of a thread of the host.
#ifndef GMEL_WORLD_MEMORY_H
#define GMEL_WORLD_MEMORY_H

#include "world_view.h"

// world_pairs are 16 pairs of candidates, relative to a tile: they share a block of random words.
typedef struct world_pairs {
	uint32_t world[WORLD_LANES], ied[WORLD_LANES], stream[WORLD_LANES];
} world_pairs;

// world_tile is the working memory of up to 128 IEDs.
typedef struct world_tile {
	uint32_t world[WORLD_TILE], ied[WORLD_TILE]; // relative to the tile, fixed
	uint32_t arrival[WORLD_TILE], kind[WORLD_TILE], size[WORLD_TILE], work[WORLD_TILE];
	uint32_t who[WORLD_TILE], who_world[WORLD_TILE], who_ied[WORLD_TILE], limit[WORLD_TILE], ask[WORLD_TILE];
	uint32_t who_kind[WORLD_TILE], who_size[WORLD_TILE], who_work[WORLD_TILE];
	int32_t model[WORLD_TILE];
} world_tile;

static int32_t world_group(const world_params *p) {
	int32_t most = WORLD_TILE / p->agents, servers = 2048 / p->servers;
	most = most < servers ? most : servers;
	return most > 1 ? most : 1;
}

// world_carve lays the working memory out from base and returns its end; with NULL it measures.
static uint32_t *world_carve(world *w, const world_params *p, uint32_t *base) {
	uintptr_t at = ((uintptr_t)base + 63) / 64 * 64;
	int64_t agents = (int64_t)world_group(p) * p->agents, blocks = agents / WORLD_LANES + 1;
	w->pairs_per_ied = (p->candidates + 1) / 2;
	w->group = world_group(p);
	w->row = world_row(p);
#define WORLD_CARVE(to, type, count) \
	to = (type *)at; \
	at += ((uintptr_t)(count) * sizeof(type) + 63) / 64 * 64
	WORLD_CARVE(w->tile, world_tile, 1);
	WORLD_CARVE(w->pairs, world_pairs, WORLD_TILE / WORLD_LANES * w->pairs_per_ied);
	WORLD_CARVE(w->sent, world_tasks, blocks);
	WORLD_CARVE(w->own, world_tasks, blocks);
	WORLD_CARVE(w->keys, uint64_t, p->agents);
	WORLD_CARVE(w->merged, uint64_t, p->agents);
	WORLD_CARVE(w->start, int32_t, p->servers + 1);
	WORLD_CARVE(w->tasks, int32_t, p->servers);
	WORLD_CARVE(w->inside, world_sharer, p->sharing ? p->agents : 0);
	WORLD_CARVE(w->ready, float, p->sharing ? (int64_t)p->servers * p->models : 0);
	WORLD_CARVE(w->rows, float, (int64_t)w->group * p->servers * w->row);
	WORLD_CARVE(w->level, float, WORLD_TILE * 2 * w->pairs_per_ied);
#undef WORLD_CARVE
	return (uint32_t *)at;
}

// world_relative fills the tables of a tile, which are the same for all tiles.
static void world_relative(world *w) {
	const world_params *p = w->p;
	int32_t whole = p->agents <= WORLD_TILE / 2 ? p->agents : WORLD_TILE; // IEDs of one world in a tile
	for (int32_t j = 0; j < WORLD_TILE; j++) {
		w->tile->world[j] = (uint32_t)(j / whole);
		w->tile->ied[j] = (uint32_t)(j % whole);
		for (int32_t c = 0; c < w->pairs_per_ied; c++) {
			int32_t e = j * w->pairs_per_ied + c;
			world_pairs *b = &w->pairs[e / WORLD_LANES];
			b->world[e % WORLD_LANES] = w->tile->world[j];
			b->ied[e % WORLD_LANES] = w->tile->ied[j];
			b->stream[e % WORLD_LANES] = (uint32_t)(STREAM_FADING + c);
		}
	}
}

static void world_bind(world *w, const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch) {
	world_bind_arrays(w, p, tables, state);
	world_carve(w, p, scratch);
	world_relative(w);
}

#endif
