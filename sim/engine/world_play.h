// Worlds as an environment of a Program: a slot in tasks of some worlds each, with actions and
// results in the Program's arena (kernels.Native).
#ifndef GMEL_WORLD_PLAY_H
#define GMEL_WORLD_PLAY_H

#include "../../kernels/slot.h"
#include "world.h"

typedef struct {
	const world_isa *isa;
	const world_params *params;
	const uint32_t *tables;
	uint32_t *state;
	uint32_t *scratch; // of every task
	int64_t scratch_words;
	int32_t *actions; // [W, A]
	int32_t worlds, tasks;
} world_stage;

// world_play is the function of kernels.Native; self is a world_stage. An illegal action is a
// fault, and leaves the worlds of the task as they were.
int32_t world_play(void *self, int64_t task, float *const slot[SLOT_END]);

// world_report writes what the last slot of worlds [lo, hi) has shown to all tensors but the actions.
void world_report(const world_stage *s, int64_t lo, int64_t hi, float *const slot[SLOT_END]);

#endif
