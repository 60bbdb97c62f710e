#include "world_play.h"

#include <string.h>

// The fields of kernels.Slot.
enum { SLOT_ACT, SLOT_OBS, SLOT_MASK, SLOT_NEXT_OBS, SLOT_NEXT_MASK, SLOT_REWARD, SLOT_ACTIVE, SLOT_ENDED };
enum { TRUNCATED = 2 }; // of kernels.Slot.Ended; there is no other end

static const void *state(const world_stage *s, int field) { return s->slab + s->params->field[field]; }

// copy_rows writes rows [lo, hi) of width floats of an array of the state.
static void copy_rows(const world_stage *s, int field, int64_t width, int64_t lo, int64_t hi, float *to) {
	memcpy(to + lo * width, (const float *)state(s, field) + lo * width, (hi - lo) * width * sizeof(float));
}

// successors writes what the worlds showed at the end of the slot, of the episode where it ended, and
// where it did.
static void successors(const world_stage *s, int64_t lo, int64_t hi, float *const slot[8]) {
	const uint8_t *ended = state(s, WORLD_TRUNCATED);
	const int64_t agents = s->params->agents, obs = agents * s->params->obs, mask = agents * s->params->actions;
	for (int64_t w = lo; w < hi; w++) {
		copy_rows(s, ended[w] ? WORLD_FINAL_OBS : WORLD_OBS, obs, w, w + 1, slot[SLOT_NEXT_OBS]);
		copy_rows(s, ended[w] ? WORLD_FINAL_MASK : WORLD_MASK, mask, w, w + 1, slot[SLOT_NEXT_MASK]);
		for (int64_t a = 0; a < agents; a++) slot[SLOT_ENDED][w * agents + a] = ended[w] ? TRUNCATED : 0;
	}
}

int32_t world_play(void *self, int64_t task, float *const slot[8]) {
	const world_stage *s = self;
	const world_params *p = s->params;
	const int64_t lo = task * s->worlds / s->tasks, hi = (task + 1) * s->worlds / s->tasks;
	const int64_t first = lo * p->agents, end = hi * p->agents;
	for (int64_t i = first; i < end; i++) s->actions[i] = (int32_t)slot[SLOT_ACT][i];
	const int32_t *model = state(s, WORLD_MODEL);
	if (world_illegal(s->actions + first, model + first, end - first, p->actions) >= 0) return 1;
	s->isa->step(p, s->tables, s->slab, NULL, s->actions, s->scratch + task * s->scratch_words, (int32_t)lo, (int32_t)hi);
	copy_rows(s, WORLD_OBS, p->obs, first, end, slot[SLOT_OBS]);
	copy_rows(s, WORLD_MASK, p->actions, first, end, slot[SLOT_MASK]);
	copy_rows(s, WORLD_REWARD, 1, first, end, slot[SLOT_REWARD]);
	successors(s, lo, hi, slot);
	const uint8_t *had_task = state(s, WORLD_HAD_TASK);
	for (int64_t i = first; i < end; i++) slot[SLOT_ACTIVE][i] = had_task[i];
	return 0;
}
