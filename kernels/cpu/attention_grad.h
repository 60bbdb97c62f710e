// Gradients of attention and of its penalty. Queries are processed in blocks: the scores of a block
// stay in the caches until every gradient has used them.
#ifndef GMEL_ATTENTION_GRAD_H
#define GMEL_ATTENTION_GRAD_H

// A product sum over queries: chain is the sum of the current block of BLOCK_K queries, total the
// sum of the blocks before. Neither is needed if the head is direct.
typedef struct {
	float *chain, *total; // n x d_width
} query_sum;

typedef struct {
	float *queries, *outputs;     // a panel of Q and of dX, transposed
	float *weights, *score_grads; // of a block: panels n x PANEL
	float *penalty;               // score gradients of a panel from the penalty: n x PANEL
	float *keys, *values;         // panels of K and V
	float *block;                 // panels of a block of Q or dX
	float *sums;                  // results of a panel: PANEL x d_width
	query_sum dk, dv;
} grad_scratch;

static INLINE query_sum take_query_sum(const head *h, float **p) {
	query_sum s;
	s.chain = take(p, h->direct ? 0 : h->n * h->d_width);
	s.total = take(p, h->n > BLOCK_K ? h->n * h->d_width : 0);
	return s;
}

static INLINE grad_scratch grad_carve(const head *h, float **p) {
	int64_t scores = h->n * minimum(QUERY_BLOCK, ceil_div(h->n, PANEL) * PANEL);
	grad_scratch s;
	s.queries = take(p, h->d * PANEL);
	s.outputs = take(p, h->d * PANEL);
	s.weights = take(p, scores);
	s.score_grads = take(p, scores);
	s.penalty = take(p, h->n * PANEL);
	s.keys = take(p, panels_floats(h->n, h->d));
	s.values = take(p, panels_floats(h->n, h->d));
	s.block = take(p, panels_floats(minimum(QUERY_BLOCK, h->n), h->d));
	s.sums = take(p, h->direct ? 0 : PANEL * h->d_width);
	s.dk = take_query_sum(h, p);
	s.dv = take_query_sum(h, p);
	return s;
}

static int64_t attention_grad_local(const desc *d) {
	head h = head_of(d);
	float base, *end = &base;
	grad_carve(&h, &end);
	return end - &base;
}

// The inputs and outputs of one head; v, dx and dv are NULL for the penalty.
typedef struct {
	const float *q, *k, *v, *dx;
	float *dq, *dk, *dv;
	int accumulate;
	int penalized; // add the gradient of the penalty, with this factor
	float factor;
} grad_head;

// block_times: out_j += sum_i s_ij y_i over the queries of a block; y has their rows in panels.
static INLINE void block_times(const head *h, int64_t count, const float *s, const float *y, strip out) {
	for (int64_t j = 0; j < h->d_width; j += PANEL)
		strip_rows(h->n, panel_at(h->d_width, j), 0, (strip){
			.a = s, .jump = h->n * PANEL, .b = y + j * count, .terms = count, .c = out.c + j, .ldc = out.ldc, .mode = out.mode});
}

// query_sum_block adds a block of queries to out_j = sum_i s_ij y_i, and writes the result after the
// last block.
static INLINE void query_sum_block(const head *h, int64_t i0, const float *s, const float *y, float *copy, const query_sum *sum, float *out, int accumulate) {
	int64_t end = minimum(i0 + QUERY_BLOCK, h->n), floats = h->n * h->d_width;
	rows_to_panels(y + i0 * h->ld, end - i0, h->d, h->ld, copy);
	if (h->direct) {
		block_times(h, end - i0, s, copy, (strip){.c = out, .ldc = h->ld, .mode = accumulate ? ADD : FRESH});
		return;
	}
	block_times(h, end - i0, s, copy, (strip){.c = sum->chain, .ldc = h->d_width, .mode = i0 % BLOCK_K == 0 ? FRESH : CONTINUE});
	if (end % BLOCK_K != 0 && end < h->n) return;
	if (h->n > BLOCK_K)
		for (int64_t i = 0; i < floats; i += VL) {
			vec block = load(sum->chain + i);
			store(sum->total + i, i0 < BLOCK_K ? block : load(sum->total + i) + block);
		}
	if (end == h->n) put_rows(h->n > BLOCK_K ? sum->total : sum->chain, h->d_width, h->n, h->d, out, h->ld, accumulate);
}

// query_grad_panel: dq_i = sum_j s_ij k_j for the queries of a panel.
static INLINE void query_grad_panel(const head *h, const panel *p, const float *s, const float *keys, float *sums, const grad_head *g) {
	float *dq = g->dq + p->first * h->ld;
	if (h->direct) {
		panel_times(h, p, s, keys, dq, h->ld, g->accumulate);
		return;
	}
	panel_times(h, p, s, keys, sums, h->d_width, 0);
	put_rows(sums, h->d_width, p->count, h->d, dq, h->ld, g->accumulate);
}

// gradient_factor is the f of the gradient of the penalty ds_ij = s_ij f.
static INLINE float gradient_factor(const head *h, const desc *d, float dy) { return 2 * penalty_factor(d) * dy * h->scale; }

// penalty_grads: ds_ij = s_ij f from raw scores.
static INLINE void penalty_grads(const head *h, const column *raw, vec factor, float *ds) {
	const column c = {ds, raw->first};
	const vec scale = splat(h->scale);
	for (int64_t j = 0; j < h->n; j++) store(ds + j * PANEL, (load(raw->s + j * PANEL) * scale) * factor);
	set_self(h, &c, 0);
}

typedef struct {
	const float *w, *dw;
} grad_terms;

static INLINE vec term_product(const void *context, int64_t j) {
	const grad_terms *t = context;
	return load(t->w + j * PANEL) * load(t->dw + j * PANEL);
}

// score_grads: ds_ij = (w_ij (dw_ij - t_i)) scale overwrites dw; more is added unless it is NULL.
static INLINE void score_grads(const head *h, const float *w, float *dw, const float *more) {
	grad_terms terms = {w, dw};
	vec t = column_sum(term_product, &terms, h->n), scale = splat(h->scale);
	for (int64_t j = 0; j < h->n; j++) {
		vec ds = (load(w + j * PANEL) * (load(dw + j * PANEL) - t)) * scale;
		store(dw + j * PANEL, more ? ds + load(more + j * PANEL) : ds);
	}
}

static INLINE void attention_grad_panel(const head *h, const panel *p, const grad_scratch *s, const grad_head *g, float *weights, float *grads) {
	transpose_rows(g->q + p->first * h->ld, p->count, h->d, h->ld, s->queries);
	transpose_rows(g->dx + p->first * h->ld, p->count, h->d, h->ld, s->outputs);
	score_panel(h, p, s->keys, s->queries, weights);
	score_panel(h, p, s->values, s->outputs, grads);
	for (int64_t lane = 0; lane < p->width; lane += VL) {
		column c = column_of(p, weights, lane);
		if (g->penalized) penalty_grads(h, &c, splat(g->factor), s->penalty + lane);
		weigh(h, &c);
		score_grads(h, weights + lane, grads + lane, g->penalized ? s->penalty + lane : NULL);
	}
}

static void attention_grad_head(const head *h, const grad_scratch *s, const grad_head *g) {
	rows_to_panels(g->k, h->n, h->d, h->ld, s->keys);
	rows_to_panels(g->v, h->n, h->d, h->ld, s->values);
	for (int64_t i0 = 0; i0 < h->n; i0 += QUERY_BLOCK) {
		int64_t end = minimum(i0 + QUERY_BLOCK, h->n);
		for (int64_t i = i0; i < end; i += PANEL) {
			panel p = panel_of(i, end);
			float *grads = s->score_grads + (i - i0) * h->n;
			attention_grad_panel(h, &p, s, g, s->weights + (i - i0) * h->n, grads);
			query_grad_panel(h, &p, grads, s->keys, s->sums, g);
		}
		query_sum_block(h, i0, s->weights, g->dx, s->block, &s->dv, g->dv, g->accumulate);
		query_sum_block(h, i0, s->score_grads, g->q, s->block, &s->dk, g->dk, g->accumulate);
	}
}

static void attention_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	head h = head_of(d);
	float *p = w->local;
	grad_scratch s = grad_carve(&h, &p);
	range r = head_range(d, task);
	const int penalized = d->arg[7] != ABSENT;
	const float factor = penalized ? gradient_factor(&h, d, *argument(w, d, 7)) : 0;
	for (int64_t pair = r.from; pair < r.to; pair++) {
		int64_t at = head_offset(d, &h, pair);
		attention_grad_head(&h, &s, &(grad_head){
			argument(w, d, 0) + at, argument(w, d, 1) + at, argument(w, d, 2) + at, argument(w, d, 3) + at,
			argument(w, d, 4) + at, argument(w, d, 5) + at, argument(w, d, 6) + at, accumulates(d), penalized, factor});
	}
}

static void penalty_grad_head(const head *h, const grad_scratch *s, const grad_head *g) {
	rows_to_panels(g->k, h->n, h->d, h->ld, s->keys);
	for (int64_t i0 = 0; i0 < h->n; i0 += QUERY_BLOCK) {
		int64_t end = minimum(i0 + QUERY_BLOCK, h->n);
		for (int64_t i = i0; i < end; i += PANEL) {
			panel p = panel_of(i, end);
			float *grads = s->score_grads + (i - i0) * h->n;
			transpose_rows(g->q + i * h->ld, p.count, h->d, h->ld, s->queries);
			score_panel(h, &p, s->keys, s->queries, grads);
			for (int64_t lane = 0; lane < p.width; lane += VL) {
				column c = column_of(&p, grads, lane);
				penalty_grads(h, &c, splat(g->factor), c.s);
			}
			query_grad_panel(h, &p, grads, s->keys, s->sums, g);
		}
		query_sum_block(h, i0, s->score_grads, g->q, s->block, &s->dk, g->dk, g->accumulate);
	}
}

static void attention_penalty_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	head h = head_of(d);
	float *p = w->local, factor = gradient_factor(&h, d, *argument(w, d, 2));
	grad_scratch s = grad_carve(&h, &p);
	range r = head_range(d, task);
	for (int64_t pair = r.from; pair < r.to; pair++) {
		int64_t at = head_offset(d, &h, pair);
		penalty_grad_head(&h, &s, &(grad_head){
			.q = argument(w, d, 0) + at, .k = argument(w, d, 1) + at,
			.dq = argument(w, d, 3) + at, .dk = argument(w, d, 4) + at, .accumulate = accumulates(d), .factor = factor});
	}
}

#endif
