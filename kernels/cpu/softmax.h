// Log-softmax over the legal entries of rows, and its gradient.
#ifndef GMEL_SOFTMAX_H
#define GMEL_SOFTMAX_H

// legal_or is v if mask is not 0, else other. Without a mask (NULL) it is v.
static INLINE vec legal_or(const float *mask_row, int64_t i, int64_t n, vec v, vec other) {
	if (!mask_row) return v;
	vec m = load_part(mask_row + i, n), none = splat(0);
	return choose(less_equal(m, none), choose(less_equal(none, m), other, v), v);
}

typedef struct {
	const float *x, *mask;
	vec top;
} softmax_terms;

static INLINE vec term_exp(const void *context, int64_t i, int64_t n) {
	const softmax_terms *t = context;
	vec e = vexp(load_part(t->x + i, n) - t->top);
	return keep_first(legal_or(t->mask, i, n, e, splat(0)), n);
}

static INLINE float largest_legal(const float *x, const float *mask_row, int64_t n) {
	vec m = splat(-INFINITY);
	for (int64_t i = 0; i < n; i += VL) {
		vec v = legal_or(mask_row, i, n - i, load_part(x + i, n - i), splat(-INFINITY));
		v = first_of(v, n - i, splat(-INFINITY));
		m = larger(v, m);
	}
	return largest_lane(m);
}

static INLINE int any_legal(const float *mask_row, int64_t n) {
	if (!mask_row) return n > 0;
	int any = 0;
	for (int64_t i = 0; i < n; i++) any |= mask_row[i] != 0;
	return any;
}

static void log_softmax_row(const float *x, const float *mask_row, float *y, int64_t n) {
	float top = largest_legal(x, mask_row, n);
	softmax_terms t = {x, mask_row, splat(top)};
	vec norm = splat(log_of(vector_sum(term_exp, &t, n)));
	vec masked = splat(any_legal(mask_row, n) ? MASKED_LOG_PROB : NAN);
	for (int64_t i = 0; i < n; i += VL) {
		vec v = (load_part(x + i, n - i) - t.top) - norm;
		store_part(y + i, legal_or(mask_row, i, n - i, v, masked), n - i);
	}
}

// short_rows computes up to VL rows of at most VL entries: one vector per row, and the logarithms of
// all sums at once.
static void short_rows(const float *x, const float *mask_rows, float *y, int64_t rows, int64_t n) {
	float sums[VL];
	vec lowest = splat(-INFINITY);
	store(sums, splat(1));
	for (int64_t i = 0; i < rows; i++) {
		vec v = load_part(x + i * n, n), legal = keep_first(legal_or(mask_rows ? mask_rows + i * n : NULL, 0, n, splat(1), splat(0)), n);
		mask is_legal = less(splat(0), legal);
		v = v - splat(largest_lane(larger(choose(is_legal, v, lowest), lowest)));
		lane_set s;
		lanes_clear(&s);
		s.v[0] += choose(is_legal, vexp(v), splat(0));
		sums[i] = lanes_fold(&s);
		store_part(y + i * n, v, n);
	}
	store(sums, vlog(load(sums)));
	for (int64_t i = 0; i < rows; i++) {
		const float *mask_row = row_of((float *)mask_rows, i, n);
		vec masked = splat(any_legal(mask_row, n) ? MASKED_LOG_PROB : NAN);
		store_part(y + i * n, legal_or(mask_row, 0, n, load_part(y + i * n, n) - splat(sums[i]), masked), n);
	}
}

static void log_softmax_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	const float *x = argument(w, d, 0);
	float *mask_rows = argument(w, d, 1), *y = argument(w, d, 2);
	range r = row_range(d, task);
	if (n <= VL) {
		for (int64_t i = r.from; i < r.to; i += VL)
			short_rows(x + i * n, row_of(mask_rows, i, n), y + i * n, minimum(VL, r.to - i), n);
		return;
	}
	for (int64_t i = r.from; i < r.to; i++) log_softmax_row(x + i * n, row_of(mask_rows, i, n), y + i * n, n);
}

static INLINE vec term_legal(const void *context, int64_t i, int64_t n) {
	const softmax_terms *t = context;
	return legal_or(t->mask, i, n, load_part(t->x + i, n), splat(0));
}

static void log_softmax_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) {
		const float *y = argument(w, d, 0) + i * n, *mask_row = row_of(argument(w, d, 1), i, n);
		softmax_terms t = {argument(w, d, 2) + i * n, mask_row};
		float *dx = argument(w, d, 3) + i * n;
		vec total = splat(vector_sum(term_legal, &t, n));
		for (int64_t j = 0; j < n; j += VL) {
			vec g = load_part(t.x + j, n - j) - vexp(load_part(y + j, n - j)) * total;
			put_part(dx + j, legal_or(mask_row, j, n - j, g, splat(0)), n - j, accumulates(d));
		}
	}
}

#endif
