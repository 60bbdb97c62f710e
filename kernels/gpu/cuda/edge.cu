// A slot of the edge worlds: the functions of sim/world_element.h, a block of threads for each
// world, an IED or an ES for each thread. Results are those of sim's other engines bit for bit: what
// depends on an order - the queues of the ESs - is sorted first, sums are of whole numbers.
#include "edge.cuh"
#include "sort.cuh"

#define WORLD_FN static DEVICE
#define WORLD_SQRT(x) sqrtf(x)
#define WORLD_UNROLL UNROLL
#include "../../../sim/world_element.h"

namespace {

enum {
	EDGE_THREADS = 128,
	EDGE_SHARED = 160 << 10, // bytes of shared memory that every device of these architectures gives to a block
	INDEX_BITS = 21, ARRIVAL_BITS = 31
};

// The fields of kernels.Slot.
enum { SLOT_ACT, SLOT_OBS, SLOT_MASK, SLOT_NEXT_OBS, SLOT_NEXT_MASK, SLOT_REWARD, SLOT_ACTIVE, SLOT_ENDED };
enum { TRUNCATED = 2 }; // of kernels.Slot.Ended; there is no other end

// edge is what the kernel gets.
struct edge {
	const world_params *params;
	const uint32_t *tables;
	uint32_t *state, *scratch;
	int32_t *fault;
	float *slot[MAX_ARGS];
	int64_t scratch_words;    // of a world
	int32_t worlds, staged;   // staged: observations go through shared memory
	int32_t keys_in_scratch;  // there are too many IEDs for shared memory
	uint64_t *mark, number;   // of the launch
};

// Working memory of a world, in words: keys of 64 bits, then floats.
BOTH int64_t key_count(const world_params &p) {
	int64_t n = 1;
	while (n < p.agents) n *= 2;
	return n;
}
BOTH int32_t row_words(const world_params &p) { return 3 + p.models; }
BOTH int32_t level_words(const world_params &p) { return p.candidates + 1; }
enum { PARTS = 3 };

int64_t words_of_world(const world_params &p) {
	int64_t words = 2 * key_count(p) + (int64_t)PARTS * p.agents + (int64_t)p.servers * row_words(p) + EDGE_THREADS * level_words(p);
	return ceil_div(words, 4) * 4;
}

// world_at is the world of a block, and its places in the arrays.
struct world_at {
	const edge &e;
	const world_params &p;
	int32_t world;
	int64_t ied, es, gpu; // first of each
	uint64_t *keys;
	float *parts, *rows, *level; // level of this thread

	DEVICE world_at(const edge &e, const world_params &p, int32_t world, uint64_t *shared) : e(e), p(p), world(world) {
		ied = (int64_t)world * p.agents, es = (int64_t)world * p.servers, gpu = es * p.gpus;
		uint32_t *at = e.scratch + world * e.scratch_words;
		keys = e.keys_in_scratch ? (uint64_t *)at : shared;
		parts = (float *)(at + 2 * key_count(p));
		rows = parts + PARTS * (int64_t)p.agents;
		level = rows + (int64_t)p.servers * row_words(p) + threadIdx.x * level_words(p);
	}
	template <class T> DEVICE T *field(int name) const { return (T *)(e.state + p.field[name]); }
	DEVICE const float *table(int name) const { return (const float *)(e.tables + p.table[name]); }
	DEVICE const int32_t *integers(int name) const { return (const int32_t *)(e.tables + p.table[name]); }
	DEVICE int64_t next_gpu(int32_t m) const { return world_next_gpu(&p, integers(TABLE_GPUS), field<float>(WORLD_FREE), es + m); }
};

#define EACH(i, n) for (int32_t i = threadIdx.x; i < (n); i += EDGE_THREADS)

DEVICE bool is_illegal(const world_at &w, int64_t n) {
	float a = w.e.slot[SLOT_ACT][n];
	return !(a > -1 && a < (float)w.p.actions) || (a >= 1 && w.field<int32_t>(WORLD_MODEL)[n] < 0);
}

// any_illegal raises the fault for an action that a mask forbids; the world then stays as it is.
DEVICE bool any_illegal(const world_at &w) {
	__shared__ int32_t bad;
	if (threadIdx.x == 0) bad = 0;
	__syncthreads();
	EACH(i, w.p.agents) {
		if (!is_illegal(w, w.ied + i)) continue;
		bad = 1;
		if (atomicCAS(w.e.fault, 0, (int32_t)(w.ied + i) + 1) == 0) w.e.fault[1] = (int32_t)w.e.slot[SLOT_ACT][w.ied + i];
	}
	__syncthreads();
	return bad;
}

DEVICE int32_t action_of(const world_at &w, int64_t n) { return (int32_t)w.e.slot[SLOT_ACT][n]; }

DEVICE void count_load(const world_at &w) {
	int32_t *load = w.field<int32_t>(WORLD_LOAD) + w.es;
	EACH(m, w.p.servers) load[m] = 0;
	__syncthreads();
	EACH(i, w.p.agents) {
		int32_t a = action_of(w, w.ied + i);
		if (a > 0) atomicAdd(&load[w.field<int32_t>(WORLD_CAND)[(w.ied + i) * w.p.candidates + a - 1]], 1);
	}
	__syncthreads();
}

// limits_of are the times of a task that has not waited.
DEVICE world_limits limits_of(const world_at &w, int64_t n) {
	float tau = w.field<float>(WORLD_DEADLINE)[n];
	world_limits l = {tau, 0, tau};
	return l;
}

DEVICE void pay(const world_at &w, int64_t n, int32_t done, float latency, float energy) {
	w.field<float>(WORLD_REWARD)[n] = world_pay_one(-w.p.penalty, w.p.energy_weight, done, latency, w.field<float>(WORLD_DEADLINE)[n], energy);
}

// send gives the task of IED i to the radio; its key sorts by ES, arrival and IED.
DEVICE uint64_t send(const world_at &w, int32_t i, int32_t action) {
	int64_t n = w.ied + i, link = n * w.p.candidates + action - 1;
	int32_t m = w.field<int32_t>(WORLD_CAND)[link];
	float result = w.table(TABLE_RESULT)[w.field<int32_t>(WORLD_MODEL)[n]];
	float *radio = w.field<float>(WORLD_RADIO), *part = w.parts + PARTS * (int64_t)i;
	float gain = w.field<float>(WORLD_NOW)[link];
	world_sent t = world_send_one(world_radio_of(&w.p), gain, gain, (float)w.field<int32_t>(WORLD_LOAD)[w.es + m], radio[n],
	                              w.field<float>(WORLD_DATA)[n], w.field<float>(WORLD_CYCLES)[n], w.table(TABLE_SERVER_SPEED)[m], result);
	radio[n] = t.arrival;
	part[0] = t.compute, part[1] = t.down, part[2] = t.energy;
	return (uint64_t)m << (ARRIVAL_BITS + INDEX_BITS) | (uint64_t)world_bits(t.arrival) << INDEX_BITS | (uint32_t)i;
}

DEVICE void run_own(const world_at &w, int64_t n) {
	float *backlog = w.field<float>(WORLD_COMPUTE);
	world_own t = world_own_one(w.p.kappa, backlog[n], w.field<float>(WORLD_CYCLES)[n], w.field<float>(WORLD_SPEED)[n], limits_of(w, n));
	backlog[n] = t.until;
	pay(w, n, t.done, t.latency, t.energy);
}

// decide carries out the actions up to the ESs and returns how many tasks go there.
DEVICE int32_t decide(const world_at &w) {
	__shared__ int32_t sent;
	if (threadIdx.x == 0) sent = 0;
	__syncthreads();
	EACH(i, w.p.agents) {
		int64_t n = w.ied + i;
		int32_t a = action_of(w, n), has = w.field<int32_t>(WORLD_MODEL)[n] >= 0;
		w.field<uint8_t>(WORLD_HAD_TASK)[n] = (uint8_t)has;
		w.field<float>(WORLD_REWARD)[n] = 0;
		if (a > 0) w.keys[atomicAdd(&sent, 1)] = send(w, i, a);
		else if (has) run_own(w, n);
	}
	__syncthreads();
	return sent;
}

DEVICE void serve(const world_at &w, int32_t m, uint64_t key) {
	int32_t i = (int32_t)(key & ((1u << INDEX_BITS) - 1));
	int64_t n = w.ied + i, gpu = w.next_gpu(m);
	const float *part = w.parts + PARTS * (int64_t)i;
	float arrival = world_float((uint32_t)(key >> INDEX_BITS) & 0x7fffffffu);
	world_service t = world_serve_one(&w.p, w.field<float>(WORLD_FREE) + gpu, w.field<int32_t>(WORLD_CACHE) + gpu * w.p.cache,
	                                 w.table(TABLE_MODEL_LOAD), w.field<int32_t>(WORLD_MODEL)[n], limits_of(w, n), arrival,
	                                 part[0], part[1], part[2]);
	pay(w, n, t.done, t.latency, t.energy);
}

// serve_all lets every ES work on its tasks in the order of arrival.
DEVICE void serve_all(const world_at &w, int32_t sent) {
	sort_keys(w.keys, sent);
	EACH(m, w.p.servers) {
		uint64_t end = (uint64_t)(m + 1) << (ARRIVAL_BITS + INDEX_BITS);
		for (int32_t k = first_not_below(w.keys, sent, (uint64_t)m << (ARRIVAL_BITS + INDEX_BITS)); k < sent && w.keys[k] < end; k++)
			serve(w, m, w.keys[k]);
	}
	__syncthreads();
}

DEVICE void advance(float *backlog, float slot, int32_t n) {
	EACH(j, n) backlog[j] = world_max(backlog[j] - slot, 0);
}

DEVICE void draw_task(const world_at &w, int32_t i, uint32_t slot, uint32_t episode) {
	const world_params &p = w.p;
	int64_t n = w.ied + i;
	uint32_t c[4] = {(uint32_t)w.world, (uint32_t)i, slot, episode << 8 | STREAM_TASK};
	world_philox(p.key, c);
	world_task x = {-1, 0, 0, 0};
	if (world_uniform(c[0]) < p.arrival) {
		uint32_t limit[4] = {(uint32_t)w.world, (uint32_t)i, slot, episode << 8 | STREAM_LIMIT};
		world_philox(p.key, limit);
		int32_t model = 0;
		for (int32_t k = 0; k < p.models; k++) model += world_uniform(c[1]) >= w.table(TABLE_UP_TO)[k] ? 1 : 0;
		const float *table[TABLE_FIELDS];
		for (int t = TABLE_DATA_LO; t <= TABLE_DEADLINE_SPAN; t++) table[t] = w.table(t);
		x = world_draw_task(table, model, c[2], c[3], limit[0]);
	}
	w.field<int32_t>(WORLD_MODEL)[n] = x.model;
	w.field<float>(WORLD_DATA)[n] = x.data, w.field<float>(WORLD_CYCLES)[n] = x.cycles, w.field<float>(WORLD_DEADLINE)[n] = x.deadline;
}

DEVICE void fade(const world_at &w, int64_t link, int32_t c, uint32_t radius, uint32_t angle) {
	const world_params &p = w.p;
	float power = w.field<uint8_t>(WORLD_LOS)[link] ? world_rice(radius, angle, p.specular, p.scatter) : world_rayleigh(radius);
	float now = w.field<float>(WORLD_GAIN)[link] * power;
	w.field<float>(WORLD_NOW)[link] = now;
	w.level[c] = world_level(now, p.gain_scale, p.gain_shift, p.gain_low);
}

DEVICE void draw_fading(const world_at &w, int32_t i, uint32_t slot, uint32_t episode) {
	int64_t link = (w.ied + i) * w.p.candidates;
	for (int32_t c = 0; c < w.p.candidates; c += 2) {
		uint32_t x[4] = {(uint32_t)w.world, (uint32_t)i, slot, episode << 8 | (uint32_t)(STREAM_FADING + c / 2)};
		world_philox(w.p.key, x);
		fade(w, link + c, c, x[0], x[1]);
		if (c + 1 < w.p.candidates) fade(w, link + c + 1, c + 1, x[2], x[3]);
	}
}

DEVICE void observe(const world_at &w, int32_t i, float *obs, float *mask) {
	int64_t n = w.ied + i;
	world_ied x = {w.field<int32_t>(WORLD_MODEL)[n], w.field<float>(WORLD_DATA)[n],    w.field<float>(WORLD_CYCLES)[n], w.field<float>(WORLD_DEADLINE)[n],
	               w.field<float>(WORLD_SPEED)[n],   w.field<float>(WORLD_COMPUTE)[n], w.field<float>(WORLD_RADIO)[n], 0, 0};
	world_observe_one(&w.p, world_shape_of(&w.p), x, w.field<int32_t>(WORLD_CAND) + n * w.p.candidates, w.rows, w.level, w.table(TABLE_MODEL_LOAD), obs,
	                  mask);
}

// show writes rows of observations or masks to all places that want them; threads follow the
// words, so that stores are coalesced.
DEVICE void show(const float *from, int64_t words, int64_t at, float *a, float *b, float *c) {
	for (int64_t j = threadIdx.x; j < words; j += EDGE_THREADS) {
		float x = from[j];
		a[at + j] = x, b[at + j] = x;
		if (c) c[at + j] = x;
	}
}

// begin_slot draws tasks and fading and shows them in the state, in the arena and, where `next`
// is set, as the successor of the last slot.
DEVICE void begin_slot(const world_at &w, float *stage, bool next) {
	const world_params &p = w.p;
	uint32_t slot = (uint32_t)w.field<int32_t>(WORLD_SLOT)[w.world], episode = (uint32_t)w.field<int32_t>(WORLD_EPISODE)[w.world];
	EACH(m, p.servers) {
		int64_t gpu = w.next_gpu(m);
		world_show_one(&p, w.field<float>(WORLD_FREE)[gpu], w.field<int32_t>(WORLD_LOAD)[w.es + m], w.table(TABLE_SERVER_SPEED)[m],
		               w.field<int32_t>(WORLD_CACHE) + gpu * p.cache, w.rows + m * row_words(p));
	}
	float *obs = w.field<float>(WORLD_OBS), *mask = w.field<float>(WORLD_MASK);
	for (int32_t from = 0; from < p.agents; from += EDGE_THREADS) {
		int32_t i = from + (int32_t)threadIdx.x, here = (int32_t)smaller(EDGE_THREADS, p.agents - from);
		int64_t n = w.ied + from;
		float *o = w.e.staged ? stage : obs + n * p.obs, *k = w.e.staged ? stage + EDGE_THREADS * p.obs : mask + n * p.actions;
		__syncthreads(); // rows are there, the stage is free
		if (i < p.agents) {
			draw_task(w, i, slot, episode);
			draw_fading(w, i, slot, episode);
			observe(w, i, o + threadIdx.x * p.obs, k + threadIdx.x * p.actions);
		}
		__syncthreads();
		show(o, (int64_t)here * p.obs, n * p.obs, obs, w.e.slot[SLOT_OBS], next ? w.e.slot[SLOT_NEXT_OBS] : NULL);
		show(k, (int64_t)here * p.actions, n * p.actions, mask, w.e.slot[SLOT_MASK], next ? w.e.slot[SLOT_NEXT_MASK] : NULL);
	}
	__syncthreads();
}

// measure draws where the i-th IED of a topology is and keeps its strongest links as those of IED `number`.
DEVICE void measure(const world_at &w, int32_t number, int32_t i, uint32_t episode) {
	const world_params &p = w.p;
	int64_t n = w.ied + number, link = n * p.candidates;
	const uint32_t *key = p.episodic ? p.key : p.fixed_key;
	uint32_t world = p.episodic ? (uint32_t)w.world : 0, era = p.episodic ? episode << 8 : 0;
	uint32_t c[4] = {world, (uint32_t)i, 0, era | STREAM_PLACE};
	world_philox(key, c);
	float place_x = world_uniform(c[0]) * p.width, place_y = world_uniform(c[1]) * p.depth;
	w.field<float>(WORLD_SPEED)[n] = p.speed_lo + world_uniform(c[2]) * p.speed_span;
	const int32_t *nearest = w.integers(TABLE_NEAR) + world_cell(&p, place_x, place_y) * p.measured;
	int32_t have = 0;
	for (int32_t k = 0; k < p.measured; k++) {
		int32_t m = nearest[k];
		uint32_t x[4] = {world, (uint32_t)i * (uint32_t)p.servers + (uint32_t)m, 0, era | STREAM_LINK};
		world_philox(key, x);
		float gain;
		int32_t los;
		world_mean_link(&p, place_x - w.table(TABLE_SERVER_X)[m], place_y - w.table(TABLE_SERVER_Y)[m], world_uniform(x[0]), world_normal(x[1], x[2]), &gain,
		                &los);
		have = world_keep_strongest(w.field<int32_t>(WORLD_CAND) + link, w.field<float>(WORLD_GAIN) + link, w.field<uint8_t>(WORLD_LOS) + link, p.candidates,
		                            have, m, gain, los);
	}
}

// sort_ieds sorts the IEDs of a topology that has been drawn: number k is the IED in the lower bits of key k.
DEVICE void sort_ieds(const world_at &w) {
	const int32_t *rank = w.integers(TABLE_SERVER_RANK), *cand = w.field<int32_t>(WORLD_CAND) + w.ied * w.p.candidates;
	EACH(i, w.p.agents) w.keys[i] = (uint64_t)rank[cand[(int64_t)i * w.p.candidates]] << INDEX_BITS | (uint32_t)i;
	sort_keys(w.keys, w.p.agents);
}

// draw_topology draws the IEDs; those that are numbered by their nearest ESs twice, first to find these.
DEVICE void draw_topology(const world_at &w, uint32_t episode) {
	for (int32_t pass = 0; pass <= w.p.numbered; pass++) {
		if (pass > 0) sort_ieds(w);
		EACH(number, w.p.agents) measure(w, number, pass > 0 ? (int32_t)(w.keys[number] & ((1u << INDEX_BITS) - 1)) : number, episode);
	}
}

// end_episode keeps the last observation and begins the next episode.
DEVICE void end_episode(const world_at &w, float *stage) {
	const world_params &p = w.p;
	int64_t obs = (int64_t)p.agents * p.obs, mask = (int64_t)p.agents * p.actions;
	for (int64_t j = threadIdx.x; j < obs; j += EDGE_THREADS)
		w.field<float>(WORLD_FINAL_OBS)[w.world * obs + j] = w.field<float>(WORLD_OBS)[w.world * obs + j];
	for (int64_t j = threadIdx.x; j < mask; j += EDGE_THREADS)
		w.field<float>(WORLD_FINAL_MASK)[w.world * mask + j] = w.field<float>(WORLD_MASK)[w.world * mask + j];
	uint32_t episode = (uint32_t)w.field<int32_t>(WORLD_EPISODE)[w.world] + 1;
	__syncthreads(); // all have read the number
	if (threadIdx.x == 0) {
		w.field<uint8_t>(WORLD_TRUNCATED)[w.world] = 1;
		w.field<int32_t>(WORLD_EPISODE)[w.world] = (int32_t)episode;
		w.field<int32_t>(WORLD_SLOT)[w.world] = 0;
	}
	draw_topology(w, episode);
	EACH(i, p.agents) w.field<float>(WORLD_COMPUTE)[w.ied + i] = w.field<float>(WORLD_RADIO)[w.ied + i] = 0;
	EACH(m, p.servers) w.field<int32_t>(WORLD_LOAD)[w.es + m] = 0;
	EACH(g, p.servers * p.gpus) {
		w.field<float>(WORLD_FREE)[w.gpu + g] = 0;
		for (int32_t k = 0; k < p.cache; k++) w.field<int32_t>(WORLD_CACHE)[(w.gpu + g) * p.cache + k] = k;
	}
	__syncthreads();
	begin_slot(w, stage, false);
}

// report writes what is left of the slot's results to the arena.
DEVICE void report(const world_at &w, bool ends) {
	EACH(i, w.p.agents) {
		int64_t n = w.ied + i;
		w.e.slot[SLOT_REWARD][n] = w.field<float>(WORLD_REWARD)[n];
		w.e.slot[SLOT_ACTIVE][n] = w.field<uint8_t>(WORLD_HAD_TASK)[n];
		w.e.slot[SLOT_ENDED][n] = ends ? TRUNCATED : 0;
	}
}

DEVICE void step_world(const world_at &w, float *stage) {
	const world_params &p = w.p;
	if (any_illegal(w)) return;
	count_load(w);
	serve_all(w, decide(w));
	advance(w.field<float>(WORLD_COMPUTE) + w.ied, p.slot, p.agents);
	advance(w.field<float>(WORLD_RADIO) + w.ied, p.slot, p.agents);
	advance(w.field<float>(WORLD_FREE) + w.gpu, p.slot, p.servers * p.gpus);
	int32_t slot = w.field<int32_t>(WORLD_SLOT)[w.world] + 1;
	__syncthreads(); // all have read the number
	if (threadIdx.x == 0) w.field<int32_t>(WORLD_SLOT)[w.world] = slot, w.field<uint8_t>(WORLD_TRUNCATED)[w.world] = 0;
	__syncthreads();
	report(w, slot == p.slots);
	begin_slot(w, stage, true);
	if (slot == p.slots) end_episode(w, stage);
}

__global__ void __launch_bounds__(EDGE_THREADS) step_edge(const __grid_constant__ edge e) {
	DYNAMIC_SHARED(uint64_t, shared);
	__shared__ world_params p;
	note_begun(e.mark, e.number);
	for (unsigned i = threadIdx.x; i < sizeof p / 4; i += EDGE_THREADS) ((uint32_t *)&p)[i] = ((const uint32_t *)e.params)[i];
	__syncthreads();
	for (int32_t world = blockIdx.x; world < e.worlds; world += gridDim.x) {
		step_world(world_at(e, p, world, shared), (float *)shared);
		__syncthreads();
	}
}

int64_t stage_bytes(const world_params &p) { return (int64_t)EDGE_THREADS * (p.obs + p.actions) * 4; }

} // namespace

int64_t gmel_cuda_edge_scratch(const void *params, int64_t params_bytes) {
	return params_bytes == (int64_t)sizeof(world_params) ? words_of_world(*(const world_params *)params) : -1;
}

int32_t edge_enqueue(const gmel_cuda_world &w, const launch &l, void *stream) {
	const world_params &p = *(const world_params *)w.params;
	edge e;
	e.params = (const world_params *)w.device_params, e.tables = w.tables, e.state = w.state, e.scratch = w.scratch, e.fault = w.fault;
	for (int i = 0; i < MAX_ARGS; i++) e.slot[i] = l.arena + l.d.arg[i];
	e.mark = l.mark, e.number = l.number;
	e.scratch_words = words_of_world(p), e.worlds = (int32_t)l.d.dim[STEP_WORLDS];
	int64_t bytes = 8 * key_count(p);
	e.keys_in_scratch = bytes > EDGE_SHARED;
	if (e.keys_in_scratch) bytes = 0;
	e.staged = stage_bytes(p) <= EDGE_SHARED;
	if (e.staged) bytes = larger(bytes, stage_bytes(p));
	return launch_blocks(step_edge, e.worlds, EDGE_THREADS, bytes, stream, e);
}
