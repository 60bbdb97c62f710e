// The arrays of a call, typed, and the working memory of a thread.
#ifndef GMEL_WORLD_VIEW_H
#define GMEL_WORLD_VIEW_H

#include "world_element.h"

// world_tasks are the tasks of up to 16 IEDs that all offload, or all run locally.
typedef struct {
	int32_t who[WORLD_LANES]; // IED, counted in the group of worlds
	int32_t es[WORLD_LANES];  // ES, counted in the group
	int32_t done[WORLD_LANES];
	float gain[WORLD_LANES], share[WORLD_LANES], data[WORLD_LANES], cycles[WORLD_LANES], speed[WORLD_LANES];
	float result[WORLD_LANES], tau[WORLD_LANES], backlog[WORLD_LANES];
	float due[WORLD_LANES], age[WORLD_LANES]; // tau from now, and how long the task has waited before
	int32_t away[WORLD_LANES];                // with a cloud: 1 to an ES, 0 to the cloud
	float heard[WORLD_LANES];                 // the gain less the rise of noise, with reuse 1
	float rate[WORLD_LANES], air[WORLD_LANES], arrival[WORLD_LANES], compute[WORLD_LANES], down[WORLD_LANES];
	float energy[WORLD_LANES], queue[WORLD_LANES], load[WORLD_LANES], latency[WORLD_LANES], reward[WORLD_LANES];
} world_tasks;

// world_pairs are 16 pairs of candidates, relative to a tile: they share a block of random words.
typedef struct {
	uint32_t world[WORLD_LANES], ied[WORLD_LANES], stream[WORLD_LANES];
} world_pairs;

// world_tile is the working memory of up to 128 IEDs.
typedef struct {
	uint32_t world[WORLD_TILE], ied[WORLD_TILE]; // relative to the tile, fixed
	uint32_t arrival[WORLD_TILE], kind[WORLD_TILE], size[WORLD_TILE], work[WORLD_TILE];
	uint32_t who[WORLD_TILE], who_world[WORLD_TILE], who_ied[WORLD_TILE], limit[WORLD_TILE];
	uint32_t who_kind[WORLD_TILE], who_size[WORLD_TILE], who_work[WORLD_TILE];
	int32_t model[WORLD_TILE];
} world_tile;

// world_sharer is a task that shares an ES.
typedef struct {
	int32_t task;              // of the list
	float entry, due, left, work;
} world_sharer;

typedef struct {
	const world_params *p;
	const float *table[TABLE_FIELDS];
	const int32_t *near_servers, *gpus;
	float *obs, *mask, *reward, *final_obs, *final_mask, *speed, *gain, *now, *compute, *radio, *free, *data, *cycles, *deadline;
	int32_t *slot, *episode, *cand, *load, *cache, *model;
	uint8_t *had_task, *truncated, *los;
	// of options, NULL where they are off
	float *age, *lost_s, *wait_data, *wait_cycles, *wait_deadline, *wait_age, *interference;
	float *place_x, *place_y, *goal_x, *goal_y, *pace, *rest, *drift;
	int32_t *wait_model, *waiting, *lost, *phase;
	uint32_t *task; // the outcomes or NULL
	const int32_t *actions;

	int32_t pairs_per_ied;   // ceil(C / 2)
	int32_t group, row;      // worlds at a time; floats of a row of `rows`
	world_tile *tile;
	world_pairs *pairs;      // [TILE * pairs_per_ied / 16]
	world_tasks *sent, *own; // blocks of offloaded and of local tasks of a group
	uint64_t *keys, *merged; // [A] by arrival
	int32_t *start;          // [M + 1]
	int32_t *tasks;          // [M] tasks for each ES, with a cloud fewer than its load
	world_sharer *inside;    // [A] with sharing
	float *ready;            // [K] with sharing, when a model is loaded
	float *rows;             // [group M, row] what the IEDs see of an ES: backlog, load, speed, flags, with reuse 1 the rise of noise
	float *level;            // [TILE, 2 pairs_per_ied] observed gains
} world;

// world_noise_rise is noiseRise of interference.go.
WORLD_FN float world_noise_rise(const world *w, int64_t es) { return 1 + w->interference[es] * w->p->snr_up; }

// world_candidate is candidateOf of cloud.go.
WORLD_FN int32_t world_candidate(const world_params *p, int32_t action) { return action > p->candidates ? 0 : action - 1; }

// A slot's place among the random numbers, the same for all worlds of a group.
typedef struct {
	uint32_t key[2], world, ied, slot, episode;
} world_moment;

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
	w->row = 3 + p->models + p->reuse;
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
	WORLD_CARVE(w->ready, float, p->models);
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

static void world_bind(world *w, const world_params *p, const uint32_t *tables, uint32_t *slab, uint32_t *scratch) {
	memset(w, 0, sizeof *w);
	w->p = p;
	for (int t = 0; t < TABLE_FIELDS; t++) w->table[t] = (const float *)(tables + p->table[t]);
	w->near_servers = (const int32_t *)(tables + p->table[TABLE_NEAR]);
	w->gpus = (const int32_t *)(tables + p->table[TABLE_GPUS]);
#define WORLD_AT(type, name) (p->field[name] < 0 ? (type *)0 : (type *)(slab + p->field[name]))
	w->obs = WORLD_AT(float, WORLD_OBS), w->mask = WORLD_AT(float, WORLD_MASK), w->reward = WORLD_AT(float, WORLD_REWARD);
	w->final_obs = WORLD_AT(float, WORLD_FINAL_OBS), w->final_mask = WORLD_AT(float, WORLD_FINAL_MASK);
	w->speed = WORLD_AT(float, WORLD_SPEED), w->gain = WORLD_AT(float, WORLD_GAIN), w->now = WORLD_AT(float, WORLD_NOW);
	w->compute = WORLD_AT(float, WORLD_COMPUTE), w->radio = WORLD_AT(float, WORLD_RADIO), w->free = WORLD_AT(float, WORLD_FREE);
	w->data = WORLD_AT(float, WORLD_DATA), w->cycles = WORLD_AT(float, WORLD_CYCLES);
	w->deadline = WORLD_AT(float, WORLD_DEADLINE);
	w->slot = WORLD_AT(int32_t, WORLD_SLOT), w->episode = WORLD_AT(int32_t, WORLD_EPISODE);
	w->cand = WORLD_AT(int32_t, WORLD_CAND), w->load = WORLD_AT(int32_t, WORLD_LOAD);
	w->cache = WORLD_AT(int32_t, WORLD_CACHE), w->model = WORLD_AT(int32_t, WORLD_MODEL);
	w->had_task = WORLD_AT(uint8_t, WORLD_HAD_TASK), w->truncated = WORLD_AT(uint8_t, WORLD_TRUNCATED);
	w->los = WORLD_AT(uint8_t, WORLD_LOS);
	w->age = WORLD_AT(float, WORLD_AGE), w->lost_s = WORLD_AT(float, WORLD_LOST_S);
	w->wait_data = WORLD_AT(float, WORLD_WAIT_DATA), w->wait_cycles = WORLD_AT(float, WORLD_WAIT_CYCLES);
	w->wait_deadline = WORLD_AT(float, WORLD_WAIT_DEADLINE), w->wait_age = WORLD_AT(float, WORLD_WAIT_AGE);
	w->wait_model = WORLD_AT(int32_t, WORLD_WAIT_MODEL), w->waiting = WORLD_AT(int32_t, WORLD_WAITING);
	w->lost = WORLD_AT(int32_t, WORLD_LOST), w->phase = WORLD_AT(int32_t, WORLD_PHASE);
	w->interference = WORLD_AT(float, WORLD_INTERFERENCE);
	w->place_x = WORLD_AT(float, WORLD_PLACE_X), w->place_y = WORLD_AT(float, WORLD_PLACE_Y);
	w->goal_x = WORLD_AT(float, WORLD_GOAL_X), w->goal_y = WORLD_AT(float, WORLD_GOAL_Y);
	w->pace = WORLD_AT(float, WORLD_PACE), w->rest = WORLD_AT(float, WORLD_REST), w->drift = WORLD_AT(float, WORLD_DRIFT);
#undef WORLD_AT
	world_carve(w, p, scratch);
	world_relative(w);
}

#endif
