// What a step does for one IED, link or ES: functions of scalars, without branches where many run side
// by side. The loops of the host call them lane by lane and become vectors; a GPU gives each
// call to a thread. So both do the same operations in the same order.
#ifndef GMEL_WORLD_ELEMENT_H
#define GMEL_WORLD_ELEMENT_H

#include "world_math.h"

#define WORLD_DECIBEL 0.332192809488736235f

// WORLD_COPY copies numbers of 4 bytes. A device copies them one by one: it does not know more of their address, and its memcpy would
// copy bytes.
#ifndef WORLD_COPY
#define WORLD_COPY(to, from, count) memcpy(to, from, (size_t)(count) * sizeof *(to))
#endif

// world_radio are the scalars of the radio, a copy that no store can change.
typedef struct {
	float up, down, most, band, watts;
} world_radio;

WORLD_FN world_radio world_radio_of(const world_params *p) {
	world_radio r = {p->snr_up, p->snr_down, p->max_se, p->band, p->ied_w};
	return r;
}

// world_sent is an offloaded task up to its arrival, and what it will take at the ES.
typedef struct {
	float rate, air, arrival, energy, compute, down;
} world_sent;

// world_send_one sends a task over a link of gain `gain`, whose ES `load` IEDs have chosen and hears
// it with the gain `heard`.
WORLD_FN world_sent world_send_one(world_radio r, float gain, float heard, float load, float backlog, float data, float cycles, float speed, float result) {
	world_sent t;
	float share = r.band / load;
	t.rate = world_efficiency((heard * r.up) * load, r.most) * share;
	t.air = data / t.rate;
	t.arrival = backlog + t.air;
	t.energy = r.watts * t.air;
	t.compute = cycles / speed;
	t.down = result / (world_efficiency(gain * r.down, r.most) * share);
	return t;
}

// world_ungrant is ungrant of message.go: the action, and the number of messages.
WORLD_FN int32_t world_ungrant(const world_params *p, int32_t granted, int32_t *messages) {
	int32_t split = p->message > 0 && granted >= 0;
	*messages = split ? granted / p->actions : 0;
	return split ? granted % p->actions : granted;
}

// world_destinations are the actions of a level, and world_destination that of an action; *level is its level. See level.go.
WORLD_FN int32_t world_destinations(const world_params *p) { return p->levels ? p->actions / p->levels : p->actions; }

WORLD_FN int32_t world_destination(const world_params *p, int32_t action, int32_t *level) {
	int32_t d = world_destinations(p);
	*level = p->levels ? action / d : 0;
	return p->levels ? action % d : action;
}

// world_limits are the times of a task: deadline, time waited before, and what is left.
typedef struct {
	float tau, age, due;
} world_limits;

// world_latency is what finish of server.go charges; done says that the task ended in time.
WORLD_FN float world_latency(world_limits t, int32_t done, float end) { return done ? world_min(end + t.age, t.tau) : t.tau; }

// world_own is a task that its IED has computed; until is the new backlog.
typedef struct {
	float queue, compute, energy, until, latency;
	int32_t done;
} world_own;

WORLD_FN world_own world_own_one(float kappa, float backlog, float cycles, float f, world_limits limits) {
	world_own t;
	float compute = cycles / f, end = backlog + compute, due = limits.due;
	int32_t started = backlog < due;
	t.until = started ? world_min(end, due) : backlog;
	t.queue = backlog;
	t.compute = started ? compute : 0;
	t.energy = ((kappa * f) * f) * ((t.until - backlog) * f);
	t.done = started & (end <= due);
	t.latency = world_latency(limits, t.done, end);
	return t;
}

// world_pay_one is the reward; penalty is negative.
WORLD_FN float world_pay_one(float penalty, float weight, int32_t done, float latency, float tau, float energy) {
	float part = -(latency / tau);
	return (done ? part : penalty) - weight * energy;
}

// world_next_gpu is nextGPU of gpu.go: where the GPU of an ES, counted in all worlds, stands that is
// free first; count are the GPUs of the ESs of a world.
WORLD_FN int64_t world_next_gpu(const world_params *p, const int32_t *count, const float *free, int64_t es) {
	if (p->gpus == 1) return es;
	int64_t first = es * p->gpus, next = first;
	for (int64_t gpu = first + 1; gpu < first + count[es % p->servers]; gpu++)
		if (free[gpu] < free[next]) next = gpu;
	return next;
}

// world_touch is touch of server.go.
WORLD_FN int32_t world_touch(int32_t *cache, int32_t places, int32_t model) {
	int32_t at = 0;
	while (at < places - 1 && cache[at] != model) at++;
	int32_t held = cache[at] == model;
	for (; at > 0; at--) cache[at] = cache[at - 1];
	cache[0] = model;
	return held;
}

// world_service is a task at its ES.
typedef struct {
	float queue, load, compute, down, energy, latency;
	int32_t done;
} world_service;

// world_serve_one serves a task on a GPU that is free from *free on and has the cache. energy is
// that of the upload; load_s are the load times of the models.
WORLD_FN world_service world_serve_one(const world_params *p, float *free, int32_t *cache, const float *load_s, int32_t model, world_limits limits,
                                       float arrival, float compute, float down, float energy) {
	float start = world_max(arrival, *free);
	world_service t = {start - arrival, 0, 0, 0, energy, limits.tau, 0};
	if (start >= limits.due) return t;
	if (!world_touch(cache, p->cache, model)) t.load = load_s[model];
	t.compute = compute, t.down = down;
	float end = start + t.load + compute, until = world_min(end, limits.due), latency = end + down;
	*free = until;
	t.energy = energy + p->gpu_w * (until - start);
	t.done = latency <= limits.due;
	t.latency = world_latency(limits, t.done, latency);
	return t;
}

// world_level is how an observation shows a gain.
WORLD_FN float world_level(float gain, float scale, float shift, float low) { return world_max(world_log2(gain) * scale + shift, low); }

// world_loss is losses of pathloss.go: the path loss in line of sight and without.
WORLD_FN void world_loss(const world_params *q, int32_t streets, float log10d, float *los, float *nlos) {
	*los = q->los_a[0] + q->los_b[0] * log10d;
	if (streets) *los = world_max(*los, q->los_a[1] + q->los_b[1] * log10d);
	*nlos = *los;
	WORLD_UNROLL for (int j = 0; j < WORLD_LINES; j++) *nlos = world_max(*nlos, q->nlos_a[j] + q->nlos_b[j] * log10d);
}

// world_visible is visible of pathloss.go; streets is whether los_near is other than 0.
WORLD_FN float world_visible(const world_params *q, int32_t streets, float flat) {
	float far = world_exp2(-(flat * q->los_decay));
	if (!streets) return far;
	float n = q->los_near / world_max(flat, q->los_near);
	return n + far * (1 - n);
}

// world_link is link of topology.go.
typedef struct {
	float gain;
	int32_t los;
} world_link;

// world_mean_link is meanLink of topology.go for a link over dx, dy.
WORLD_FN world_link world_mean_link(const world_params *q, int32_t streets, float dx, float dy, float sight, float shadow) {
	float flat2 = dx * dx + dy * dy;
	float d = world_max(WORLD_SQRT(flat2 + q->height2), streets ? q->closest : 1);
	float los_db, nlos_db;
	world_loss(q, streets, world_log2(d) * 0.301029995663981195f, &los_db, &nlos_db);
	int32_t los = sight < world_visible(q, streets, WORLD_SQRT(flat2));
	float loss = los ? los_db : nlos_db, sigma = los ? q->shadow[1] : q->shadow[0];
	loss += sigma * shadow;
	world_link l = {world_exp2(-(loss * WORLD_DECIBEL)), los};
	return l;
}

// world_keep_strongest puts a link into the list of the `most` strongest, of which there are
// `have`, ties by the smaller ES if links come in that order; it returns how many there are now.
WORLD_FN int32_t world_keep_strongest(int32_t *server, float *gain, uint8_t *los, int32_t most, int32_t have, int32_t m, float x, int32_t visible) {
	int32_t j = have;
	for (; j > 0 && x > gain[j - 1]; j--)
		if (j < most) server[j] = server[j - 1], gain[j] = gain[j - 1], los[j] = los[j - 1];
	if (j == most) return have;
	server[j] = m, gain[j] = x, los[j] = (uint8_t)visible;
	return have + (have < most);
}

// world_tables are the tables of the scenario.
typedef struct {
#define WORLD_TABLE(type, name) const type *name;
	WORLD_TABLES(WORLD_TABLE)
#undef WORLD_TABLE
} world_tables;

// world_task is a task as its IED has it.
typedef struct {
	int32_t model;
	float data, cycles, deadline;
	float least; // quality that it asks for, with levels
} world_task;

// world_draw_task draws a task of model m.
WORLD_FN world_task world_draw_task(const world_tables *table, int32_t m, uint32_t size, uint32_t work, uint32_t limit) {
	world_task t;
	t.model = m;
	float count = table->steps_count[m];
	float steps = table->steps_lo[m] + (float)(int32_t)(world_uniform(work) * count);
	t.data = table->data_lo[m] + world_uniform(size) * table->data_span[m];
	t.cycles = steps * table->cycles_per_step[m];
	t.deadline = table->deadline_lo[m] + world_uniform(limit) * table->deadline_span[m];
	t.least = 0;
	return t;
}

// world_ask is ask of level.go: the least quality, and the work of the cheapest level that has it.
WORLD_FN void world_ask(const world_tables *table, int32_t levels, world_task *t, uint32_t ask) {
	const float *quality = table->level_quality + t->model * levels, *cycles = table->level_cycles + t->model * levels;
	int32_t best = -1;
	t->least = world_min(table->least_lo[t->model] + world_uniform(ask) * table->least_span[t->model], table->least_most[t->model]);
	for (int32_t l = 0; l < levels; l++)
		if (quality[l] >= t->least && (best < 0 || cycles[l] < cycles[best])) best = l;
	t->cycles = cycles[best];
}

// world_cell is the cell of the hall that (x, y) is in.
WORLD_FN int64_t world_cell(const world_params *p, float x, float y) {
	int32_t cx = (int32_t)(x * p->per_cell_x), cy = (int32_t)(y * p->per_cell_y);
	cx = cx < p->cells_x ? cx : p->cells_x - 1, cy = cy < p->cells_y ? cy : p->cells_y - 1;
	return (int64_t)cy * p->cells_x + cx;
}

// world_row is how many floats the IEDs see of an ES: backlog, load, speed, flags of models, with reuse 1 the rise of noise.
WORLD_HOST_TOO int32_t world_row(const world_params *p) { return 3 + p->models + p->reuse; }

// world_show_one writes the first 3 + models of them; the flags are those of the ES's next GPU.
WORLD_FN void world_show_one(const world_params *p, float free, int32_t load, float speed, const int32_t *cache, float *row) {
	row[0] = world_min(free * p->per_wait, p->max_wait);
	row[1] = (float)load * p->per_agent;
	row[2] = speed * p->per_server_speed;
	for (int32_t k = 0; k < p->models; k++) row[3 + k] = 0;
	for (int32_t g = 0; g < p->cache; g++) row[3 + cache[g]] = 1;
}

// world_shape is the shape of an observation; queue, reuse, cloud and coverage are 0 or 1.
typedef struct {
	int32_t candidates, models, flags, load_times, server_speeds, queue, reuse, cloud, coverage, levels;
} world_shape;

WORLD_FN world_shape world_shape_of(const world_params *p) {
	world_shape s = {p->candidates, p->models, p->flags, p->load_times, p->server_speeds, p->queue > 0, p->reuse, p->cloud, p->coverage, p->levels};
	return s;
}

// WORLD_COMMON_SHAPE is the shape with 4 candidates, 3 models, all optional parts and no option that is observed: that of the default
// run. Observing is a large part of a step, and with this constant all loops of world_observe_one have counts that the compiler
// knows. Any other shape takes the general code, which is slower and gives the same bits. A test lists the presets
// that have it (TestPresetsWithTheCommonShape).
#define WORLD_COMMON_SHAPE {4, 3, 1, 1, 1, 0, 0, 0, 0, 0}

WORLD_FN int32_t world_has_common_shape(const world_params *p) {
	const world_shape shape = world_shape_of(p), common = WORLD_COMMON_SHAPE;
	return !memcmp(&shape, &common, sizeof shape);
}

// world_plain_shape is a shape of worlds without options, which is then known in part at compile time.
WORLD_FN world_shape world_plain_shape(world_shape s) {
	s.queue = s.reuse = s.cloud = s.coverage = s.levels = 0;
	return s;
}

// world_ied is what an IED knows of itself; model is -1 without a task. waiting, cloud_s, reach and what follows count
// only with a queue, with a cloud, with coverage, and with levels and a task.
typedef struct {
	int32_t model;
	float data, cycles, due, speed, compute, radio;
	int32_t waiting;
	float cloud_s;
	int32_t reach;
	float least;
	const float *quality, *level_cycles; // [levels] of the model
} world_ied;

// world_shown is shown of coverage.go: how many candidates an IED sees that has the first `reach`.
WORLD_FN int32_t world_shown(world_shape s, int32_t reach) { return reach > 0 ? reach : s.cloud; }

// world_list_servers is listServers of servers.go for one IED that sees `shown` candidates.
WORLD_FN void world_list_servers(const world_params *p, const int32_t *cand, int32_t shown, float *servers) {
	for (int32_t c = 0; c < p->candidates; c++) servers[c] = (float)(c < shown ? cand[c] : p->servers);
}

// world_observe_levels is observeLevels of level.go, and copies the mask of level 0 to the levels that are legal.
WORLD_OPTION void world_observe_levels(const world_params *p, const world_shape s, const world_ied *x, float *o, float *mask) {
	const int32_t levels = s.levels, width = 1 + s.candidates + s.cloud, has = x->model >= 0;
	o[0] = has ? x->least : 0;
	for (int32_t l = levels - 1; l >= 0; l--) {
		int32_t enough = has && x->quality[l] >= x->least;
		o[1 + l] = has ? world_max(x->quality[l], 0) : 0;
		o[1 + levels + l] = has ? x->level_cycles[l] * p->per_cycle : 0;
		for (int32_t d = 0; d < width; d++) mask[l * width + d] = enough ? mask[d] : 0;
	}
	if (!has) mask[0] = 1;
}

// world_observe_one writes the observation o and the mask of an IED with the candidates `cand`, from the
// rows of the ESs and the levels of the gains. The shape is an argument so that the one of the presets
// can be a constant; p is a copy that no store can change.
WORLD_FN void world_observe_one(const world_params *p, const world_shape s, world_ied x, const int32_t *cand, const float *rows, const float *level,
                                const float *load_s, float *o, float *mask) {
	const int32_t candidates = s.candidates, models = s.models, k = x.model;
	float legal = k >= 0 ? 1.f : 0.f;
	o[0] = legal;
	for (int32_t j = 0; j < models; j++) o[1 + j] = j == k ? 1.f : 0.f;
	mask[0] = 1;
	for (int32_t c = 0; c < candidates; c++) mask[1 + c] = s.coverage && c >= x.reach ? 0 : legal;
	if (s.cloud) mask[1 + candidates] = legal;
	o += 1 + models;
	o[0] = x.data * p->per_data;
	o[1] = x.cycles * p->per_cycle;
	o[2] = x.due * p->per_second;
	o[3] = x.speed * p->per_speed;
	o[4] = world_min(x.compute * p->per_wait, p->max_wait);
	o[5] = world_min(x.radio * p->per_wait, p->max_wait);
	o += 6;
	const int32_t own = k >= 0 ? k : 0;
	// A load time is 0 where the model is held: times 1 less the flag, which is exact.
	const float load = legal * (load_s[own] * p->per_load);
	float *rise = o + 3 * candidates + s.queue, *flags = rise + (s.reuse ? candidates : 0) + s.cloud;
	if (s.queue) o[3 * candidates] = (float)x.waiting * p->per_queue;
	if (s.cloud) flags[-1] = k >= 0 ? world_min(x.cloud_s * p->per_wait, p->max_wait) : 0;
	float *loads = flags + (s.flags ? candidates * models : 0);
	float *speeds = loads + (s.load_times ? candidates : 0);
	for (int32_t c = 0; c < candidates; c++) {
		const float *row = rows + cand[c] * (3 + models + s.reuse);
		o[3 * c] = level[c];
		WORLD_COPY(o + 3 * c + 1, row, 2);
		if (s.reuse) rise[c] = row[3 + models];
		if (s.flags) WORLD_COPY(flags + c * models, row + 3, models);
		if (s.load_times) loads[c] = load * (1 - row[3 + own]);
		if (s.server_speeds) speeds[c] = row[2];
	}
	for (int32_t c = s.coverage ? world_shown(s, x.reach) : candidates; c < candidates; c++) {
		o[3 * c] = p->gain_low, o[3 * c + 1] = o[3 * c + 2] = 0;
		if (s.reuse) rise[c] = 0;
		for (int32_t k = 0; s.flags && k < models; k++) flags[c * models + k] = 0;
		if (s.load_times) loads[c] = 0;
		if (s.server_speeds) speeds[c] = 0;
	}
	if (s.levels) world_observe_levels(p, s, &x, speeds + (s.server_speeds ? candidates : 0), mask);
}

#endif
