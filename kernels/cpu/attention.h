// Multi-head attention that excludes the agent itself. A task is one head of one batch
// entry: two small products with a softmax of rows between them.
#ifndef GMEL_ATTENTION_H
#define GMEL_ATTENTION_H

// Rows of scores that are in scratch at once.
enum { SCORE_ROWS = 96 };

// Rows of up to this many vectors stay in registers.
enum { SHORT_VECS = 4 };

typedef struct {
	int64_t n, d, ld; // agents, head dimension, distance of agents
	int64_t n_width, d_width;
	float scale;
} head;

static INLINE head head_of(const desc *d) {
	int64_t n = d->dim[1], size = d->dim[3];
	return (head){n, size, d->dim[2] * size, panels_width(n), panels_width(size), 1 / sqrtf((float)size)};
}

static INLINE int64_t head_count(const desc *d) { return d->dim[0] * d->dim[2]; }
static int64_t head_tasks(const desc *d, int phase) { return d->dim[1] > 0 && d->dim[3] > 0 ? head_count(d) : 0; }

// head_offset is where (batch, head) number pair begins.
static INLINE int64_t head_offset(const desc *d, const head *h, int64_t pair) {
	return pair / d->dim[2] * h->n * h->ld + pair % d->dim[2] * h->d;
}

// Scratch of a task.
typedef struct {
	float *keys;   // panels of K transposed: d x n
	float *values; // panels of V: n x d
	float *scores; // up to SCORE_ROWS rows of n_width
	float *row;    // one more row
	float *sums;   // of products with more than one block
} attention_scratch;

// take carves floats off a piece of scratch; with NULL it only counts.
static INLINE float *take(float **p, int64_t floats) {
	float *piece = *p;
	*p += ceil_div(floats, LANES) * LANES;
	return piece;
}

static INLINE int64_t sums_size(const head *h, int64_t rows) {
	return rows * maximum(h->d > BLOCK_K ? h->n_width : 0, h->n > BLOCK_K ? h->d_width : 0);
}

static INLINE attention_scratch attention_carve(const head *h, float **p) {
	int64_t rows = minimum(h->n, SCORE_ROWS);
	attention_scratch s;
	s.keys = take(p, h->d * h->n_width);
	s.values = take(p, h->n * h->d_width);
	s.scores = take(p, rows * h->n_width);
	s.row = take(p, h->n_width);
	s.sums = take(p, sums_size(h, rows));
	return s;
}

static int64_t attention_local(const desc *d) {
	head h = head_of(d);
	float base, *end = &base;
	attention_carve(&h, &end);
	return end - &base;
}

// score_rows: rows i0 .. i0+rows-1 of q_i . k_j, not yet scaled, all n_width columns.
static INLINE void score_rows(const head *h, const float *q, int64_t i0, int64_t rows, const float *keys, float *out, float *sums) {
	product(rows, h->n_width, h->d, (matrix){q + i0 * h->ld, h->ld}, keys, sums, &(finish){.c = out, .ldc = h->n_width});
}

typedef struct {
	float *s;
	vec scale, top;
} weigh_terms;

// term_weigh turns scores into exponentials in place; -Inf behind the row gives +0.
static INLINE vec term_weigh(const void *context, int64_t i, int64_t n) {
	const weigh_terms *t = context;
	vec e = vexp(load(t->s + i) * t->scale - t->top);
	store(t->s + i, e);
	return e;
}

typedef struct {
	float top, sum;
} row_norm;

// weigh_long works on a row of any length in memory.
static row_norm weigh_long(const head *h, float *s, int64_t self) {
	s[self] = -INFINITY;
	for (int64_t j = h->n; j < h->n_width; j++) s[j] = -INFINITY;
	row_norm r = {.top = largest_of(s, h->n_width) * h->scale};
	weigh_terms t = {s, splat(h->scale), splat(r.top)};
	r.sum = vector_sum(term_weigh, &t, h->n);
	vec inverse = splat(1) / splat(r.sum);
	for (int64_t j = 0; j < h->n; j += VL) store(s + j, load(s + j) * inverse);
	return r;
}

// weigh_short works on a row of a few vectors in registers; vecs is a constant.
static INLINE row_norm weigh_short(const int vecs, const head *h, float *s, int64_t self) {
	vec e[SHORT_VECS], top = splat(-INFINITY), scale = splat(h->scale);
	UNROLL for (int j = 0; j < vecs; j++) {
		ivec at = lane_numbers() + isplat(j * VL), out = (at == isplat((int32_t)self)) | (at >= isplat((int32_t)h->n));
		e[j] = (vec)(((ivec)load(s + j * VL) & ~out) | ((ivec)splat(-INFINITY) & out));
		top = larger(e[j], top);
	}
	row_norm r = {.top = largest_lane(top) * h->scale};
	lane_set lanes;
	lanes_clear(&lanes);
	UNROLL for (int j = 0; j < vecs; j++) {
		e[j] = vexp(e[j] * scale - splat(r.top));
		lanes.v[j % LANE_VECS] += e[j];
	}
	r.sum = lanes_fold(&lanes);
	vec inverse = splat(1) / splat(r.sum);
	UNROLL for (int j = 0; j < vecs; j++) store(s + j * VL, e[j] * inverse);
	return r;
}

// weigh_row turns the raw scores of one agent into weights.
static INLINE row_norm weigh_row(const head *h, float *s, int64_t self) {
	if (h->n == 1) {
		s[0] = 0;
		return (row_norm){0, 1};
	}
	switch (h->n_width / VL) {
	case 1: return weigh_short(1, h, s, self);
	case 2: return weigh_short(2, h, s, self);
	case 4: return weigh_short(4, h, s, self);
	}
	return weigh_long(h, s, self);
}

static void attention_run(const worker *w, const desc *d, int phase, int64_t task) {
	head h = head_of(d);
	int64_t at = head_offset(d, &h, task);
	float *p = w->local;
	attention_scratch s = attention_carve(&h, &p);
	pack_all(h.n, h.d, (matrix){argument(w, d, 1) + at, h.ld, 1}, s.keys);
	pack_all(h.d, h.n, (matrix){argument(w, d, 2) + at, h.ld, 0}, s.values);
	for (int64_t i0 = 0; i0 < h.n; i0 += SCORE_ROWS) {
		int64_t rows = minimum(SCORE_ROWS, h.n - i0);
		score_rows(&h, argument(w, d, 0) + at, i0, rows, s.keys, s.scores, s.sums);
		for (int64_t i = 0; i < rows; i++) weigh_row(&h, s.scores + i * h.n_width, i0 + i);
		finish f = {.c = argument(w, d, 3) + at + i0 * h.ld, .ldc = h.ld};
		product(rows, h.d, h.n, (matrix){s.scores, h.n_width}, s.values, s.sums, &f);
	}
}

#endif
