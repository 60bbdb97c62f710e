// One slot: step.go for groups of worlds.
#ifndef GMEL_WORLD_STEP_H
#define GMEL_WORLD_STEP_H

#include "world_topology.h"

static void world_count_load(world *w, const world_slice *s) {
	const world_params *p = w->p;
	memset(w->load + s->ess, 0, (size_t)(s->hi - s->lo) * (size_t)p->servers * sizeof(int32_t));
	int64_t n = s->first;
	for (int32_t world = s->lo; world < s->hi; world++) {
		int32_t *load = w->load + (int64_t)world * p->servers;
		for (int64_t end = n + p->agents; n < end; n++)
			if (w->actions[n] > 0) load[w->cand[n * p->candidates + world_candidate(p, w->actions[n])]]++;
	}
}

// world_measure_interference is measureInterference of interference.go.
static void world_measure_interference(world *w, const world_slice *s) {
	const world_params *p = w->p;
	memset(w->interference + s->ess, 0, (size_t)(s->hi - s->lo) * (size_t)p->servers * sizeof(float));
	int64_t n = s->first;
	for (int32_t number = s->lo; number < s->hi; number++) {
		float *heard = w->interference + (int64_t)number * p->servers;
		for (int64_t end = n + p->agents; n < end; n++) {
			int32_t own = w->actions[n] > 0 ? world_candidate(p, w->actions[n]) : -1;
			for (int32_t c = 0; own >= 0 && c < p->candidates; c++)
				if (c != own) heard[w->cand[n * p->candidates + c]] += w->gain[n * p->candidates + c];
		}
	}
}

// world_list lists the IEDs that offload, and those that run their task themselves. Each IED is written to the next free
// place. If it does not belong in the list, the next IED overwrites it: that costs less than an unpredictable branch.
static void world_list(world *w, world_slice *s) {
	int32_t sent = 0, own = 0;
	const int32_t *model = w->model + s->first, *actions = w->actions + s->first;
	uint8_t *had = w->had_task + s->first;
	float *reward = w->reward + s->first;
	for (int32_t j = 0; j < s->agents; j++) {
		int32_t has = model[j] >= 0, away = actions[j] > 0;
		w->sent[sent / WORLD_LANES].who[sent % WORLD_LANES] = j;
		w->own[own / WORLD_LANES].who[own % WORLD_LANES] = j;
		sent += away;
		own += has & !away;
	}
	for (int32_t j = 0; j < s->agents; j++) had[j] = model[j] >= 0;
	memset(reward, 0, (size_t)s->agents * sizeof *reward);
	s->sent = sent, s->own = own;
}

// world_collect reads what the tasks of the lists need.
static void world_collect(world *w, const world_slice *s) {
	for (int32_t k = 0; k < s->sent; k++) {
		int32_t j = w->sent[k / WORLD_LANES].who[k % WORLD_LANES];
		world_collect_sent(w, s, k, (int32_t)w->tile->world[j & (WORLD_TILE - 1)] * w->p->servers, w->actions[s->first + j]);
	}
	for (int32_t k = 0; k < s->own; k++) {
		world_tasks *b = &w->own[k / WORLD_LANES];
		int32_t at = k % WORLD_LANES;
		int64_t n = s->first + b->who[at];
		world_limits l = world_limits_now(w, n);
		b->cycles[at] = world_work(w, n), b->backlog[at] = world_granted(w, n, w->compute[n]), b->speed[at] = w->speed[n];
		b->tau[at] = l.tau, b->age[at] = l.age, b->due[at] = l.due;
	}
}

// world_send computes rates and times of 16 offloaded tasks.
static void world_send(const world_params *p, world_tasks *b) {
	world_radio radio = world_radio_of(p);
	const float *heard = p->reuse ? b->heard : b->gain;
	for (int j = 0; j < WORLD_LANES; j++) world_send_lane(radio, b, heard[j], j);
}

// world_run_own runs 16 local tasks.
static void world_run_own(const world_params *p, world_tasks *b) {
	float kappa = p->kappa;
	for (int j = 0; j < WORLD_LANES; j++) {
		world_own t = world_own_one(kappa, b->backlog[j], b->cycles[j], b->speed[j], world_limits_of(b, j));
		b->queue[j] = t.queue, b->compute[j] = t.compute, b->energy[j] = t.energy;
		b->arrival[j] = t.until; // the new backlog
		b->done[j] = t.done, b->latency[j] = t.latency;
	}
}

// world_pay computes 16 rewards.
static void world_pay(const world_params *p, world_tasks *b) {
	float penalty = -p->penalty, weight = p->energy_weight;
	for (int j = 0; j < WORLD_LANES; j++) b->reward[j] = world_pay_one(penalty, weight, b->done[j], b->latency[j], b->tau[j], b->energy[j]);
}

// world_outcomes are the arrays of the outcomes, from the first IED of a group on.
typedef struct {
#define WORLD_ARRAY(type, name, need, none) type *name;
	WORLD_OUTCOMES(WORLD_ARRAY) // NULL for those of an option that is off
#undef WORLD_ARRAY
} world_outcomes;

static world_outcomes world_outcomes_of(const world *w, const world_slice *s) {
	world_outcomes o;
#define WORLD_BIND(type, name, need, none) o.name = w->p->outcome[WORLD_OUTCOME_AT_##name] < 0 ? (type *)0 : (type *)(w->outcomes + w->p->outcome[WORLD_OUTCOME_AT_##name]) + s->first;
	WORLD_OUTCOMES(WORLD_BIND)
#undef WORLD_BIND
	return o;
}

// world_forget sets the outcomes of a group to "no task"; lost tasks are those of the slot's start.
static void world_forget(const world *w, const world_slice *s, world_outcomes o) {
#define WORLD_CLEAR(type, name, need, none) if (o.name) memset(o.name, none, (size_t)s->agents * sizeof(type));
	WORLD_OUTCOMES(WORLD_CLEAR)
#undef WORLD_CLEAR
	if (!w->p->queue) return;
	memcpy(o.task_lost, w->lost + s->first, (size_t)s->agents * sizeof(int32_t));
	memcpy(o.task_lost_s, w->lost_s + s->first, (size_t)s->agents * sizeof(float));
}

// world_record_parts writes the six parts of a latency; those of a failed task are cut at its deadline in their order.
static void world_record_parts(world_outcomes o, const world_tasks *b, int32_t at, int32_t away) {
	float *const out[6] = {o.radio_wait, o.upload, o.queue_wait, o.switching, o.task_compute, o.download};
	float part[6] = {b->age[at], 0, b->queue[at], 0, b->compute[at], 0}, rest = b->tau[at];
	if (away) part[0] += b->backlog[at], part[1] = b->air[at], part[3] = b->load[at], part[5] = b->down[at];
	for (int q = 0; q < 6; q++) {
		if (!b->done[at]) part[q] = world_min(part[q], rest), rest -= part[q];
		out[q][b->who[at]] = part[q];
	}
}

// world_record writes the outcomes of a list of tasks.
static void world_record(const world *w, const world_slice *s, world_outcomes o, const world_tasks *list, int32_t count, int32_t away) {
	const world_params *p = w->p;
	for (int32_t k = 0; k < count; k++) {
		const world_tasks *b = &list[k / WORLD_LANES];
		int32_t at = k % WORLD_LANES, j = b->who[at], model = w->model[s->first + j];
		o.task_model[j] = model;
		o.action[j] = w->actions[s->first + j] + (p->levels ? world_destinations(p) * w->chosen_level[s->first + j] : 0);
		o.server[j] = !away ? -1 : p->cloud && !b->away[at] ? p->servers : b->es[at] % p->servers;
		o.completed[j] = (uint8_t)b->done[at];
		o.data_bits[j] = w->data[s->first + j];
		o.task_cycles[j] = b->cycles[at];
		o.result_bits[j] = w->table.result[model];
		o.task_deadline[j] = b->tau[at];
		o.uplink_bps[j] = away ? b->rate[at] : 0;
		o.latency[j] = b->latency[at];
		o.energy[j] = b->energy[at];
		world_record_parts(o, b, at, away);
	}
}

// world_settle pays a list of tasks.
static void world_settle(world *w, const world_slice *s, world_tasks *list, int32_t count) {
	for (int32_t k = 0; k < count; k += WORLD_LANES) world_pay(w->p, &list[k / WORLD_LANES]);
	for (int32_t k = 0; k < count; k++) w->reward[s->first + list[k / WORLD_LANES].who[k % WORLD_LANES]] = list[k / WORLD_LANES].reward[k % WORLD_LANES];
	for (int32_t k = 0; w->p->quality_weight > 0 && k < count; k++) {
		int64_t n = s->first + list[k / WORLD_LANES].who[k % WORLD_LANES];
		if (list[k / WORLD_LANES].done[k % WORLD_LANES]) w->reward[n] += world_bonus(w, n);
	}
}

static void world_advance(float *backlog, float slot, int64_t n) {
	for (int64_t j = 0; j < n; j++) backlog[j] = world_max(backlog[j] - slot, 0);
}

// world_play carries out the actions of a group.
static void world_play(world *w, world_slice *s) {
	world_count_load(w, s);
	if (w->p->reuse) world_measure_interference(w, s);
	world_list(w, s);
	world_collect(w, s);
	for (int32_t k = 0; k < s->sent; k += WORLD_LANES) world_send(w->p, &w->sent[k / WORLD_LANES]);
	for (int32_t k = 0; k < s->own; k += WORLD_LANES) world_run_own(w->p, &w->own[k / WORLD_LANES]);
	for (int32_t k = 0; k < s->sent; k++)
		w->radio[s->first + w->sent[k / WORLD_LANES].who[k % WORLD_LANES]] = w->sent[k / WORLD_LANES].arrival[k % WORLD_LANES];
	for (int32_t k = 0; k < s->own; k++)
		w->compute[s->first + w->own[k / WORLD_LANES].who[k % WORLD_LANES]] = w->own[k / WORLD_LANES].arrival[k % WORLD_LANES];
	world_serve_worlds(w, s);
	world_settle(w, s, w->sent, s->sent);
	world_settle(w, s, w->own, s->own);
	if (w->outcomes) {
		world_outcomes o = world_outcomes_of(w, s);
		world_forget(w, s, o);
		world_record(w, s, o, w->sent, s->sent, 1);
		world_record(w, s, o, w->own, s->own, 0);
	}
}

// world_move_ieds carries every IED of worlds [lo, hi) on.
static void world_move_ieds(world *w, int32_t lo, int32_t hi) {
	const world_params *p = w->p;
	for (int32_t number = lo; number < hi; number++) {
		world_moment at = {{p->key[0], p->key[1]}, world_drawn(p, number), 0, (uint32_t)w->slot[number], (uint32_t)w->episode[number]};
		for (int32_t i = 0; i < p->agents; i++) world_move(w, &at, (int64_t)number * p->agents + i, i);
	}
}

// world_end keeps the last observation and begins the next episode.
static void world_end(world *w, const world_slice *s) {
	int64_t obs = w->p->obs, actions = w->p->actions, candidates = w->p->candidates;
	memcpy(w->final_obs + s->first * obs, w->obs + s->first * obs, (size_t)(s->agents * obs) * sizeof(float));
	memcpy(w->final_mask + s->first * actions, w->mask + s->first * actions, (size_t)(s->agents * actions) * sizeof(float));
	if (w->p->show_servers) memcpy(w->final_servers + s->first * candidates, w->servers + s->first * candidates, (size_t)(s->agents * candidates) * sizeof(float));
	for (int32_t n = s->lo; n < s->hi; n++) w->truncated[n] = 1, w->episode[n]++;
	world_start_episodes(w, s->lo, s->hi);
}

// world_step_group plays one slot of worlds [lo, hi), which are in the same slot.
static void world_step_group(world *w, int32_t lo, int32_t hi) {
	const world_params *p = w->p;
	world_slice s = {lo, hi, (int64_t)lo * p->agents, (int64_t)lo * p->servers, (hi - lo) * p->agents, 0, 0};
	world_play(w, &s);
	world_advance(w->compute + s.first, p->slot, s.agents);
	world_advance(w->radio + s.first, p->slot, s.agents);
	world_advance(w->free + s.ess * p->gpus, p->slot, (int64_t)(hi - lo) * p->servers * p->gpus);
	for (int32_t n = lo; n < hi; n++) w->slot[n]++, w->truncated[n] = 0;
	if (p->move_slots && w->slot[lo] % p->move_slots == 0) world_move_ieds(w, lo, hi);
	world_begin_slot(w, lo, hi);
	if (w->slot[lo] == p->slots) world_end(w, &s);
}

// world_group_end is the end of the group that begins at lo: worlds in the same slot.
static int32_t world_group_end(const world *w, int32_t lo, int32_t hi) {
	int32_t end = lo + 1;
	while (end < hi && end - lo < w->group && w->slot[end] == w->slot[lo] && w->episode[end] == w->episode[lo]) end++;
	return end;
}

static void world_step_all(const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *outcomes, const int32_t *actions,
                           uint32_t *scratch, int32_t lo, int32_t hi) {
	world w;
	world_bind(&w, p, tables, state, scratch);
	w.outcomes = outcomes;
	w.actions = actions;
	for (int32_t end; lo < hi; lo = end) {
		end = world_group_end(&w, lo, hi);
		world_step_group(&w, lo, end);
	}
}

static void world_reset_all(const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch, int32_t lo, int32_t hi) {
	world w;
	world_bind(&w, p, tables, state, scratch);
	for (int32_t end; lo < hi; lo = end) {
		end = lo + w.group < hi ? lo + w.group : hi;
		world_start_episodes(&w, lo, end);
	}
}

static void world_show_all(const world_params *p, const uint32_t *tables, uint32_t *state, uint32_t *scratch, int32_t lo, int32_t hi) {
	world w;
	world_bind(&w, p, tables, state, scratch);
	for (int32_t end; lo < hi; lo = end) {
		end = lo + w.group < hi ? lo + w.group : hi;
		world_show_again(&w, lo, end);
	}
}

// world_functions computes one of the elementary functions, for tests.
static void world_functions(int32_t which, int32_t n, const float *x, float *y) {
	float sine, cosine;
	for (int32_t j = 0; j < n; j++) {
		world_sincos(which > 1 ? x[j] : 0, &sine, &cosine);
		y[j] = which == 0 ? world_log2(x[j]) : which == 1 ? world_exp2(x[j]) : which == 2 ? sine : cosine;
	}
}

#endif
