// OpLayerNorm and its gradient.
#ifndef GMEL_LAYER_NORM_H
#define GMEL_LAYER_NORM_H

// One row: its statistics, and for the gradient dy and gamma.
typedef struct {
	const float *x, *dy, *gamma;
	vec mean, rstd;
} layer_row;

static INLINE vec layer_xhat(const layer_row *r, int64_t i, int64_t n) { return (load_part(r->x + i, n) - r->mean) * r->rstd; }
static INLINE vec layer_g(const layer_row *r, int64_t i, int64_t n) { return load_part(r->dy + i, n) * load_part(r->gamma + i, n); }

static INLINE vec term_deviation(const void *context, int64_t i, int64_t n) {
	const layer_row *r = context;
	vec d = load_part(r->x + i, n) - r->mean;
	return keep_first(d * d, n);
}
static INLINE vec term_g(const void *context, int64_t i, int64_t n) { return layer_g(context, i, n); }
static INLINE vec term_g_xhat(const void *context, int64_t i, int64_t n) {
	return keep_first(layer_g(context, i, n) * layer_xhat(context, i, n), n);
}

static void layer_norm_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *gamma = argument(w, d, 1), *beta = argument(w, d, 2);
	int64_t n = d->dim[1];
	range rows = row_range(d, task);
	for (int64_t i = rows.from; i < rows.to; i++) {
		layer_row r = {.x = argument(w, d, 0) + i * n};
		float *y = argument(w, d, 3) + i * n, *stats = argument(w, d, 4) + 2 * i;
		stats[0] = vector_sum_of(r.x, n) / (float)n;
		r.mean = splat(stats[0]);
		stats[1] = 1 / sqrtf(vector_sum(term_deviation, &r, n) / (float)n + d->scalar[0]);
		r.rstd = splat(stats[1]);
		for (int64_t j = 0; j < n; j += VL)
			store_part(y + j, multiply_add(layer_xhat(&r, j, n - j), load_part(gamma + j, n - j), load_part(beta + j, n - j)), n - j);
	}
}

// Phase 0 stores the sums of the parameters' gradients over each chunk of rows in scratch,
// [chunks, 2, N]; phase 1 adds the chunks.
static int64_t layer_norm_grad_tasks(const desc *d, int phase) { return phase == 0 ? row_chunks(d) : ceil_div(d->dim[1], 1024); }
static int64_t layer_norm_grad_shared(const desc *d) { return row_chunks(d) * 2 * d->dim[1]; }

static INLINE void layer_norm_grad_row(const layer_row *r, int64_t n, float *dx, int add, float *dgamma, float *dbeta) {
	vec m1 = splat(vector_sum(term_g, r, n) / (float)n), m2 = splat(vector_sum(term_g_xhat, r, n) / (float)n);
	for (int64_t j = 0; j < n; j += VL) {
		vec xhat = layer_xhat(r, j, n - j), dy = load_part(r->dy + j, n - j);
		put_part(dx + j, multiply_add(-xhat, m2, layer_g(r, j, n - j) - m1) * r->rstd, n - j, add);
		store_part(dgamma + j, multiply_add(dy, xhat, load_part(dgamma + j, n - j)), n - j);
		store_part(dbeta + j, load_part(dbeta + j, n - j) + dy, n - j);
	}
}

// layer_norm_grad_sum adds the chunks of columns [c.from, c.to) at from into out.
static INLINE void layer_norm_grad_sum(const desc *d, range c, const float *from, float *out) {
	for (int64_t j = c.from; j < c.to; j += VL) {
		vec total = row_chunks(d) ? load_part(from + j, c.to - j) : splat(0);
		for (int64_t i = 1; i < row_chunks(d); i++) total = total + load_part(from + i * 2 * d->dim[1] + j, c.to - j);
		store_part(out + j, total, c.to - j);
	}
}

static void layer_norm_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	if (phase == 1) {
		range c = block_range(task, 1024, n);
		layer_norm_grad_sum(d, c, w->shared, argument(w, d, 5));
		layer_norm_grad_sum(d, c, w->shared + n, argument(w, d, 6));
		return;
	}
	range rows = block_range(task, CHUNK_ROWS, d->dim[0]);
	float *dgamma = w->shared + task * 2 * n, *dbeta = dgamma + n;
	memset(dgamma, 0, 2 * n * sizeof *dgamma);
	for (int64_t i = rows.from; i < rows.to; i++) {
		const float *stats = argument(w, d, 1) + 2 * i;
		layer_row r = {argument(w, d, 0) + i * n, argument(w, d, 3) + i * n, argument(w, d, 2), splat(stats[0]), splat(stats[1])};
		layer_norm_grad_row(&r, n, argument(w, d, 4) + i * n, accumulates(d), dgamma, dbeta);
	}
}

#endif
