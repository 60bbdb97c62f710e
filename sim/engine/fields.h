// What the engine and its callers share, each thing listed once: scalars, tables, arrays of the state and of the outcomes. The struct
// world_params, the arrays of a call (world_view.h), those of a GPU's block (cuda/edge_world.cuh) and the names by which Go finds
// everything (world_names.c) are made from these lists. Go panics where a name, a type or a length is not that of its own side.
#ifndef GMEL_FIELDS_H
#define GMEL_FIELDS_H

#include <stdint.h>

enum {
	WORLD_LINES = 2, // lines of the path loss with line of sight, and more without it
	WORLD_BURST = 31, // most arrivals of an IED in a slot
	WORLD_BATCH = 64  // most tasks of a batch
};

// Settings of options, ONE(type, name), and whether IEDs search the ESs that they measure. They are 0 where all options are off; a
// GPU then runs a shorter kernel.
#define WORLD_OPTIONS(ONE) \
	ONE(int32_t, queue) ONE(int32_t, markov) ONE(int32_t, traced) ONE(int32_t, reuse) ONE(int32_t, cloud) ONE(int32_t, batch_max) \
	ONE(int32_t, sharing) ONE(int32_t, move_slots) ONE(float, los_near) ONE(int32_t, searched) ONE(int32_t, hot_spots) \
	ONE(int32_t, place_rows) ONE(int32_t, own_rows) ONE(int32_t, coverage) ONE(float, message) ONE(int32_t, levels)

// Scalars, ONE(type, name) and MANY(type, name, count): those of params.go, in SI units, and four that Worlds may change.
#define WORLD_SCALARS(ONE, MANY) \
	ONE(int32_t, agents) ONE(int32_t, servers) ONE(int32_t, candidates) ONE(int32_t, models) ONE(int32_t, cache) \
	ONE(int32_t, obs) ONE(int32_t, actions) ONE(int32_t, slots) ONE(int32_t, gpus) \
	ONE(int32_t, flags) ONE(int32_t, load_times) ONE(int32_t, server_speeds) \
	ONE(int32_t, episodic) ONE(int32_t, blind) ONE(int32_t, numbered) ONE(int32_t, show_servers) ONE(int32_t, first_world) \
	ONE(int32_t, measured) ONE(int32_t, cells_x) ONE(int32_t, cells_y) \
	WORLD_OPTIONS(ONE) \
	ONE(int32_t, window_first) ONE(int32_t, window_every) ONE(int32_t, window_starts) \
	MANY(uint32_t, key, 2) MANY(uint32_t, fixed_key, 2) \
	ONE(float, slot) ONE(float, arrival) \
	MANY(float, los_a, WORLD_LINES) MANY(float, los_b, WORLD_LINES) MANY(float, nlos_a, WORLD_LINES) MANY(float, nlos_b, WORLD_LINES) \
	ONE(float, los_decay) MANY(float, shadow, 2) ONE(float, height2) ONE(float, closest) \
	ONE(float, width) ONE(float, depth) ONE(float, per_cell_x) ONE(float, per_cell_y) \
	ONE(float, band) ONE(float, snr_up) ONE(float, snr_down) ONE(float, max_se) ONE(float, specular) ONE(float, scatter) \
	ONE(float, speed_lo) ONE(float, speed_span) ONE(float, kappa) ONE(float, gpu_w) ONE(float, ied_w) \
	ONE(float, penalty) ONE(float, energy_weight) ONE(float, quality_weight) \
	ONE(float, per_data) ONE(float, per_cycle) ONE(float, per_second) ONE(float, per_speed) ONE(float, per_agent) \
	ONE(float, per_server_speed) ONE(float, per_load) ONE(float, per_wait) ONE(float, max_wait) \
	ONE(float, gain_scale) ONE(float, gain_shift) ONE(float, gain_low) \
	ONE(float, per_queue) MANY(float, switch_to, 2) ONE(float, start_on) \
	ONE(float, cloud_speed) ONE(float, backhaul) ONE(float, delay) \
	ONE(float, move_s) ONE(float, pace_lo) ONE(float, pace_span) ONE(float, pause) ONE(float, forget) \
	ONE(int32_t, tree_size) MANY(float, servers_lo, 2) MANY(float, servers_hi, 2)

// Tables of the scenario, X(type, name); they never change.
#define WORLD_TABLES(X) \
	X(float, up_to) X(float, data_lo) X(float, data_span) X(float, steps_lo) X(float, steps_count) /* [models] */ \
	X(float, cycles_per_step) X(float, result) X(float, deadline_lo) X(float, deadline_span) X(float, model_load) /* [models] */ \
	X(float, server_x) X(float, server_y) X(float, server_speed) /* [servers] */ \
	X(int32_t, near_servers) /* [cells_y, cells_x, measured] */ X(int32_t, server_tree) /* [tree_size] */ \
	X(int32_t, server_rank) X(int32_t, gpus) /* [servers] */ \
	X(float, batch_time)     /* [batch_max + 1 or more] a step of b tasks over that of one */ \
	X(float, arrival_cdf)    /* [2, WORLD_BURST] P(N <= n) by phase */ \
	X(int32_t, trace_start)  /* [slots of the trace + 1] first row of each slot */ \
	X(int32_t, trace_ied) X(int32_t, trace_model) X(float, trace_data) X(float, trace_cycles) X(float, trace_deadline) /* [rows] */ \
	X(float, spot_up_to) X(float, spot_spread) X(float, spot_x) X(float, spot_lo_x) X(float, spot_span_x) /* [hot_spots] */ \
	X(float, spot_y) X(float, spot_lo_y) X(float, spot_span_y) /* [hot_spots] */ \
	X(float, row_x) X(float, row_y) /* [place_rows] */ \
	X(float, coverage2)      /* [servers] squares of the radii, with coverage */ \
	X(float, level_cycles) X(float, level_quality) /* [models, levels] -1 is the quality of a level that a model does not have */ \
	X(float, level_batch)    /* [models, levels, WORLD_BATCH + 1] cycles of a batch of b */ \
	X(float, least_lo) X(float, least_span) X(float, least_most) /* [models] with levels */

// Arrays of the state, X(type, name, need): ALWAYS there, or OPTION: only with an option that is on. sim/layout.go has their sizes.
#define WORLD_STATE(X) \
	X(float, obs, ALWAYS) X(float, mask, ALWAYS) X(float, reward, ALWAYS) X(float, final_obs, ALWAYS) X(float, final_mask, ALWAYS) \
	X(float, speed, ALWAYS) X(float, gain, ALWAYS) X(float, now, ALWAYS) \
	X(float, compute, ALWAYS) X(float, radio, ALWAYS) X(float, free, ALWAYS) \
	X(float, data, ALWAYS) X(float, cycles, ALWAYS) X(float, deadline, ALWAYS) \
	X(int32_t, slot, ALWAYS) X(int32_t, episode, ALWAYS) X(int32_t, cand, ALWAYS) X(int32_t, load, ALWAYS) X(int32_t, cache, ALWAYS) \
	X(int32_t, model, ALWAYS) X(uint8_t, had_task, ALWAYS) X(uint8_t, truncated, ALWAYS) X(uint8_t, los, ALWAYS) \
	X(float, age, OPTION) X(float, lost_s, OPTION) X(float, wait_data, OPTION) X(float, wait_cycles, OPTION) \
	X(float, wait_deadline, OPTION) X(float, wait_age, OPTION) X(int32_t, wait_model, OPTION) X(int32_t, waiting, OPTION) \
	X(int32_t, lost, OPTION) X(int32_t, phase, OPTION) \
	X(float, interference, OPTION) \
	X(float, place_x, OPTION) X(float, place_y, OPTION) X(float, goal_x, OPTION) X(float, goal_y, OPTION) \
	X(float, pace, OPTION) X(float, rest, OPTION) X(float, drift, OPTION) \
	X(int32_t, reach, OPTION) X(int32_t, grants, OPTION) \
	X(float, least, OPTION) X(float, wait_least, OPTION) X(int32_t, chosen_level, OPTION) \
	X(float, servers, OPTION) X(float, final_servers, OPTION)

// Arrays of the outcomes [W, A], X(type, name, need, none); every byte of the entry of an IED without a task is `none`.
#define WORLD_OUTCOMES(X) \
	X(float, data_bits, ALWAYS, 0) X(float, task_cycles, ALWAYS, 0) X(float, result_bits, ALWAYS, 0) X(float, task_deadline, ALWAYS, 0) \
	X(float, uplink_bps, ALWAYS, 0) X(float, radio_wait, ALWAYS, 0) X(float, upload, ALWAYS, 0) X(float, queue_wait, ALWAYS, 0) \
	X(float, switching, ALWAYS, 0) X(float, task_compute, ALWAYS, 0) X(float, download, ALWAYS, 0) \
	X(float, latency, ALWAYS, 0) X(float, energy, ALWAYS, 0) \
	X(int32_t, task_model, ALWAYS, 0xff) X(int32_t, action, ALWAYS, 0) X(int32_t, server, ALWAYS, 0xff) X(uint8_t, completed, ALWAYS, 0) \
	X(int32_t, task_lost, OPTION, 0) X(float, task_lost_s, OPTION, 0)

// Members of structs, for the lists.
#define WORLD_ONE(type, name) type name;
#define WORLD_MANY(type, name, count) type name[count];

// Indices of places, WORLD_STATE_AT_obs and so on.
#define WORLD_TABLE_INDEX(type, name) WORLD_TABLE_AT_##name,
#define WORLD_STATE_INDEX(type, name, need) WORLD_STATE_AT_##name,
#define WORLD_OUTCOME_INDEX(type, name, need, none) WORLD_OUTCOME_AT_##name,
enum { WORLD_TABLES(WORLD_TABLE_INDEX) WORLD_TABLE_END };
enum { WORLD_STATE(WORLD_STATE_INDEX) WORLD_STATE_END };
enum { WORLD_OUTCOMES(WORLD_OUTCOME_INDEX) WORLD_OUTCOME_END };

// world_params are the scalars, and the places of tables and arrays in words from the beginning of the tables, of the
// state and of the outcomes, -1 for an array that is not there. There are no pointers, so a device can hold a copy.
typedef struct {
	WORLD_SCALARS(WORLD_ONE, WORLD_MANY)
	int64_t state[WORLD_STATE_END], outcome[WORLD_OUTCOME_END], table[WORLD_TABLE_END];
	uint32_t layout; // world_layout of the code that has filled this in
} world_params;

// world_layout is a hash (FNV-1a) of the lists. A library of kernels that was built from other lists refuses the worlds.
static inline uint32_t world_layout(void) {
#define WORLD_TEXT(...) #__VA_ARGS__ ";"
	const char *text = WORLD_SCALARS(WORLD_TEXT, WORLD_TEXT) "/" WORLD_TABLES(WORLD_TEXT) "/" WORLD_STATE(WORLD_TEXT) "/" WORLD_OUTCOMES(WORLD_TEXT);
#undef WORLD_TEXT
	uint32_t hash = 2166136261u;
	for (; *text; text++) hash = (hash ^ (uint8_t)*text) * 16777619u;
	return hash;
}

// world_has_options tells whether an option is on.
static inline int32_t world_has_options(const world_params *p) {
#define WORLD_IS_ON(type, name) || p->name
	return 0 WORLD_OPTIONS(WORLD_IS_ON);
#undef WORLD_IS_ON
}

#endif
