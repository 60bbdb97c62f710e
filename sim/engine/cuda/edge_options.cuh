// Options of the edge worlds on a device: the functions of the C engine for one IED or one ES, a thread for each. Tasks are numbered
// by their IED; those that go to an ES lie in blocks, as in the C engine.
#ifndef GMEL_EDGE_OPTIONS_CUH
#define GMEL_EDGE_OPTIONS_CUH

#include "edge_world.cuh"

namespace {

// view_of brings the arrays of all worlds to shared memory, with the working memory of this one. The view is valid after
// the next barrier, that of any_illegal.
DEVICE ::world *view_of(const world_at &w, const ::world &all) {
	__shared__ ::world view;
	const world_params &p = w.p;
	for (unsigned i = threadIdx.x; i < sizeof view / 4; i += blockDim.x) ((uint32_t *)&view)[i] = ((const uint32_t *)&all)[i];
	__syncthreads();
	if (threadIdx.x == 0) {
		view.p = &p;
		view.sent = (world_tasks *)(w.level + EDGE_THREADS * level_words(p));
		view.start = (int32_t *)(view.sent + task_blocks(p));
		view.inside = (world_sharer *)(view.start + p.servers + 1);
		view.ready = (float *)(view.inside + p.agents);
	}
	return &view;
}

DEVICE world_slice slice_of(const world_at &w) {
	world_slice s = {w.world, w.world + 1, w.ied, w.es, w.p.agents, 0, 0};
	return s;
}

DEVICE world_moment moment_of(const world_at &w, uint32_t slot, uint32_t episode) {
	world_moment at = {{w.p.key[0], w.p.key[1]}, w.drawn(), 0, slot, episode};
	return at;
}

// forbids tells whether the mask of IED n, with a task, forbids an action.
DEVICE bool forbids(const world_at &w, int64_t n, int32_t action) {
	int32_t level, to = world_destination(&w.p, action, &level);
	return (w.p.levels && !world_enough(w.view, n, level)) || (w.p.coverage && world_uncovered(&w.p, w.view->reach[n], to));
}

// pay_quality adds what a completed task earns for its quality.
DEVICE void pay_quality(const world_at &w, int64_t n, int32_t done) {
	if (w.p.quality_weight > 0 && done) w.reward()[n] += world_bonus(w.view, n);
}

// ask completes the task of IED n by what it asks for.
DEVICE void ask(const world_at &w, int64_t n, world_task *x, uint32_t word) {
	if (!w.p.levels) return;
	if (x->model >= 0) world_ask(&w.view->table, w.p.levels, x, word);
	w.view->least[n] = x->least;
}

// gain_at is the gain with which IED i disturbs ES m, 0 where it sends nothing, or to this ES.
DEVICE float gain_at(const world_at &w, int32_t i, int32_t m) {
	int64_t link = (w.ied + i) * w.p.candidates;
	int32_t action = action_of(w, w.ied + i);
	for (int32_t c = 0; action > 0 && c < w.p.candidates; c++)
		if (w.view->cand[link + c] == m) return c == world_candidate(&w.p, action) ? 0 : w.view->gain[link + c];
	return 0;
}

// measure_interference is measureInterference of interference.go: a warp for each ES, a lane for each IED. Sums are those of the
// host, in the order of the IEDs. They are valid after the next barrier.
DEVICE void measure_interference(const world_at &w) {
	enum { WARP = 32 };
	const int32_t lane = threadIdx.x % WARP;
	if (!w.p.reuse) return;
	for (int32_t m = threadIdx.x / WARP; m < w.p.servers; m += (int32_t)blockDim.x / WARP) {
		float sum = 0;
		for (int32_t from = 0; from < w.p.agents; from += WARP) {
			float gain = from + lane < w.p.agents ? gain_at(w, from + lane, m) : 0;
			for (uint32_t who = __ballot_sync(0xffffffffu, gain > 0); who; who &= who - 1) sum += __shfl_sync(0xffffffffu, gain, __ffs((int)who) - 1);
		}
		if (lane == 0) w.view->interference[w.es + m] = sum;
	}
}

// before_sending is what options do when the load of the ESs is known.
DEVICE void before_sending(const world_at &w) {
	measure_interference(w);
	if (w.p.message > 0) EACH(i, w.p.agents) world_ungrant(&w.p, (int32_t)w.e.slot[SLOT_ACT][w.ied + i], &w.view->grants[w.ied + i]);
	if (w.p.levels) EACH(i, w.p.agents) world_destination(&w.p, chosen_by(w, w.ied + i), &w.view->chosen_level[w.ied + i]);
}

// offload gives the task of IED i to the radio; true where it goes to an ES. The cloud runs its tasks at once.
DEVICE bool offload(const world_at &w, int32_t i, int32_t action) {
	const world_slice s = slice_of(w);
	const int32_t at = i % WORLD_LANES;
	world_tasks *b = &w.view->sent[i / WORLD_LANES];
	b->who[at] = i;
	world_collect_sent(w.view, &s, i, 0, action);
	world_send_lane(world_radio_of(&w.p), b, w.p.reuse ? b->heard[at] : b->gain[at], at);
	w.view->radio[w.ied + i] = b->arrival[at];
	if (!w.p.cloud || b->away[at]) return true;
	world_run_cloud(w.view, i);
	return false;
}

DEVICE uint64_t offloaded_key(const world_at &w, int32_t i) {
	const world_tasks *b = &w.view->sent[i / WORLD_LANES];
	return key_of(w.e.ied_bits, b->es[i % WORLD_LANES], b->arrival[i % WORLD_LANES], i);
}

// serve_queues lets every ES work on its tasks in the order of arrival, and pays all that have been offloaded.
DEVICE void serve_queues(const world_at &w, int32_t sent) {
	const world_slice s = slice_of(w);
	int32_t *start = w.view->start;
	sort_keys(w.keys, sent);
	EACH(m, w.p.servers) start[m] = first_not_below(w.keys, sent, key_of(w.e.ied_bits, m, 0, 0));
	if (threadIdx.x == 0) start[w.p.servers] = sent;
	__syncthreads();
	EACH(k, sent) w.keys[k] &= ((uint64_t)1 << w.e.ied_bits) - 1; // the number of the IED, as world_task_of reads it
	__syncthreads(); // batches mark keys
	EACH(m, w.p.servers) world_serve_es(w.view, &s, m, w.keys + start[m], start[m + 1] - start[m]);
	__syncthreads();
	EACH(i, w.p.agents) {
		const world_tasks *b = &w.view->sent[i / WORLD_LANES];
		const int32_t at = i % WORLD_LANES;
		if (action_of(w, w.ied + i) <= 0) continue;
		pay(w, w.ied + i, b->done[at], b->latency[at], b->energy[at]);
		pay_quality(w, w.ied + i, b->done[at]);
	}
}

// arrive moves the queue of IED i to a slot; false where tasks do not queue.
DEVICE bool arrive(const world_at &w, int32_t i, uint32_t slot, uint32_t episode) {
	if (!w.p.queue) return false;
	const world_moment at = moment_of(w, slot, episode);
	world_arrive(w.view, &at, w.ied + i, at.world, (uint32_t)i);
	return true;
}

// nearest_rank is the place of IED i's candidate 1 among the ESs.
DEVICE int32_t nearest_rank(const world_at &w, int32_t i) { return world_nearest_rank(w.view, w.ied + i); }

// locate_ied gives the i-th IED of a topology its place instead of (*x, *y); true where it moves, and its links have been drawn.
DEVICE bool locate_ied(const world_at &w, int32_t number, int32_t i, uint32_t episode, float *x, float *y) {
	const world_moment at = world_begin_episode(&w.p, w.world, episode);
	int64_t n = w.ied + number;
	world_locate(w.view, &at, i, STREAM_SPOT, x, y);
	if (!w.p.move_slots) return false;
	w.view->place_x[n] = *x, w.view->place_y[n] = *y;
	world_place_mobile(w.view, &at, n, i);
	return true;
}

DEVICE void move_ieds(const world_at &w, int32_t slot) {
	if (!w.p.move_slots || slot % w.p.move_slots != 0) return;
	const world_moment at = moment_of(w, (uint32_t)slot, (uint32_t)w.view->episode[w.world]);
	EACH(i, w.p.agents) world_move(w.view, &at, w.ied + i, i);
}

// clear_options starts an episode.
DEVICE void clear_options(const world_at &w) {
	EACH(m, w.p.servers) world_clear_es(w.view, w.es + m);
	if (w.p.queue) EACH(i, w.p.agents) world_clear_queue(w.view, w.ied + i);
}

} // namespace

#endif
