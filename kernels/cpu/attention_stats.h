// Statistics of attention: the penalty of large scores and the entropy of weights.
// Phase 0 computes one number for every (batch, head), phase 1 adds them.
#ifndef GMEL_ATTENTION_STATS_H
#define GMEL_ATTENTION_STATS_H

static int64_t head_sum_tasks(const desc *d, int phase) { return phase == 0 ? head_count(d) : 1; }
static int64_t head_sum_shared(const desc *d) { return head_count(d); }

// A column_measure computes one number for each of VL queries from their raw scores, which it may
// overwrite; row is scratch.
typedef vec (*column_measure)(const head *h, const column *c, float *row);

// head_sum adds a measure of the queries of one head in ascending order.
static INLINE float head_sum(const worker *w, const desc *d, int64_t task, column_measure measure) {
	head h = head_of(d);
	if (h.n < 2) return 0; // no others to attend to
	int64_t at = head_offset(d, &h, task);
	const float *q = argument(w, d, 0) + at, *k = argument(w, d, 1) + at;
	float *carve = w->local, total = 0;
	attention_scratch s = attention_carve(&h, &carve);
	rows_to_panels(k, h.n, h.d, h.ld, s.keys);
	for (int64_t i = 0; i < h.n; i += PANEL) {
		panel p = panel_of(i, h.n);
		transpose_rows(q + i * h.ld, p.count, h.d, h.ld, s.queries);
		score_panel(&h, &p, s.keys, s.queries, s.scores);
		for (int64_t lane = 0; lane < p.count; lane += VL) {
			column c = column_of(&p, s.scores, lane);
			total = add_queries(total, measure(&h, &c, s.other), p.count - lane);
		}
	}
	return total;
}

static INLINE vec squares_measure(const head *h, const column *c, float *row) { return score_squares(h, c); }

static void attention_penalty_run(const worker *w, const desc *d, int phase, int64_t task) {
	if (phase == 0)
		w->shared[task] = head_sum(w, d, task, squares_measure);
	else
		*argument(w, d, 2) = penalty_of(w, d);
}

typedef struct {
	const float *w, *raw;
	vec scale, top;
} entropy_terms;

static INLINE vec term_entropy(const void *context, int64_t j) {
	const entropy_terms *t = context;
	return load(t->w + j * PANEL) * (load(t->raw + j * PANEL) * t->scale - t->top);
}

static INLINE vec weight_entropy(const head *h, const column *c, float *row) {
	set_self(h, c, 0);
	for (int64_t j = 0; j < h->n; j++) store(row + j * PANEL, load(c->s + j * PANEL));
	column_norm r = weigh(h, c);
	entropy_terms t = {c->s, row, splat(h->scale), r.top};
	return vlog(r.sum) - column_sum(term_entropy, &t, h->n);
}

// Partial sums are stored head by head, so that the sum over the batch is contiguous.
static void attention_entropy_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t batch = d->dim[0], heads = d->dim[2];
	if (phase == 0) {
		w->shared[task % heads * batch + task / heads] = head_sum(w, d, task, weight_entropy);
		return;
	}
	for (int64_t i = 0; i < heads; i++)
		argument(w, d, 2)[i] = vector_sum_of(w->shared + i * batch, batch) / (float)(batch * d->dim[1]);
}

#endif
