// Numbers about attention scores: the penalty of large scores and the entropy of weights.
// Phase 0 leaves one number for every (batch, head), phase 1 adds them.
#ifndef GMEL_ATTENTION_STATS_H
#define GMEL_ATTENTION_STATS_H

static int64_t head_sum_tasks(const desc *d, int phase) { return phase == 0 ? head_count(d) : 1; }
static int64_t head_sum_shared(const desc *d) { return head_count(d); }

typedef float (*row_measure)(const head *h, float *scores, int64_t self, float *row);

// head_sum adds a measure of the score rows of one head in ascending order.
static INLINE float head_sum(const worker *w, const desc *d, int64_t task, row_measure measure) {
	head h = head_of(d);
	if (h.n < 2) return 0; // no others to attend to
	int64_t at = head_offset(d, &h, task);
	float *p = w->local, total = 0;
	attention_scratch s = attention_carve(&h, &p);
	pack_all(h.n, h.d, (matrix){argument(w, d, 1) + at, h.ld, 1}, s.keys);
	for (int64_t i0 = 0; i0 < h.n; i0 += SCORE_ROWS) {
		int64_t rows = minimum(SCORE_ROWS, h.n - i0);
		score_rows(&h, argument(w, d, 0) + at, i0, rows, s.keys, s.scores, s.sums);
		for (int64_t i = 0; i < rows; i++) total += measure(&h, s.scores + i * h.n_width, i0 + i, s.row);
	}
	return total;
}

typedef struct {
	const float *s;
	vec scale;
} square_terms;

static INLINE vec term_score_square(const void *context, int64_t i, int64_t n) {
	const square_terms *t = context;
	vec v = load(t->s + i) * t->scale;
	return keep_first(v * v, n);
}

static INLINE float row_squares(const head *h, float *scores, int64_t self, float *row) {
	scores[self] = 0;
	square_terms t = {scores, splat(h->scale)};
	return vector_sum(term_score_square, &t, h->n);
}

static void attention_penalty_run(const worker *w, const desc *d, int phase, int64_t task) {
	if (phase == 0)
		w->shared[task] = head_sum(w, d, task, row_squares);
	else
		*argument(w, d, 2) = penalty_factor(d) * vector_sum_of(w->shared, head_count(d));
}

typedef struct {
	const float *w, *raw;
	vec scale, top;
} entropy_terms;

static INLINE vec term_entropy(const void *context, int64_t i, int64_t n) {
	const entropy_terms *t = context;
	return keep_first(load(t->w + i) * (load(t->raw + i) * t->scale - t->top), n);
}

static INLINE float row_entropy(const head *h, float *scores, int64_t self, float *row) {
	memcpy(row, scores, h->n_width * sizeof *row);
	row[self] = 0;
	row_norm r = weigh_row(h, scores, self);
	entropy_terms t = {scores, row, splat(h->scale), splat(r.top)};
	return log_of(r.sum) - vector_sum(term_entropy, &t, h->n);
}

// Partial sums lie head by head, so that the sum over the batch is contiguous.
static void attention_entropy_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t batch = d->dim[0], heads = d->dim[2];
	if (phase == 0) {
		w->shared[task % heads * batch + task / heads] = head_sum(w, d, task, row_entropy);
		return;
	}
	for (int64_t i = 0; i < heads; i++)
		argument(w, d, 2)[i] = vector_sum_of(w->shared + i * batch, batch) / (float)(batch * d->dim[1]);
}

#endif
