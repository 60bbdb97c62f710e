// The arrays of a call, typed, and what functions for one IED or ES of options read there.
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

// world_sharer is a task that shares an ES.
typedef struct {
	int32_t task;              // of the list
	float entry, due, left, work;
} world_sharer;

struct world_pairs;
struct world_tile;

// world are the arrays, and working memory of a thread; a GPU, where a block has it, uses that from `start` on.
typedef struct {
	const world_params *p;
	world_tables table;
#define WORLD_ARRAY(type, name, need) type *name;
	WORLD_STATE(WORLD_ARRAY) // NULL for those of an option that is off
#undef WORLD_ARRAY
	uint32_t *outcomes; // or NULL
	const int32_t *actions;

	int32_t pairs_per_ied;      // ceil(C / 2)
	int32_t group, row;         // worlds at a time; floats of a row of `rows`
	struct world_tile *tile;
	struct world_pairs *pairs;  // [TILE * pairs_per_ied / 16]
	world_tasks *own;           // blocks of local tasks of a group
	uint64_t *keys, *merged;    // [A] by arrival
	int32_t *tasks;             // [M] tasks for each ES, with a cloud fewer than its load
	float *rows;                // [group M, row] what the IEDs see of an ES, see world_row
	float *level;               // [TILE, 2 pairs_per_ied] observed gains
	int32_t *start;             // [M + 1] first key of each ES
	world_tasks *sent;          // blocks of offloaded tasks of a group
	world_sharer *inside;       // [A] with sharing, those of an ES at the places of its keys
	float *ready;               // [M, K] with sharing, when a model is loaded
} world;

// world_noise_rise is noiseRise of interference.go.
WORLD_FN float world_noise_rise(const world *w, int64_t es) { return 1 + w->interference[es] * w->p->snr_up; }

// world_granted is granted of message.go.
WORLD_FN float world_granted(const world *w, int64_t n, float backlog) {
	return w->p->message > 0 ? world_max(backlog, w->p->message * (float)w->grants[n]) : backlog;
}

// world_level_row is row of level.go: that of IED n's model and level in the tables of levels.
WORLD_FN int64_t world_level_row(const world *w, int64_t n) { return (int64_t)w->model[n] * w->p->levels + w->chosen_level[n]; }

// world_work is work of level.go.
WORLD_FN float world_work(const world *w, int64_t n) { return w->p->levels ? w->table.level_cycles[world_level_row(w, n)] : w->cycles[n]; }

// world_bonus is bonus of level.go.
WORLD_FN float world_bonus(const world *w, int64_t n) {
	return w->p->quality_weight * (w->table.level_quality[world_level_row(w, n)] - w->least[n]);
}

// world_enough is enough of level.go, for IED n with a task.
WORLD_FN int32_t world_enough(const world *w, int64_t n, int32_t level) {
	return w->table.level_quality[(int64_t)w->model[n] * w->p->levels + level] >= w->least[n];
}

// world_clear_es starts an episode of an ES, counted in all worlds, for options.
WORLD_FN void world_clear_es(const world *w, int64_t es) {
	if (w->p->reuse) w->interference[es] = 0;
}

// world_candidate is candidateOf of cloud.go.
WORLD_FN int32_t world_candidate(const world_params *p, int32_t action) { return action > p->candidates ? 0 : action - 1; }

// world_uncovered tells whether an action is that of a candidate which the IED does not have; it has the first `reach`.
WORLD_FN int32_t world_uncovered(const world_params *p, int32_t reach, int32_t action) { return (action > reach) & (action <= p->candidates); }

// A slot's place among the random numbers, the same for all worlds of a group.
typedef struct {
	uint32_t key[2], world, ied, slot, episode;
} world_moment;

// world_drawn is the number of a world for random numbers: that among the worlds of all slices.
WORLD_FN uint32_t world_drawn(const world_params *p, int32_t number) { return (uint32_t)(p->first_world + number); }

// world_begin_episode is where the topology of a world is drawn from.
WORLD_FN world_moment world_begin_episode(const world_params *p, int32_t number, uint32_t episode) {
	world_moment at = {{p->key[0], p->key[1]}, world_drawn(p, number), 0, 0, episode};
	if (!p->episodic) at.key[0] = p->fixed_key[0], at.key[1] = p->fixed_key[1], at.world = 0, at.episode = 0;
	return at;
}

// world_slice is what a step knows about its group of worlds; on a GPU a group is one world.
typedef struct {
	int32_t lo, hi;        // worlds
	int64_t first, ess;    // first IED, first ES
	int32_t agents;        // IEDs of the group
	int32_t sent, own;     // offloaded and local tasks
} world_slice;

enum { WORLD_TASK_BITS = 21 }; // lower bits of a key of a task: its number

// world_task_of is the number of a task in the list of offloaded tasks.
WORLD_FN int32_t world_task_of(uint64_t key) { return (int32_t)(key & ((1u << WORLD_TASK_BITS) - 1)); }

// world_limits_now are the times of the current task of IED n.
WORLD_FN world_limits world_limits_now(const world *w, int64_t n) {
	world_limits l = {w->deadline[n], w->p->queue ? w->age[n] : 0, 0};
	l.due = l.tau - l.age;
	return l;
}

// world_show_es writes what the IEDs see of ES m; es is its number in all worlds.
WORLD_FN void world_show_es(const world *w, int64_t es, int32_t m, float *row) {
	const world_params *p = w->p;
	int64_t gpu = world_next_gpu(p, w->table.gpus, w->free, es);
	world_show_one(p, w->free[gpu], w->load[es], w->table.server_speed[m], w->cache + gpu * p->cache, row);
	if (p->reuse) row[3 + p->models] = world_log2(world_noise_rise(w, es)) * p->gain_scale;
}

// world_cloud_time is cloudTime of cloud.go.
WORLD_FN float world_cloud_time(const world *w, const world_params *p, int64_t n) {
	float wire = (w->data[n] + w->table.result[w->model[n]]) / p->backhaul;
	return wire + 2 * p->delay + w->cycles[n] / p->cloud_speed;
}

// world_ied_of is what IED i knows of itself; options are asked for where the shape has them.
WORLD_FN world_ied world_ied_of(const world *w, const world_params *p, world_shape shape, int64_t i) {
	world_ied x = {w->model[i], w->data[i], w->cycles[i], w->deadline[i], w->speed[i], w->compute[i], w->radio[i], 0, 0, 0, 0, NULL, NULL};
	if (shape.queue) x.due = x.due - w->age[i], x.waiting = w->waiting[i];
	if (shape.cloud && x.model >= 0) x.cloud_s = world_cloud_time(w, p, i);
	if (shape.coverage) x.reach = w->reach[i];
	if (shape.levels && x.model >= 0) {
		x.least = w->least[i];
		x.quality = w->table.level_quality + x.model * shape.levels, x.level_cycles = w->table.level_cycles + x.model * shape.levels;
	}
	return x;
}

// world_shown_to is how many candidates IED n sees.
WORLD_FN int32_t world_shown_to(const world *w, int64_t n) {
	return w->p->coverage ? world_shown(world_shape_of(w->p), w->reach[n]) : w->p->candidates;
}

// world_bind_arrays finds the arrays from their places; working memory is left to others.
static void world_bind_arrays(world *w, const world_params *p, const uint32_t *tables, uint32_t *state) {
	memset(w, 0, sizeof *w);
	w->p = p;
#define WORLD_BIND_TABLE(type, name) w->table.name = (const type *)(tables + p->table[WORLD_TABLE_AT_##name]);
#define WORLD_BIND_STATE(type, name, need) w->name = p->state[WORLD_STATE_AT_##name] < 0 ? (type *)0 : (type *)(state + p->state[WORLD_STATE_AT_##name]);
	WORLD_TABLES(WORLD_BIND_TABLE)
	WORLD_STATE(WORLD_BIND_STATE)
#undef WORLD_BIND_TABLE
#undef WORLD_BIND_STATE
}

#endif
