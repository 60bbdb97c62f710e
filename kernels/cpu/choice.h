// Ops on discrete choices: sampling, argmax, one-hot, picking.
#ifndef GMEL_CHOICE_H
#define GMEL_CHOICE_H

#include "philox.h"

// draw returns the first index at which the cumulative distribution exceeds u.
static int64_t draw(const float *logp, int64_t n, float u) {
	float cumulative = 0, p[VL];
	int64_t last = 0;
	for (int64_t j = 0; j < n; j += VL) {
		store(p, vexp(load_part(logp + j, n - j)));
		for (int64_t l = 0; l < minimum(VL, n - j); l++) {
			cumulative += p[l];
			if (u < cumulative) return j + l;
			if (p[l] > 0) last = j + l;
		}
	}
	return last;
}

static void sample_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	philox_stream s = stream_of(d, argument(w, d, 1));
	range r = row_range(d, task);
	uint32_t words[4 * LANES];
	for (int64_t i = r.from; i < r.to; i++) {
		int64_t block = (i - r.from) % LANES;
		if (block == 0) philox_batch(&s, (uint32_t)(d->dim[2] + i), words);
		argument(w, d, 2)[i] = (float)draw(argument(w, d, 0) + i * n, n, uniform_of(words[4 * block]));
	}
}

static void arg_max_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) {
		const float *x = argument(w, d, 0) + i * n;
		int64_t best = 0;
		for (int64_t j = 1; j < n; j++) best = x[j] > x[best] ? j : best;
		argument(w, d, 1)[i] = (float)best;
	}
}

static void one_hot_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) {
		float *y = argument(w, d, 1) + i * n;
		int64_t j = index_of(argument(w, d, 0)[i], n);
		memset(y, 0, n * sizeof *y);
		if (j >= 0) y[j] = 1;
	}
}

static void pick_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) {
		int64_t j = index_of(argument(w, d, 1)[i], n);
		argument(w, d, 2)[i] = j >= 0 ? argument(w, d, 0)[i * n + j] : NAN;
	}
}

static void pick_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) {
		float *dx = argument(w, d, 2) + i * n, dy = argument(w, d, 0)[i];
		int64_t picked = index_of(argument(w, d, 1)[i], n);
		for (int64_t j = 0; j < n; j++) put(dx + j, j == picked ? dy : 0, accumulates(d));
	}
}

#endif
