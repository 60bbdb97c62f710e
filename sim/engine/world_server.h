// The ESs: server.go and cloud.go, task by task. A task is a number of the list of offloaded tasks.
#ifndef GMEL_WORLD_SERVER_H
#define GMEL_WORLD_SERVER_H

#include "world_view.h"

// world_collect_sent reads what task k, of the IED that it names, needs; base is the first ES of its world.
WORLD_FN void world_collect_sent(world *w, const world_slice *s, int32_t k, int32_t base, int32_t action) {
	const world_params *p = w->p;
	world_tasks *b = &w->sent[k / WORLD_LANES];
	int32_t at = k % WORLD_LANES;
	int64_t n = s->first + b->who[at], link = n * p->candidates + world_candidate(p, action);
	int32_t m = w->cand[link], es = base + m;
	world_limits l = world_limits_now(w, n);
	b->es[at] = es;
	b->gain[at] = w->now[link];
	b->share[at] = (float)w->load[s->ess + es];
	b->speed[at] = w->table.server_speed[m];
	b->result[at] = w->table.result[w->model[n]];
	b->data[at] = w->data[n], b->cycles[at] = world_work(w, n), b->backlog[at] = world_granted(w, n, w->radio[n]);
	b->tau[at] = l.tau, b->age[at] = l.age, b->due[at] = l.due;
	if (p->cloud) b->away[at] = action <= p->candidates;
	if (p->reuse) b->heard[at] = b->gain[at] / world_noise_rise(w, s->ess + es);
}

// world_send_lane sends the task in place j of a block.
WORLD_FN void world_send_lane(world_radio radio, world_tasks *b, float heard, int32_t j) {
	world_sent t = world_send_one(radio, b->gain[j], heard, b->share[j], b->backlog[j], b->data[j], b->cycles[j], b->speed[j], b->result[j]);
	b->rate[j] = t.rate, b->air[j] = t.air, b->arrival[j] = t.arrival;
	b->energy[j] = t.energy, b->compute[j] = t.compute, b->down[j] = t.down;
}

WORLD_FN world_limits world_limits_of(const world_tasks *b, int32_t at) {
	world_limits l = {b->tau[at], b->age[at], b->due[at]};
	return l;
}

// world_finish is finish of server.go.
WORLD_FN void world_finish(world_tasks *b, int32_t at, float latency) {
	int32_t done = latency <= b->due[at];
	b->done[at] = done;
	b->latency[at] = world_latency(world_limits_of(b, at), done, latency);
}

// world_refuse fails a task that is not started.
WORLD_FN void world_refuse(world_tasks *b, int32_t at) {
	b->load[at] = b->compute[at] = b->down[at] = 0;
	b->latency[at] = b->tau[at], b->done[at] = 0;
}

// world_serve runs task k on its ES.
WORLD_FN void world_serve(world *w, const world_slice *s, int32_t k) {
	world_tasks *b = &w->sent[k / WORLD_LANES];
	int32_t at = k % WORLD_LANES;
	int64_t gpu = world_next_gpu(w->p, w->table.gpus, w->free, s->ess + b->es[at]);
	int32_t model = w->model[s->first + b->who[at]];
	world_service t = world_serve_one(w->p, w->free + gpu, w->cache + gpu * w->p->cache, w->table.model_load, model, world_limits_of(b, at),
	                                  b->arrival[at], b->compute[at], b->down[at], b->energy[at]);
	b->queue[at] = t.queue, b->load[at] = t.load, b->compute[at] = t.compute, b->down[at] = t.down;
	b->energy[at] = t.energy, b->latency[at] = t.latency, b->done[at] = t.done;
}

// world_run_cloud is runCloud of cloud.go.
WORLD_OPTION void world_run_cloud(world *w, int32_t k) {
	const world_params *p = w->p;
	world_tasks *b = &w->sent[k / WORLD_LANES];
	int32_t at = k % WORLD_LANES;
	float trip = b->data[at] / p->backhaul + p->delay, start = b->arrival[at] + trip, due = b->due[at];
	b->air[at] += trip, b->queue[at] = 0;
	if (start >= due) {
		world_refuse(b, at);
		return;
	}
	b->load[at] = 0;
	b->compute[at] = b->cycles[at] / p->cloud_speed;
	float end = start + b->compute[at];
	b->energy[at] += p->gpu_w * (world_min(end, due) - start);
	float back = b->result[at] / p->backhaul + p->delay;
	b->down[at] = back + b->down[at];
	world_finish(b, at, end + b->down[at]);
}

#endif
