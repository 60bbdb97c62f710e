// A slot of the edge worlds: the functions of world_element.h, a block of threads for each
// world, a warp or more, an IED or an ES for each thread. Results are those of sim's other engines bit for bit: what
// depends on an order - the queues of the ESs - is sorted first, sums of many threads are of whole numbers. Worlds without
// options have a kernel of their own, which needs less of everything; OPTIONS is the other (edge_options.cuh).
#include "edge_servers.cuh"
#include "edge_topology.cuh"

namespace {

template <bool OPTIONS> DEVICE bool is_illegal(const world_at &w, int64_t n) {
	float granted = w.e.slot[SLOT_ACT][n], a = OPTIONS && granted < MOST_GRANTED ? (float)chosen_by(w, n) : granted;
	if (!(a > -1 && a < (float)w.p.actions) || (a >= 1 && w.model()[n] < 0)) return true;
	return OPTIONS && w.model()[n] >= 0 && forbids(w, n, (int32_t)a);
}

// any_illegal raises the fault for an action that a mask forbids; the world then stays as it is.
template <bool OPTIONS> DEVICE bool any_illegal(const world_at &w) {
	__shared__ int32_t bad;
	if (threadIdx.x == 0) bad = 0;
	__syncthreads();
	EACH(i, w.p.agents) {
		if (!is_illegal<OPTIONS>(w, w.ied + i)) continue;
		bad = 1;
		if (atomicCAS(w.e.fault, 0, (int32_t)(w.ied + i) + 1) == 0) w.e.fault[1] = (int32_t)w.e.slot[SLOT_ACT][w.ied + i];
	}
	__syncthreads();
	return bad;
}

template <bool OPTIONS> DEVICE int32_t candidate_of(const world_at &w, int32_t action) { return OPTIONS ? world_candidate(&w.p, action) : action - 1; }

// count_load counts the IEDs that send to each ES. The counts are valid after the next barrier.
template <bool OPTIONS> DEVICE void count_load(const world_at &w) {
	int32_t *load = w.load() + w.es;
	EACH(m, w.p.servers) load[m] = 0;
	__syncthreads();
	EACH(i, w.p.agents) {
		int32_t a = action_of(w, w.ied + i);
		if (a > 0) atomicAdd(&load[w.cand()[(w.ied + i) * w.p.candidates + candidate_of<OPTIONS>(w, a)]], 1);
	}
}

// limits_of are the times of the task of IED n, which has waited with options only.
template <bool OPTIONS> DEVICE world_limits limits_of(const world_at &w, int64_t n) {
	if constexpr (OPTIONS) return world_limits_now(w.view, n);
	float tau = w.deadline()[n];
	world_limits l = {tau, 0, tau};
	return l;
}

// send gives the task of IED i to the radio and returns its key.
DEVICE uint64_t send(const world_at &w, int32_t i, int32_t action) {
	int64_t n = w.ied + i, link = n * w.p.candidates + action - 1;
	int32_t m = w.cand()[link];
	float result = w.result()[w.model()[n]];
	float *radio = w.radio(), *part = w.parts + PARTS * (int64_t)i;
	float gain = w.now()[link];
	world_sent t = world_send_one(world_radio_of(&w.p), gain, gain, (float)w.load()[w.es + m], radio[n],
	                              w.data()[n], w.cycles()[n], w.server_speed()[m], result);
	radio[n] = t.arrival;
	part[0] = t.compute, part[1] = t.down, part[2] = t.energy;
	return key_of(WORLD_TASK_BITS, m, t.arrival, i);
}

template <bool OPTIONS> DEVICE void run_own(const world_at &w, int64_t n) {
	float *backlog = w.compute();
	if constexpr (OPTIONS) backlog[n] = world_granted(w.view, n, backlog[n]);
	float cycles = OPTIONS ? world_work(w.view, n) : w.cycles()[n];
	world_own t = world_own_one(w.p.kappa, backlog[n], cycles, w.speed()[n], limits_of<OPTIONS>(w, n));
	backlog[n] = t.until;
	pay(w, n, t.done, t.latency, t.energy);
	if (OPTIONS) pay_quality(w, n, t.done);
}

// decide carries out the actions up to the ESs and returns how many tasks go there.
template <bool OPTIONS> DEVICE int32_t decide(const world_at &w) {
	__shared__ int32_t sent;
	if (threadIdx.x == 0) sent = 0;
	__syncthreads();
	EACH(i, w.p.agents) {
		int64_t n = w.ied + i;
		int32_t a = action_of(w, n), has = w.model()[n] >= 0;
		w.had_task()[n] = (uint8_t)has;
		w.reward()[n] = 0;
		if (a <= 0) {
			if (has) run_own<OPTIONS>(w, n);
		} else if (!OPTIONS) {
			w.keys[atomicAdd(&sent, 1)] = send(w, i, a);
		} else if (offload(w, i, a)) {
			w.keys[atomicAdd(&sent, 1)] = offloaded_key(w, i);
		}
	}
	__syncthreads();
	return sent;
}

DEVICE void serve(const world_at &w, int32_t m, uint64_t key) {
	int32_t i = world_task_of(key);
	int64_t n = w.ied + i, gpu = w.next_gpu(m);
	const float *part = w.parts + PARTS * (int64_t)i;
	float arrival = world_float((uint32_t)(key >> WORLD_TASK_BITS) & 0x7fffffffu);
	world_service t = world_serve_one(&w.p, w.free() + gpu, w.cache() + gpu * w.p.cache,
	                                 w.model_load(), w.model()[n], limits_of<false>(w, n), arrival,
	                                 part[0], part[1], part[2]);
	pay(w, n, t.done, t.latency, t.energy);
}

DEVICE int32_t es_of(uint64_t key) { return (int32_t)(key >> (ARRIVAL_BITS + WORLD_TASK_BITS)); }

// first_of is the place of the first task of ES m among n sorted keys.
DEVICE int32_t first_of(const uint64_t *keys, int32_t n, int32_t m) { return first_not_below(keys, n, key_of(WORLD_TASK_BITS, m, 0, 0)); }

// serve_all lets every ES work on its tasks in the order of arrival.
DEVICE void serve_all(const world_at &w, int32_t sent) {
	sort_keys(w.keys, sent);
	EACH(m, w.p.servers)
		for (int32_t k = first_of(w.keys, sent, m); k < sent && es_of(w.keys[k]) == m; k++) serve(w, m, w.keys[k]);
	__syncthreads();
}

DEVICE void advance(float *backlog, float slot, int32_t n) {
	EACH(j, n) backlog[j] = world_max(backlog[j] - slot, 0);
}

template <bool OPTIONS> DEVICE void draw_task(const world_at &w, int32_t i, uint32_t slot, uint32_t episode) {
	const world_params &p = w.p;
	int64_t n = w.ied + i;
	uint32_t c[4] = {w.drawn(), (uint32_t)i, slot, episode << 8 | STREAM_TASK};
	world_philox(p.key, c);
	world_task x = {-1, 0, 0, 0, 0};
	uint32_t asked = 0;
	if (world_uniform(c[0]) < p.arrival) {
		uint32_t limit[4] = {w.drawn(), (uint32_t)i, slot, episode << 8 | STREAM_LIMIT};
		world_philox(p.key, limit);
		asked = limit[1];
		int32_t model = 0;
		for (int32_t k = 0; k < p.models; k++) model += world_uniform(c[1]) >= w.up_to()[k] ? 1 : 0;
		// A loop over the places of the tables: one by one, by their functions, they make ptxas 13.0 spill registers.
		const float *at[WORLD_TABLE_END];
		for (int t = WORLD_TABLE_AT_data_lo; t <= WORLD_TABLE_AT_deadline_span; t++) at[t] = (const float *)(w.e.tables + p.table[t]);
		world_tables tables;
		tables.data_lo = at[WORLD_TABLE_AT_data_lo], tables.data_span = at[WORLD_TABLE_AT_data_span];
		tables.steps_lo = at[WORLD_TABLE_AT_steps_lo], tables.steps_count = at[WORLD_TABLE_AT_steps_count];
		tables.cycles_per_step = at[WORLD_TABLE_AT_cycles_per_step];
		tables.deadline_lo = at[WORLD_TABLE_AT_deadline_lo], tables.deadline_span = at[WORLD_TABLE_AT_deadline_span];
		x = world_draw_task(&tables, model, c[2], c[3], limit[0]);
	}
	if (OPTIONS) ask(w, n, &x, asked);
	w.model()[n] = x.model;
	w.data()[n] = x.data, w.cycles()[n] = x.cycles, w.deadline()[n] = x.deadline;
}

DEVICE void fade(const world_at &w, int64_t link, int32_t c, uint32_t radius, uint32_t angle) {
	const world_params &p = w.p;
	float power = w.los()[link] ? world_rice(radius, angle, p.specular, p.scatter) : world_rayleigh(radius);
	float now = w.gain()[link] * power;
	w.now()[link] = now;
	w.level[c] = world_level(now, p.gain_scale, p.gain_shift, p.gain_low);
}

DEVICE void draw_fading(const world_at &w, int32_t i, uint32_t slot, uint32_t episode) {
	int64_t link = (w.ied + i) * w.p.candidates;
	for (int32_t c = 0; c < w.p.candidates; c += 2) {
		uint32_t x[4] = {w.drawn(), (uint32_t)i, slot, episode << 8 | (uint32_t)(STREAM_FADING + c / 2)};
		world_philox(w.p.key, x);
		fade(w, link + c, c, x[0], x[1]);
		if (c + 1 < w.p.candidates) fade(w, link + c + 1, c + 1, x[2], x[3]);
	}
}

template <bool OPTIONS> DEVICE world_shape shape_of(const world_at &w) {
	world_shape s = world_shape_of(&w.p);
	return OPTIONS ? s : world_plain_shape(s);
}

template <bool OPTIONS> DEVICE world_ied ied_of(const world_at &w, int64_t n) {
	if constexpr (OPTIONS) return world_ied_of(w.view, &w.p, shape_of<OPTIONS>(w), n);
	world_ied x = {w.model()[n], w.data()[n],    w.cycles()[n], w.deadline()[n],
	               w.speed()[n],   w.compute()[n], w.radio()[n], 0, 0, 0, 0, NULL, NULL};
	return x;
}

// is_common tells whether worlds without options have the shape WORLD_COMMON_SHAPE, with loops whose counts the compiler knows.
DEVICE bool is_common(const world_params &p) {
	const world_shape s = WORLD_COMMON_SHAPE;
	return p.candidates == s.candidates && p.models == s.models && p.flags == s.flags && p.load_times == s.load_times && p.server_speeds == s.server_speeds;
}

template <bool OPTIONS> DEVICE void observe(const world_at &w, int32_t i, float *obs, float *mask) {
	int64_t n = w.ied + i;
	if (!OPTIONS && is_common(w.p)) {
		const world_shape common = WORLD_COMMON_SHAPE;
		return world_observe_one(&w.p, common, ied_of<false>(w, n), w.cand() + n * common.candidates, w.rows, w.level, w.model_load(), obs, mask);
	}
	world_observe_one(&w.p, shape_of<OPTIONS>(w), ied_of<OPTIONS>(w, n), w.cand() + n * w.p.candidates, w.rows, w.level,
	                  w.model_load(), obs, mask);
}

// copy_words writes words to one place or, unless b is NULL, to two. Threads follow the words, so that stores are coalesced.
template <class Word> DEVICE void copy_words(const Word *from, int64_t words, Word *a, Word *b) {
	for (int64_t j = threadIdx.x; j < words; j += blockDim.x) {
		Word x = from[j];
		a[j] = x;
		if (b) b[j] = x;
	}
}

// show writes rows of observations or masks to where they are seen and, unless it is NULL, to the successor; four floats at once where
// all places allow it. Memory is written by other threads than those of the rows.
DEVICE void show(const float *from, int64_t words, float *seen, float *next) {
	if (words % 4 == 0 && ((uintptr_t)from | (uintptr_t)seen | (uintptr_t)next) % sizeof(float4) == 0)
		copy_words((const float4 *)from, words / 4, (float4 *)seen, (float4 *)next);
	else
		copy_words(from, words, seen, next);
}

// part_of is the place `at` in a tensor of the slot, NULL for one that is not wanted.
DEVICE float *part_of(float *tensor, int64_t at) { return tensor ? tensor + at : NULL; }

// show_es writes what the IEDs see of ES m.
template <bool OPTIONS> DEVICE void show_es(const world_at &w, int32_t m) {
	float *row = w.rows + m * world_row(&w.p);
	if constexpr (OPTIONS) return world_show_es(w.view, w.es + m, m, row);
	int64_t gpu = w.next_gpu(m);
	world_show_one(&w.p, w.free()[gpu], w.load()[w.es + m], w.server_speed()[m],
	               w.cache() + gpu * w.p.cache, row);
}

// begin_slot draws tasks and fading and shows them in the arena and, where `next` is set and something reads it, as the successor of
// the last slot. The state has no copy: the host makes it anew from the rest (Image.Complete).
template <bool OPTIONS> DEVICE void begin_slot(const world_at &w, float *stage, bool next) {
	const world_params &p = w.p;
	uint32_t slot = (uint32_t)w.slot()[w.world], episode = (uint32_t)w.episode()[w.world];
	EACH(m, p.servers) show_es<OPTIONS>(w, m);
	float *obs = w.e.slot[SLOT_OBS], *mask = w.e.slot[SLOT_MASK];
	const int32_t threads = (int32_t)blockDim.x;
	for (int32_t from = 0; from < p.agents; from += threads) {
		int32_t i = from + (int32_t)threadIdx.x, here = (int32_t)smaller(threads, p.agents - from);
		int64_t n = w.ied + from;
		float *o = w.e.staged ? stage : obs + n * p.obs, *k = w.e.staged ? stage + threads * p.obs : mask + n * p.actions;
		__syncthreads(); // rows are there, the stage is free
		if (i < p.agents) {
			if (!OPTIONS || !arrive(w, i, slot, episode)) draw_task<OPTIONS>(w, i, slot, episode);
			draw_fading(w, i, slot, episode);
			observe<OPTIONS>(w, i, o + threadIdx.x * p.obs, k + threadIdx.x * p.actions);
		}
		__syncthreads();
		show(o, (int64_t)here * p.obs, obs + n * p.obs, next ? part_of(w.e.slot[SLOT_NEXT_OBS], n * p.obs) : NULL);
		show(k, (int64_t)here * p.actions, mask + n * p.actions, next ? part_of(w.e.slot[SLOT_NEXT_MASK], n * p.actions) : NULL);
	}
	if (w.e.servers) show_servers<OPTIONS>(w, next);
}

// end_episode keeps the last observation and draws the next episode.
template <bool OPTIONS> DEVICE void end_episode(const world_at &w) {
	const world_params &p = w.p;
	int64_t obs = (int64_t)p.agents * p.obs, mask = (int64_t)p.agents * p.actions;
	__syncthreads(); // all of it is there
	show(w.e.slot[SLOT_OBS] + w.world * obs, obs, w.final_obs() + w.world * obs, NULL);
	show(w.e.slot[SLOT_MASK] + w.world * mask, mask, w.final_mask() + w.world * mask, NULL);
	if (p.show_servers) keep_servers(w);
	uint32_t episode = (uint32_t)w.episode()[w.world] + 1;
	__syncthreads(); // all have read the number
	if (threadIdx.x == 0) {
		w.truncated()[w.world] = 1;
		w.episode()[w.world] = (int32_t)episode;
		w.slot()[w.world] = 0;
	}
	draw_topology<OPTIONS>(w, episode);
	EACH(i, p.agents) w.compute()[w.ied + i] = w.radio()[w.ied + i] = 0;
	EACH(m, p.servers) w.load()[w.es + m] = 0;
	EACH(g, p.servers * p.gpus) {
		w.free()[w.gpu + g] = 0;
		for (int32_t k = 0; k < p.cache; k++) w.cache()[(w.gpu + g) * p.cache + k] = k;
	}
	if (OPTIONS) clear_options(w);
	__syncthreads();
}

// report writes what is left of the slot's results to the arena.
DEVICE void report(const world_at &w, bool ends) {
	EACH(i, w.p.agents) {
		int64_t n = w.ied + i;
		w.e.slot[SLOT_REWARD][n] = w.reward()[n];
		w.e.slot[SLOT_ACTIVE][n] = w.had_task()[n];
		w.e.slot[SLOT_ENDED][n] = ends ? TRUNCATED : GOES_ON;
	}
}

template <bool OPTIONS> DEVICE void step_world(const world_at &w, float *stage) {
	const world_params &p = w.p;
	if (any_illegal<OPTIONS>(w)) return;
	count_load<OPTIONS>(w);
	if (OPTIONS) before_sending(w);
	int32_t sent = decide<OPTIONS>(w);
	if (OPTIONS) serve_queues(w, sent);
	else serve_all(w, sent);
	advance(w.compute() + w.ied, p.slot, p.agents);
	advance(w.radio() + w.ied, p.slot, p.agents);
	advance(w.free() + w.gpu, p.slot, p.servers * p.gpus);
	int32_t slot = w.slot()[w.world] + 1;
	__syncthreads(); // all have read the number
	if (threadIdx.x == 0) w.slot()[w.world] = slot, w.truncated()[w.world] = 0;
	__syncthreads();
	report(w, slot == p.slots);
	if (OPTIONS) move_ieds(w, slot);
	// Once, and again for the first slot of the next episode: a loop, so that its code exists once.
	const int32_t last = slot == p.slots;
	ROLLED for (int32_t episode = 0; episode <= last; episode++) {
		if (episode > 0) end_episode<OPTIONS>(w);
		begin_slot<OPTIONS>(w, stage, episode == 0);
	}
}

template <class Edge> __global__ void __launch_bounds__(EDGE_THREADS, Edge::options ? 6 : 7) step_edge(const __grid_constant__ Edge e) {
	DYNAMIC_SHARED(uint64_t, shared);
	__shared__ world_params p;
	note_begun(e.mark, e.number);
	for (unsigned i = threadIdx.x; i < sizeof p / 4; i += blockDim.x) ((uint32_t *)&p)[i] = ((const uint32_t *)e.params)[i];
	__syncthreads();
	world_at w(e, p, (int32_t)blockIdx.x, shared);
	if constexpr (Edge::options) w.view = view_of(w, e.view);
	step_world<Edge::options>(w, (float *)shared);
}

int64_t stage_bytes(const world_params &p) { return (int64_t)threads_of(p) * (p.obs + p.actions) * 4; }

// enqueue_edge completes what the kernel gets and launches it.
template <class Edge> int32_t enqueue_edge(Edge &e, const world_params &p, const gmel_cuda_world &w, const launch &l, void *stream) {
	e.params = (const world_params *)w.device_params, e.tables = w.tables, e.state = w.state, e.scratch = w.scratch, e.fault = w.fault;
	for (int i = 0; i < SLOT_END; i++) e.slot[i] = l.d.arg[i] == ABSENT ? NULL : l.arena + l.d.arg[i];
	const int64_t observed = l.d.dim[STEP_WORLDS] * p.agents * p.obs;
	e.servers = p.show_servers ? e.slot[SLOT_OBS] + observed : NULL;
	e.next_servers = p.show_servers && e.slot[SLOT_NEXT_OBS] ? e.slot[SLOT_NEXT_OBS] + observed : NULL;
	e.mark = l.mark, e.number = l.number;
	e.scratch_words = words_of_world(p);
	e.ied_bits = bits_of(p.agents);
	int64_t bytes = 8 * key_count(p);
	e.keys_in_scratch = bytes > EDGE_SHARED;
	if (e.keys_in_scratch) bytes = 0;
	e.staged = stage_bytes(p) <= EDGE_SHARED;
	if (e.staged) bytes = larger(bytes, stage_bytes(p));
	return launch_blocks(step_edge<Edge>, l.d.dim[STEP_WORLDS], threads_of(p), bytes, stream, e);
}

int64_t edge_scratch(const void *params, int64_t params_bytes) {
	const world_params *p = (const world_params *)params;
	return params_bytes == (int64_t)sizeof *p && p->layout == world_layout() ? words_of_world(*p) : -1;
}

int32_t edge_enqueue(const gmel_cuda_world &w, const launch &l, void *stream) {
	const world_params &p = *(const world_params *)w.params;
	edge_options o;
	if (!plays_options(p)) return enqueue_edge((edge &)o, p, w, l, stream);
	world_bind_arrays(&o.view, &p, w.tables, w.state);
	return enqueue_edge(o, p, w, l, stream);
}

const gmel_cuda_environment edge_environment("edge", edge_scratch, edge_enqueue);

} // namespace
