// The slot step in C: what step.go, slot.go, server.go, topology.go, number.go and observe.go of this
// package specify, and the files of the options, with the same bits. The Go code says what and why; this says how fast.
//
// Plain code that compiles as C99 and C++, no intrinsics: compilers for the host turn the
// loops over lanes into vectors, a compiler for a GPU can give each lane to a thread.
#ifndef GMEL_WORLD_H
#define GMEL_WORLD_H

#include <stdint.h>

enum {
	WORLD_LANES = 16, // loops run over blocks of so many
	WORLD_TILE = 128, // IEDs between two looks at memory that has left the first cache
	WORLD_LINES = 3,  // most path loss lines
	WORLD_BURST = 31  // most arrivals of an IED in a slot
};

// Arrays of the slab, in the order in which the engine is told their places.
enum {
	WORLD_OBS, WORLD_MASK, WORLD_REWARD, WORLD_FINAL_OBS, WORLD_FINAL_MASK, WORLD_SPEED, WORLD_GAIN, WORLD_NOW,
	WORLD_COMPUTE, WORLD_RADIO, WORLD_FREE, WORLD_DATA, WORLD_CYCLES, WORLD_DEADLINE, WORLD_SLOT, WORLD_EPISODE,
	WORLD_CAND, WORLD_LOAD, WORLD_CACHE, WORLD_MODEL, WORLD_HAD_TASK, WORLD_TRUNCATED, WORLD_LOS,
	// of options; their place is -1 where the option is off
	WORLD_AGE, WORLD_LOST_S, WORLD_WAIT_DATA, WORLD_WAIT_CYCLES, WORLD_WAIT_DEADLINE, WORLD_WAIT_AGE, WORLD_WAIT_MODEL,
	WORLD_WAITING, WORLD_LOST, WORLD_PHASE, WORLD_INTERFERENCE, WORLD_PLACE_X, WORLD_PLACE_Y, WORLD_GOAL_X, WORLD_GOAL_Y,
	WORLD_PACE, WORLD_REST, WORLD_DRIFT, WORLD_FIELDS
};

// Arrays of the outcomes.
enum {
	TASK_DATA_BITS, TASK_CYCLES, TASK_RESULT_BITS, TASK_DEADLINE, TASK_UPLINK_BPS, TASK_RADIO_WAIT, TASK_UPLOAD,
	TASK_QUEUE_WAIT, TASK_SWITCH, TASK_COMPUTE, TASK_DOWNLOAD, TASK_LATENCY, TASK_ENERGY, TASK_MODEL, TASK_ACTION,
	TASK_SERVER, TASK_COMPLETED, TASK_LOST, TASK_LOST_S, TASK_FIELDS
};

// Tables of the scenario: [models], [servers], [cells, measured], [servers], [servers], times of a step of b tasks,
// [2, WORLD_BURST] P(N <= n) by phase, and the trace of arrivals: [slots + 1], then [rows].
enum {
	TABLE_UP_TO, TABLE_DATA_LO, TABLE_DATA_SPAN, TABLE_STEPS_LO, TABLE_STEPS_COUNT, TABLE_CYCLES_PER_STEP, TABLE_RESULT,
	TABLE_DEADLINE_LO, TABLE_DEADLINE_SPAN, TABLE_MODEL_LOAD, TABLE_SERVER_X, TABLE_SERVER_Y, TABLE_SERVER_SPEED,
	TABLE_NEAR, TABLE_SERVER_RANK, TABLE_GPUS, TABLE_BATCH_TIME, TABLE_ARRIVAL_CDF, TABLE_TRACE_START, TABLE_TRACE_IED,
	TABLE_TRACE_MODEL, TABLE_TRACE_DATA, TABLE_TRACE_CYCLES, TABLE_TRACE_DEADLINE, TABLE_FIELDS
};

// world_params are the scalars of params.go, the places of arrays in words from the beginning
// of the slab, of the outcomes and of the tables; no pointers, so a device can hold a copy.
typedef struct {
	int32_t agents, servers, candidates, models, cache, obs, actions, slots, gpus;
	int32_t flags, load_times, server_speeds, episodic, blind, numbered;
	int32_t measured, cells_x, cells_y;
	int32_t queue, markov, traced, reuse, cloud, batch_max, sharing, move_slots; // options, 0: off
	uint32_t key[2], fixed_key[2];
	float slot, arrival, los_a, los_b, nlos_a[WORLD_LINES], nlos_b[WORLD_LINES], los_decay, shadow[2], height2;
	float width, depth, per_cell_x, per_cell_y;
	float band, snr_up, snr_down, max_se, specular, scatter, speed_lo, speed_span;
	float kappa, gpu_w, ied_w, penalty, energy_weight;
	float per_data, per_cycle, per_second, per_speed, per_agent, per_server_speed, per_load, per_wait, max_wait, gain_scale, gain_shift, gain_low;
	float per_queue, switch_to[2], start_on, cloud_speed, backhaul, delay, move_s, pace_lo, pace_span, pause, forget;
	int64_t field[WORLD_FIELDS], task[TASK_FIELDS], table[TABLE_FIELDS];
} world_params;

// One instruction set. Worlds [lo, hi) are stepped or reset; tasks is NULL where outcomes are
// not recorded; scratch belongs to one thread at a time and has world_scratch_words words.
typedef struct {
	const char *name;
	void (*step)(const world_params *p, const uint32_t *tables, uint32_t *slab, uint32_t *tasks, const int32_t *actions,
	             uint32_t *scratch, int32_t lo, int32_t hi);
	void (*reset)(const world_params *p, const uint32_t *tables, uint32_t *slab, uint32_t *scratch, int32_t lo, int32_t hi);
	void (*functions)(int32_t which, int32_t n, const float *x, float *y);
} world_isa;

// world_choose returns the instruction set of that name, NULL if this processor lacks it.
const world_isa *world_choose(const char *name);

// world_scratch_words is the working memory of one thread.
int64_t world_scratch_words(const world_params *p);

// world_illegal returns the first agent whose action its mask forbids, -1 if there is none.
int64_t world_illegal(const int32_t *actions, const int32_t *model, int64_t n, int32_t actions_count);

#endif
