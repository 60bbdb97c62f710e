// Elementwise ops.
#ifndef GMEL_POINTWISE_H
#define GMEL_POINTWISE_H

#define UNARY_CASE(code)                                                                                                   \
	case code:                                                                                                         \
		for (int64_t i = r.from; i < r.to; i += VL)                                                                \
			put_part(y + i, apply(code, load_part(x + i, r.to - i), p0, p1), r.to - i, add);                   \
		break;

static void unary_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *x = argument(w, d, 0);
	float *y = argument(w, d, 1);
	vec p0 = splat(d->scalar[0]), p1 = splat(d->scalar[1]);
	range r = element_range(d, task);
	int add = accumulates(d);
	switch (d->fn) { FOR_EACH_FN(UNARY_CASE) }
}

#define UNARY_GRAD_CASE(code)                                                                                              \
	case code:                                                                                                         \
		for (int64_t i = r.from; i < r.to; i += VL) {                                                              \
			int64_t n = r.to - i;                                                                              \
			vec s = slope(code, load_part(x + i, n), load_part(y + i, n), p0, p1);                             \
			put_part(dx + i, load_part(dy + i, n) * s, n, add);                                                \
		}                                                                                                          \
		break;

static void unary_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *x = argument(w, d, 0), *y = argument(w, d, 1), *dy = argument(w, d, 2);
	float *dx = argument(w, d, 3);
	vec p0 = splat(d->scalar[0]), p1 = splat(d->scalar[1]);
	range r = element_range(d, task);
	int add = accumulates(d);
	switch (d->fn) { FOR_EACH_FN(UNARY_GRAD_CASE) }
}

// combine: minimum and maximum give NaN if either operand is NaN.
static INLINE vec combine(const int bin, vec a, vec b) {
	vec r = a;
	switch (bin) {
	case BIN_ADD: return a + b;
	case BIN_SUB: return a - b;
	case BIN_MUL: return a * b;
	case BIN_DIV: return a / b;
	case BIN_MIN: r = choose(less(b, a), b, a); break;
	case BIN_MAX: r = choose(less(a, b), b, a); break;
	}
	return choose(less_equal(b, b), r, b);
}

// load_strided reads n elements that are stride apart; stride 0 repeats one.
static INLINE vec load_strided(const float *p, int64_t stride, int64_t n) {
	if (stride == 1) return load_part(p, n);
	if (stride == 0) return splat(*p);
	vec v = splat(0);
	for (int64_t i = 0; i < minimum(n, VL); i++) v[i] = p[i * stride];
	return v;
}

typedef struct {
	const float *a, *b;
	float *y;
	int64_t a_step, b_step, n;
	int add;
} binary_row;

#define BINARY_CASE(code)                                                                                                  \
	case code:                                                                                                         \
		for (int64_t j = 0; j < r->n; j += VL) {                                                                   \
			int64_t n = r->n - j;                                                                              \
			vec a = load_strided(r->a + j * r->a_step, r->a_step, n);                                          \
			vec b = load_strided(r->b + j * r->b_step, r->b_step, n);                                          \
			put_part(r->y + j, combine(code, a, b), n, r->add);                                                \
		}                                                                                                          \
		break;

static INLINE void binary_row_run(int bin, const binary_row *r) {
	switch (bin) {
		BINARY_CASE(BIN_ADD)
		BINARY_CASE(BIN_SUB)
		BINARY_CASE(BIN_MUL)
		BINARY_CASE(BIN_DIV)
		BINARY_CASE(BIN_MIN)
		BINARY_CASE(BIN_MAX)
	}
}

// step_of is the single stride that visits all M x N elements of an operand in order, or -1 if there is none.
static INLINE int64_t step_of(int64_t m, int64_t n, int64_t row, int64_t column) {
	if (m <= 1 || row == n * column) return column;
	return n == 1 ? row : -1;
}

static INLINE int binary_flat(const desc *d, int64_t *a_step, int64_t *b_step) {
	*a_step = step_of(d->dim[0], d->dim[1], d->dim[2], d->dim[3]);
	*b_step = step_of(d->dim[0], d->dim[1], d->dim[4], d->dim[5]);
	return *a_step >= 0 && *b_step >= 0;
}

static int64_t binary_tasks(const desc *d, int phase) {
	int64_t a_step, b_step;
	if (binary_flat(d, &a_step, &b_step)) return ceil_div(d->dim[0] * d->dim[1], TASK_ELEMENTS);
	return row_tasks(d, phase);
}

static void binary_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *a = argument(w, d, 0), *b = argument(w, d, 1);
	float *y = argument(w, d, 2);
	int64_t n = d->dim[1], a_step, b_step;
	if (binary_flat(d, &a_step, &b_step)) {
		range r = block_range(task, TASK_ELEMENTS, d->dim[0] * n);
		binary_row_run((int)d->bin, &(binary_row){a + r.from * a_step, b + r.from * b_step, y + r.from, a_step, b_step, r.to - r.from, accumulates(d)});
		return;
	}
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++)
		binary_row_run((int)d->bin, &(binary_row){a + i * d->dim[2], b + i * d->dim[4], y + i * n, d->dim[3], d->dim[5], n, accumulates(d)});
}

static void copy_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *x = argument(w, d, 0);
	float *y = argument(w, d, 1);
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++)
		for (int64_t j = 0; j < d->dim[1]; j += VL) {
			int64_t n = d->dim[1] - j;
			put_part(y + i * d->dim[3] + j, load_part(x + i * d->dim[2] + j, n), n, accumulates(d));
		}
}

static void fill_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *y = argument(w, d, 0);
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += VL) store_part(y + i, splat(d->scalar[0]), r.to - i);
}

#endif
