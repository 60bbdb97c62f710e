// Optimiser steps.
#ifndef GMEL_OPTIM_H
#define GMEL_OPTIM_H

#define NORM_GUARD 1e-6f

static void adam_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *p = argument(w, d, 0), *m = argument(w, d, 2), *v = argument(w, d, 3);
	const float *g = argument(w, d, 1), *state = argument(w, d, 4), *scale = argument(w, d, 5);
	vec b1 = splat(d->scalar[0]), b2 = splat(d->scalar[1]), eps = splat(d->scalar[2]);
	vec c1 = splat(1) - b1, c2 = splat(1) - b2;
	vec rate = splat(state[0] / (1 - state[1])), correction = splat(1 - state[2]);
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += VL) {
		int64_t n = r.to - i;
		vec gi = load_part(g + i, n);
		if (scale) gi = gi * splat(*scale);
		vec mi = multiply_add(b1, load_part(m + i, n), c1 * gi);
		vec vi = multiply_add(b2, load_part(v + i, n), (c2 * gi) * gi);
		store_part(m + i, mi, n);
		store_part(v + i, vi, n);
		store_part(p + i, load_part(p + i, n) - rate * mi / (square_root(vi / correction) + eps), n);
	}
}

static void adam_tick_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *state = argument(w, d, 0);
	state[1] *= d->scalar[0];
	state[2] *= d->scalar[1];
}

static void polyak_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *p = argument(w, d, 0);
	float *t = argument(w, d, 1);
	vec rate = splat(d->scalar[0]);
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += VL) {
		int64_t n = r.to - i;
		vec ti = load_part(t + i, n);
		store_part(t + i, multiply_add(rate, load_part(p + i, n) - ti, ti), n);
	}
}

static void clip_scale_run(const worker *w, const desc *d, int phase, int64_t task) {
	float norm = sqrtf(*argument(w, d, 0)), scale = d->scalar[0] / (norm + NORM_GUARD);
	*argument(w, d, 1) = norm;
	*argument(w, d, 2) = scale > 1 ? 1 : scale;
}

#endif
