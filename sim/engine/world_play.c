#include "world_play.h"

#include <string.h>

#include "world_element.h"

// An array of the state.
#define STATE(s, type, name) ((const type *)((s)->state + (s)->params->state[WORLD_STATE_AT_##name]))

// copy_rows writes rows [lo, hi) of width floats.
static void copy_rows(const float *from, int64_t width, int64_t lo, int64_t hi, float *to) {
	memcpy(to + lo * width, from + lo * width, (size_t)((hi - lo) * width) * sizeof(float));
}

// successors writes what the worlds showed at the end of the slot, of the episode where it ended, and
// where it did. The time limit is the only end.
static void successors(const world_stage *s, int64_t lo, int64_t hi, float *const slot[SLOT_END]) {
	const uint8_t *ended = STATE(s, uint8_t, truncated);
	const int64_t agents = s->params->agents, obs = agents * s->params->obs, mask = agents * s->params->actions;
	for (int64_t w = lo; w < hi; w++) {
		copy_rows(ended[w] ? STATE(s, float, final_obs) : STATE(s, float, obs), obs, w, w + 1, slot[SLOT_NEXT_OBS]);
		copy_rows(ended[w] ? STATE(s, float, final_mask) : STATE(s, float, mask), mask, w, w + 1, slot[SLOT_NEXT_MASK]);
		for (int64_t a = 0; a < agents; a++) slot[SLOT_ENDED][w * agents + a] = ended[w] ? TRUNCATED : GOES_ON;
	}
}

// report_servers writes the privileged numbers, which follow the observations of all worlds.
static void report_servers(const world_stage *s, int64_t lo, int64_t hi, float *const slot[SLOT_END]) {
	const uint8_t *ended = STATE(s, uint8_t, truncated);
	const int64_t agents = s->params->agents, row = agents * s->params->candidates, at = s->worlds * agents * s->params->obs;
	copy_rows(STATE(s, float, servers), row, lo, hi, slot[SLOT_OBS] + at);
	for (int64_t w = lo; w < hi; w++) copy_rows(ended[w] ? STATE(s, float, final_servers) : STATE(s, float, servers), row, w, w + 1, slot[SLOT_NEXT_OBS] + at);
}

void world_report(const world_stage *s, int64_t lo, int64_t hi, float *const slot[SLOT_END]) {
	const world_params *p = s->params;
	const int64_t first = lo * p->agents, end = hi * p->agents;
	copy_rows(STATE(s, float, obs), p->obs, first, end, slot[SLOT_OBS]);
	copy_rows(STATE(s, float, mask), p->actions, first, end, slot[SLOT_MASK]);
	copy_rows(STATE(s, float, reward), 1, first, end, slot[SLOT_REWARD]);
	successors(s, lo, hi, slot);
	if (p->show_servers) report_servers(s, lo, hi, slot);
	const uint8_t *had_task = STATE(s, uint8_t, had_task);
	for (int64_t i = first; i < end; i++) slot[SLOT_ACTIVE][i] = had_task[i];
}

// keep_grants notes for how many messages the agents [first, end) wait.
static void keep_grants(const world_stage *s, int64_t first, int64_t end, const float *act) {
	int32_t *grants = (int32_t *)(s->state + s->params->state[WORLD_STATE_AT_grants]);
	for (int64_t i = first; i < end; i++) world_ungrant(s->params, (int32_t)act[i], &grants[i]);
}

// keep_levels notes the levels of the agents [first, end), and leaves the destinations of their actions.
static void keep_levels(const world_stage *s, int64_t first, int64_t end) {
	int32_t *level = (int32_t *)(s->state + s->params->state[WORLD_STATE_AT_chosen_level]);
	for (int64_t i = first; i < end; i++) s->actions[i] = world_destination(s->params, s->actions[i], &level[i]);
}

int32_t world_play(void *self, int64_t task, float *const slot[SLOT_END]) {
	const world_stage *s = self;
	const world_params *p = s->params;
	const int64_t lo = task * s->worlds / s->tasks, hi = (task + 1) * s->worlds / s->tasks;
	const int64_t first = lo * p->agents, end = hi * p->agents;
	int32_t messages;
	for (int64_t i = first; i < end; i++) s->actions[i] = world_ungrant(p, (int32_t)slot[SLOT_ACT][i], &messages);
	if (world_illegal(p, s->state, s->actions, first, end) >= 0) return 1;
	if (p->message > 0) keep_grants(s, first, end, slot[SLOT_ACT]);
	if (p->levels) keep_levels(s, first, end);
	s->isa->step(p, s->tables, s->state, NULL, s->actions, s->scratch + task * s->scratch_words, (int32_t)lo, (int32_t)hi);
	world_report(s, lo, hi, slot);
	return 0;
}
