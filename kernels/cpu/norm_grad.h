// OpGroupNormGrad and OpGroupNormParamGrad.
#ifndef GMEL_NORM_GRAD_H
#define GMEL_NORM_GRAD_H

enum { GRAD_VECS = 2 };

// norm_grad_strip computes e of one chunk of rows and sums e and e d. It stores e unless f is the
// identity; then e is dy.
static INLINE void norm_grad_strip(const int vecs, const int fn, const norm_task *t, const float *x, const float *dy, int64_t rows, int64_t j, float *e, int add) {
	vec s0[GRAD_VECS], s1[GRAD_VECS];
	int64_t ld = t->s.c, lde = norm_pad(t->s.block), n = t->n - j;
	UNROLL for (int v = 0; v < vecs; v++) s0[v] = splat(0), s1[v] = splat(0);
	for (int64_t i = 0; i < rows; i++, x += ld, dy += ld, e += lde)
		UNROLL for (int v = 0; v < vecs; v++) {
			const int64_t at = v * VL;
			vec value = vecs == 1 ? load_part(x, n) : load(x + at), g = vecs == 1 ? load_part(dy, n) : load(dy + at);
			vec d = value - load(t->mean + j + at);
			vec z = multiply_add(d, load(t->a + j + at), load(t->shift + j + at));
			if (fn != FN_IDENTITY) {
				g = g * slope(fn, z, z, z, z);
				store(e + at, g);
			}
			s0[v] = s0[v] + g;
			s1[v] = multiply_add(g, d, s1[v]);
		}
	UNROLL for (int v = 0; v < vecs; v++) {
		float *sum0 = t->sum0 + j + v * VL, *sum1 = t->sum1 + j + v * VL;
		store(sum0, add ? load(sum0) + s0[v] : s0[v]);
		store(sum1, add ? load(sum1) + s1[v] : s1[v]);
	}
}

#define NORM_GRAD_CASE(code)                                                                                               \
	case code:                                                                                                         \
		for (; j + GRAD_VECS * VL <= t->n; j += GRAD_VECS * VL)                                                    \
			norm_grad_strip(GRAD_VECS, code, t, x + j, dy + j, rows, j, e + j, add);                           \
		for (; j < t->n; j += VL) norm_grad_strip(1, code, t, x + j, dy + j, rows, j, e + j, add);                 \
		break;

static void norm_grad_chunk(int fn, const norm_task *t, const float *x, const float *dy, int64_t rows, float *e, int add) {
	int64_t j = 0;
	switch (fn) { FOR_EACH_NORM_FN(NORM_GRAD_CASE) }
}

// norm_grad_means sets u1 and u2 of all channels from the sums.
static INLINE void norm_grad_means(const norm_task *t) {
	float count = (float)maximum(1, t->s.p * t->s.width), u1[VL], u2[VL];
	for (int64_t g = 0; g < t->n / t->s.width; g++) {
		vec one = splat(0), two = splat(0); // of one element
		for (int64_t j = g * t->s.width; j < (g + 1) * t->s.width; j++) {
			one = multiply_add(splat(t->a[j]), splat(t->sum0[j]), one);
			two = multiply_add(splat(t->a[j]), splat(t->sum1[j]), two);
		}
		store(u1, one), store(u2, two);
		norm_spread(t, g, t->u1, u1[0] / count);
		norm_spread(t, g, t->u2, u2[0] / count * t->rstd[g * t->s.width]);
	}
}

static INLINE void norm_dx(const norm_task *t, const float *x, const float *e, int64_t lde, float *dx, int add) {
	for (int64_t i = 0; i < t->s.p; i++, x += t->s.c, dx += t->s.c, e += lde)
		for (int64_t j = 0; j < t->n; j += VL) {
			int64_t n = t->n - j;
			vec d = load_part(x + j, n) - load(t->mean + j);
			vec line = multiply_add(d, load(t->u2 + j), load(t->u1 + j));
			put_part(dx + j, multiply_add(load_part(e + j, n), load(t->a + j), -line), n, add);
		}
}

static void group_norm_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	norm_task t = norm_task_of(w, d, task);
	const float *x = argument(w, d, 0) + norm_at(&t), *dy = argument(w, d, 5) + norm_at(&t);
	const float *stats = argument(w, d, 1) + 2 * (t.b * t.s.groups + t.first / t.s.width);
	float *sums = argument(w, d, 7) + t.b * 2 * t.s.c + t.first;
	for (int64_t g = 0; g < t.n / t.s.width; g++) {
		norm_spread(&t, g, t.mean, stats[2 * g]);
		norm_spread(&t, g, t.rstd, stats[2 * g + 1]);
	}
	norm_lines(w, d, &t, 2);
	int64_t lde = norm_pad(t.s.block), ld = t.s.c;
	if (t.s.p == 0) norm_clear(t.sum0, t.n), norm_clear(t.sum1, t.n);
	for (int64_t from = 0; from < t.s.p; from += CHUNK_ROWS)
		norm_grad_chunk((int)d->fn, &t, x + from * ld, dy + from * ld, minimum(CHUNK_ROWS, t.s.p - from), t.e + from * lde, from > 0);
	for (int64_t j = 0; j < t.n; j += VL) {
		store(t.sum1 + j, load(t.rstd + j) * load(t.sum1 + j));
		store_part(sums + j, load(t.sum0 + j), t.n - j);
		store_part(sums + ld + j, load(t.sum1 + j), t.n - j);
	}
	norm_grad_means(&t);
	int plain = d->fn == FN_IDENTITY;
	norm_dx(&t, x, plain ? dy : t.e, plain ? ld : lde, argument(w, d, 6) + norm_at(&t), accumulates(d));
}

// Parameters: a task is a range of channels.
enum { PARAM_CHANNELS = 64 };
static int64_t norm_param_tasks(const desc *d, int phase) { return ceil_div(d->dim[1], PARAM_CHANNELS); }

static void norm_param_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t c = d->dim[1];
	const float *gamma = argument(w, d, 1), *beta = argument(w, d, 2);
	range r = block_range(task, PARAM_CHANNELS, c);
	for (int64_t j = r.from; j < r.to; j += VL) {
		int64_t n = r.to - j;
		vec sum0 = splat(0), sum1 = splat(0);
		for (int64_t b = 0; b < d->dim[0]; b++) {
			const float *sums = argument(w, d, 0) + b * 2 * c, *film = row_of(argument(w, d, 3), b, 2 * c);
			float *dfilm = row_of(argument(w, d, 6), b, 2 * c);
			vec s0 = load_part(sums + j, n), s1 = load_part(sums + c + j, n);
			vec scale = film ? splat(1) + load_part(film + j, n) : splat(1);
			sum0 = multiply_add(scale, s0, sum0);
			sum1 = multiply_add(scale, s1, sum1);
			if (!dfilm) continue;
			store_part(dfilm + j, multiply_add(load_part(gamma + j, n), s1, load_part(beta + j, n) * s0), n);
			store_part(dfilm + c + j, s0, n);
		}
		store_part(argument(w, d, 4) + j, sum1, n);
		store_part(argument(w, d, 5) + j, sum0, n);
	}
}

#endif
