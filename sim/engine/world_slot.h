// The beginning of a slot: topology, tasks, fading and what the IEDs observe.
#ifndef GMEL_WORLD_SLOT_H
#define GMEL_WORLD_SLOT_H

#include "world_arrival.h"
#include "world_memory.h"

static int32_t world_round(int32_t n) { return (n + WORLD_LANES - 1) / WORLD_LANES * WORLD_LANES; }

// world_draw_tasks draws the words of all IEDs of a tile.
static void world_draw_tasks(world_tile *t, const world_moment *at, int32_t n) {
	uint32_t key[2] = {at->key[0], at->key[1]}, w0 = at->world, i0 = at->ied, slot = at->slot;
	uint32_t stream = at->episode << 8 | STREAM_TASK;
	n = world_round(n);
	for (int32_t j = 0; j < n; j++) {
		uint32_t c[4] = {w0 + t->world[j], i0 + t->ied[j], slot, stream};
		world_philox(key, c);
		t->arrival[j] = c[0], t->kind[j] = c[1], t->size[j] = c[2], t->work[j] = c[3];
	}
}

static void world_draw_limits(world_tile *t, const world_moment *at, int32_t n) {
	uint32_t key[2] = {at->key[0], at->key[1]}, w0 = at->world, i0 = at->ied, slot = at->slot;
	uint32_t stream = at->episode << 8 | STREAM_LIMIT;
	n = world_round(n);
	for (int32_t j = 0; j < n; j++) {
		uint32_t c[4] = {w0 + t->who_world[j], i0 + t->who_ied[j], slot, stream};
		world_philox(key, c);
		t->limit[j] = c[0], t->ask[j] = c[1];
	}
}

// world_choose_models finds the first model whose cumulative share is above the draw. After
// the last model with a share the table holds 2.
static void world_choose_models(world_tile *t, const float *up_to, int32_t models, int32_t n) {
	n = world_round(n);
	for (int32_t j = 0; j < n; j++) t->model[j] = 0;
	for (int32_t k = 0; k < models; k++) {
		float limit = up_to[k];
		for (int32_t j = 0; j < n; j++) t->model[j] += world_uniform(t->who_kind[j]) >= limit ? 1 : 0;
	}
}

// world_begin_tasks gives the IEDs from number `first` on their tasks.
static void world_begin_tasks(world *w, const world_moment *at, int64_t first, int32_t n) {
	world_tile *t = w->tile;
	const world_params *p = w->p;
	world_draw_tasks(t, at, n);
	int32_t *model = w->model + first, tasks = 0;
	float *data = w->data + first, *cycles = w->cycles + first, *deadline = w->deadline + first;
	for (int32_t j = 0; j < n; j++) {
		t->who[tasks] = (uint32_t)j;
		tasks += world_uniform(t->arrival[j]) < p->arrival;
	}
	for (int32_t j = 0; j < n; j++) model[j] = -1;
	memset(data, 0, (size_t)n * sizeof *data);
	memset(cycles, 0, (size_t)n * sizeof *cycles);
	memset(deadline, 0, (size_t)n * sizeof *deadline);
	if (p->levels) memset(w->least + first, 0, (size_t)n * sizeof *w->least);
	for (int32_t k = 0; k < tasks; k++) {
		uint32_t j = t->who[k];
		t->who_world[k] = t->world[j], t->who_ied[k] = t->ied[j];
		t->who_kind[k] = t->kind[j], t->who_size[k] = t->size[j], t->who_work[k] = t->work[j];
	}
	world_draw_limits(t, at, tasks);
	world_choose_models(t, w->table.up_to, p->models, tasks);
	for (int32_t k = 0; k < tasks; k++) {
		uint32_t j = t->who[k];
		int32_t m = t->model[k];
		world_task x = world_draw_task(&w->table, m, t->who_size[k], t->who_work[k], t->limit[k]);
		model[j] = m;
		if (p->levels) {
			world_ask(&w->table, p->levels, &x, t->ask[k]);
			w->least[first + j] = x.least;
		}
		data[j] = x.data, cycles[j] = x.cycles, deadline[j] = x.deadline;
	}
}

// world_fade_pairs gives 16 pairs of links their gain of the slot and its level in an observation.
static void world_fade_pairs(const world *w, const world_moment *at, const world_pairs *b, float *gain, const uint8_t *los, float *level) {
	uint32_t radius[2 * WORLD_LANES], angle[2 * WORLD_LANES], key[2] = {at->key[0], at->key[1]};
	uint32_t w0 = at->world, i0 = at->ied, slot = at->slot, episode = at->episode << 8;
	for (int j = 0; j < WORLD_LANES; j++) {
		uint32_t c[4] = {w0 + b->world[j], i0 + b->ied[j], slot, episode | b->stream[j]};
		world_philox(key, c);
		radius[2 * j] = c[0], angle[2 * j] = c[1], radius[2 * j + 1] = c[2], angle[2 * j + 1] = c[3];
	}
	float power[2 * WORLD_LANES];
	int visible = 0;
	for (int j = 0; j < 2 * WORLD_LANES; j++) visible |= los[j];
	for (int j = 0; j < 2 * WORLD_LANES; j++) power[j] = world_rayleigh(radius[j]);
	if (visible) {
		float specular = w->p->specular, scatter = w->p->scatter;
		for (int j = 0; j < 2 * WORLD_LANES; j++) {
			float rice = world_rice(radius[j], angle[j], specular, scatter);
			power[j] = los[j] ? rice : power[j];
		}
	}
	float scale = w->p->gain_scale, shift = w->p->gain_shift, low = w->p->gain_low;
	for (int j = 0; j < 2 * WORLD_LANES; j++) {
		float now = gain[j] * power[j];
		gain[j] = now;
		level[j] = world_level(now, scale, shift, low);
	}
}

// world_fade draws the fading of the links of a tile. With an odd number of candidates the
// second link of the last pair of an IED is not used.
static void world_fade(world *w, const world_moment *at, int64_t first, int32_t n) {
	int32_t candidates = w->p->candidates, pairs = w->pairs_per_ied, links = 2 * pairs * n, odd = candidates & 1;
	for (int32_t l = 0; l < links; l += 2 * WORLD_LANES) {
		float gain[2 * WORLD_LANES] = {0};
		uint8_t los[2 * WORLD_LANES] = {0};
		int32_t here = links - l < 2 * WORLD_LANES ? links - l : 2 * WORLD_LANES;
		int64_t link = first * candidates + l;
		if (!odd) {
			memcpy(gain, w->gain + link, (size_t)here * sizeof *gain);
			memcpy(los, w->los + link, (size_t)here);
		}
		for (int32_t j = 0; odd && j < here; j++) {
			int32_t ied = (l + j) / (2 * pairs), c = (l + j) % (2 * pairs);
			if (c == candidates) continue;
			gain[j] = w->gain[(first + ied) * candidates + c];
			los[j] = w->los[(first + ied) * candidates + c];
		}
		world_fade_pairs(w, at, &w->pairs[l / (2 * WORLD_LANES)], gain, los, w->level + l);
		if (!odd) memcpy(w->now + link, gain, (size_t)here * sizeof *gain);
		for (int32_t j = 0; odd && j < here; j++) {
			int32_t ied = (l + j) / (2 * pairs), c = (l + j) % (2 * pairs);
			if (c < candidates) w->now[(first + ied) * candidates + c] = gain[j];
		}
	}
}

// world_show writes what the IEDs see of every ES of worlds [lo, hi): backlog, load, speed, flags.
static void world_show(world *w, int32_t lo, int32_t hi) {
	const world_params *p = w->p;
	int64_t first = (int64_t)lo * p->servers, n = (int64_t)(hi - lo) * p->servers;
	for (int64_t m = 0; m < n; m++) world_show_es(w, first + m, (int32_t)(m % p->servers), w->rows + m * w->row);
}

// world_allow writes the masks alone.
static void world_allow(world *w, int64_t first, int32_t n) {
	const world_params *p = w->p;
	const int32_t width = world_destinations(p);
	for (int64_t i = first; i < first + n; i++) {
		float *mask = w->mask + i * p->actions, legal = w->model[i] >= 0 ? 1.f : 0.f;
		mask[0] = 1;
		for (int32_t u = 1; u < width; u++) mask[u] = p->coverage && world_uncovered(p, w->reach[i], u) ? 0 : legal;
		for (int32_t l = p->levels - 1; l >= 0; l--)
			for (int32_t u = 0; u < width; u++) mask[l * width + u] = legal > 0 && world_enough(w, i, l) ? mask[u] : 0;
		if (p->levels && legal == 0) mask[0] = 1;
	}
}

static void world_observe(world *w, int64_t first, int32_t n) {
	const world_params p = *w->p;
	const world_shape shape = world_shape_of(&p), common = WORLD_COMMON_SHAPE;
	const float *load_s = w->table.model_load;
	int is_common = world_has_common_shape(&p);
	for (int32_t j = 0; j < n; j++) {
		int64_t i = first + j;
		const float *rows = w->rows + (int64_t)w->tile->world[j] * p.servers * w->row, *level = w->level + j * 2 * w->pairs_per_ied;
		const int32_t *cand = w->cand + i * p.candidates;
		float *o = w->obs + i * p.obs, *mask = w->mask + i * p.actions;
		if (is_common)
			world_observe_one(&p, common, world_ied_of(w, &p, common, i), cand, rows, level, load_s, o, mask);
		else
			world_observe_one(&p, shape, world_ied_of(w, &p, shape, i), cand, rows, level, load_s, o, mask);
	}
}

// world_show_servers writes which ESs the candidates of IEDs [first, end) are.
static void world_show_servers(const world *w, int64_t first, int64_t end) {
	const int64_t candidates = w->p->candidates;
	for (int64_t n = first; n < end; n++) world_list_servers(w->p, w->cand + n * candidates, world_shown_to(w, n), w->servers + n * candidates);
}

// world_level_again gives the links of the IEDs of a tile the observed levels of their gains, as world_fade does.
static void world_level_again(const world *w, int64_t first, int32_t n) {
	const world_params *p = w->p;
	for (int32_t j = 0; j < n; j++)
		for (int32_t c = 0; c < p->candidates; c++)
			w->level[j * 2 * w->pairs_per_ied + c] = world_level(w->now[(first + j) * p->candidates + c], p->gain_scale, p->gain_shift, p->gain_low);
}

// world_show_again makes anew what worlds [lo, hi), a group, show: it follows from the rest of their state.
static void world_show_again(world *w, int32_t lo, int32_t hi) {
	const int64_t first = (int64_t)lo * w->p->agents, end = (int64_t)hi * w->p->agents;
	world_show(w, lo, hi);
	for (int64_t n = first; n < end; n += WORLD_TILE) {
		int32_t count = end - n < WORLD_TILE ? (int32_t)(end - n) : WORLD_TILE;
		world_level_again(w, n, count);
		world_observe(w, n, count);
	}
	if (w->p->show_servers) world_show_servers(w, first, end);
}

// world_begin_slot begins the current slot of worlds [lo, hi), a group in the same slot.
static void world_begin_slot(world *w, int32_t lo, int32_t hi) {
	const world_params *p = w->p;
	int64_t first = (int64_t)lo * p->agents, end = (int64_t)hi * p->agents;
	if (!p->blind) world_show(w, lo, hi);
	for (int64_t n = first; n < end; n += WORLD_TILE) {
		int32_t count = end - n < WORLD_TILE ? (int32_t)(end - n) : WORLD_TILE;
		world_moment at = {{p->key[0], p->key[1]}, world_drawn(p, lo), (uint32_t)(n - first), (uint32_t)w->slot[lo], (uint32_t)w->episode[lo]};
		if (p->queue)
			for (int32_t j = 0; j < count; j++) world_arrive(w, &at, n + j, at.world + w->tile->world[j], at.ied + w->tile->ied[j]);
		else
			world_begin_tasks(w, &at, n, count);
		world_fade(w, &at, n, count);
		if (p->blind)
			world_allow(w, n, count);
		else
			world_observe(w, n, count);
	}
	if (p->show_servers) world_show_servers(w, first, end);
}

#endif
