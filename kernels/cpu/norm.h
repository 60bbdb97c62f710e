// OpGroupNorm: a task is a range of channels (whole groups) of one sample. It makes three passes over
// them while they are in the second-level cache: sums, squares, result.
#ifndef GMEL_NORM_H
#define GMEL_NORM_H

// Tasks of a small batch are smaller, so that all threads have work. Processors with vectors of 16 floats
// have second-level caches of 1 MiB and more.
enum { NORM_ELEMENTS = VL < 16 ? 1 << 15 : 1 << 16, NORM_TASKS = 8, NORM_CHANNELS = 16, NORM_VECTORS = 8 };

typedef struct {
	int64_t p, c, groups, width; // rows; channels, groups of them, channels of a group
	int64_t block, blocks;       // channels of a task, tasks of a sample
} norm_shape;

static INLINE norm_shape norm_of(const desc *d) {
	norm_shape s = {d->dim[1], d->dim[2], d->dim[3], d->dim[2] / d->dim[3]};
	if (s.c == 0) return s;
	int64_t want = NORM_ELEMENTS / maximum(s.p, 1);
	if (d->dim[0] < NORM_TASKS) want = minimum(want, ceil_div(s.c * d->dim[0], NORM_TASKS));
	int64_t parts = minimum(s.groups, maximum(1, s.c / maximum(want, NORM_CHANNELS)));
	s.block = s.width * ceil_div(s.groups, parts);
	s.blocks = ceil_div(s.c, s.block);
	return s;
}

static int64_t group_norm_tasks(const desc *d, int phase) {
	norm_shape s = norm_of(d);
	return d->dim[0] * s.blocks;
}

// Scratch: vectors with one number per channel. The gradient also stores e, with rows of norm_pad.
static INLINE int64_t norm_pad(int64_t channels) { return ceil_div(channels, 16) * 16; }
static int64_t group_norm_local(const desc *d) {
	norm_shape s = norm_of(d);
	return norm_pad(s.block) * (NORM_VECTORS + (d->op == OP_GROUP_NORM_GRAD ? s.p : 0));
}

// The channels of one task; x, y and parameters point to the first.
typedef struct {
	norm_shape s;
	int64_t b, first, n; // sample, first channel, channels
	float *mean, *rstd, *a, *shift, *sum0, *sum1, *u1, *u2, *e;
} norm_task;

static INLINE norm_task norm_task_of(const worker *w, const desc *d, int64_t task) {
	norm_task t = {.s = norm_of(d)};
	t.b = task / t.s.blocks;
	range r = block_range(task % t.s.blocks, t.s.block, t.s.c);
	t.first = r.from, t.n = r.to - r.from;
	int64_t pad = norm_pad(t.s.block);
	float **vectors[NORM_VECTORS] = {&t.mean, &t.rstd, &t.a, &t.shift, &t.sum0, &t.sum1, &t.u1, &t.u2};
	for (int i = 0; i < NORM_VECTORS; i++) *vectors[i] = w->local + i * pad;
	t.e = w->local + NORM_VECTORS * pad;
	return t;
}

static INLINE int64_t norm_at(const norm_task *t) { return t->b * t->s.p * t->s.c + t->first; }

// norm_strip sums vecs vectors of channels over one chunk of rows: x, or the squares of
// x - mean. vecs and squares are constants; n, the channels that exist, matters for the last.
static INLINE void norm_strip(const int vecs, const int squares, const float *x, int64_t ld, int64_t rows, int64_t n, const float *mean, float *total, int add) {
	vec s[COLUMN_VECS], m[COLUMN_VECS];
	UNROLL for (int v = 0; v < vecs; v++) s[v] = splat(0), m[v] = squares ? load(mean + v * VL) : splat(0);
	for (int64_t i = 0; i < rows; i++, x += ld)
		UNROLL for (int v = 0; v < vecs; v++) {
			vec value = vecs == 1 ? load_part(x, n) : load(x + v * VL);
			if (squares) {
				value = value - m[v];
				s[v] = multiply_add(value, value, s[v]);
			} else {
				s[v] = s[v] + value;
			}
		}
	UNROLL for (int v = 0; v < vecs; v++) store(total + v * VL, add ? load(total + v * VL) + s[v] : s[v]);
}

// norm_clear sets sums over no pixels to 0.
static INLINE void norm_clear(float *total, int64_t n) {
	for (int64_t j = 0; j < n; j += VL) store(total + j, splat(0));
}

static INLINE void norm_sums(const int squares, const norm_task *t, const float *x, float *total) {
	if (t->s.p == 0) norm_clear(total, t->n);
	for (int64_t from = 0; from < t->s.p; from += CHUNK_ROWS) {
		int64_t rows = minimum(CHUNK_ROWS, t->s.p - from), j = 0, n = t->n, ld = t->s.c;
		const float *chunk = x + from * ld;
		for (; j + COLUMN_VECS * VL <= n; j += COLUMN_VECS * VL)
			norm_strip(COLUMN_VECS, squares, chunk + j, ld, rows, n - j, t->mean + j, total + j, from > 0);
		for (; j + 2 * VL <= n; j += 2 * VL) norm_strip(2, squares, chunk + j, ld, rows, n - j, t->mean + j, total + j, from > 0);
		for (; j < n; j += VL) norm_strip(1, squares, chunk + j, ld, rows, n - j, t->mean + j, total + j, from > 0);
	}
}

// norm_spread writes v to all channels of group g.
static INLINE void norm_spread(const norm_task *t, int64_t g, float *out, float v) {
	for (int64_t j = 0; j < t->s.width; j++) out[g * t->s.width + j] = v;
}

// norm_statistics computes mean and rstd of all channels and stores them in stats.
static INLINE void norm_statistics(const norm_task *t, const float *x, float epsilon, float *stats) {
	float count = (float)maximum(1, t->s.p * t->s.width);
	int64_t groups = t->n / t->s.width;
	norm_sums(0, t, x, t->sum0);
	for (int64_t g = 0; g < groups; g++) {
		stats[2 * g] = sum_in_order(t->sum0 + g * t->s.width, t->s.width) / count;
		norm_spread(t, g, t->mean, stats[2 * g]);
	}
	norm_sums(1, t, x, t->sum0);
	for (int64_t g = 0; g < groups; g++) {
		stats[2 * g + 1] = 1 / sqrtf(sum_in_order(t->sum0 + g * t->s.width, t->s.width) / count + epsilon);
		norm_spread(t, g, t->rstd, stats[2 * g + 1]);
	}
}

// norm_lines computes a and b; gamma, beta and film are arguments k, k+1 and k+2.
static INLINE void norm_lines(const worker *w, const desc *d, const norm_task *t, int k) {
	const float *gamma = argument(w, d, k) + t->first, *beta = argument(w, d, k + 1) + t->first;
	const float *film = row_of(argument(w, d, k + 2), t->b, 2 * t->s.c);
	for (int64_t j = 0; j < t->n; j += VL) {
		int64_t n = t->n - j;
		vec scale = splat(1), shift = splat(0);
		if (film) {
			scale = splat(1) + load_part(film + t->first + j, n);
			shift = load_part(film + t->s.c + t->first + j, n);
		}
		store(t->a + j, (load_part(gamma + j, n) * load(t->rstd + j)) * scale);
		store(t->shift + j, multiply_add(load_part(beta + j, n), scale, shift));
	}
}

#define FOR_EACH_NORM_FN(CASE) CASE(FN_IDENTITY) CASE(FN_RELU) CASE(FN_SILU) CASE(FN_GELU)

// norm_rows computes f(a (x - mean) + shift) of a vector of n channels, from channel j on, in a few rows. SiLU has a long chain of
// steps, so the rows are interleaved.
static INLINE void norm_rows(const int fn, const int rows, const norm_task *t, int64_t j, const float *x, float *y) {
	vec v[AT_ONCE], mean = load(t->mean + j), a = load(t->a + j), shift = load(t->shift + j);
	int64_t n = t->n - j, ld = t->s.c;
	UNROLL for (int i = 0; i < rows; i++) v[i] = multiply_add(load_part(x + i * ld, n) - mean, a, shift);
	if (fn == FN_SILU) silu_many(rows, v);
	UNROLL for (int i = 0; i < rows; i++) store_part(y + i * ld, fn == FN_SILU ? v[i] : apply(fn, v[i], v[i], v[i]), n);
}

#define NORM_CASE(code)                                                                                                    \
	case code:                                                                                                         \
		for (; left >= AT_ONCE; left -= AT_ONCE, x += AT_ONCE * t->s.c, y += AT_ONCE * t->s.c)                     \
			for (int64_t j = 0; j < t->n; j += VL) norm_rows(code, AT_ONCE, t, j, x + j, y + j);               \
		for (; left > 0; left--, x += t->s.c, y += t->s.c)                                                         \
			for (int64_t j = 0; j < t->n; j += VL) norm_rows(code, 1, t, j, x + j, y + j);                     \
		break;

static void norm_apply(int fn, const norm_task *t, const float *x, float *y) {
	int64_t left = t->s.p;
	switch (fn) { FOR_EACH_NORM_FN(NORM_CASE) }
}

static void group_norm_run(const worker *w, const desc *d, int phase, int64_t task) {
	norm_task t = norm_task_of(w, d, task);
	const float *x = argument(w, d, 0) + norm_at(&t);
	float *stats = argument(w, d, 5) + 2 * (t.b * t.s.groups + t.first / t.s.width);
	norm_statistics(&t, x, d->scalar[0], stats);
	norm_lines(w, d, &t, 1);
	norm_apply((int)d->fn, &t, x, argument(w, d, 4) + norm_at(&t));
}

#endif
