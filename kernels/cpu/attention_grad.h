// Gradients of attention and of its penalty. Rows of agents are taken in blocks of BLOCK_K,
// so that one block is one block of the product sums over agents (dk, dv).
#ifndef GMEL_ATTENTION_GRAD_H
#define GMEL_ATTENTION_GRAD_H

typedef struct {
	float *keys, *values;         // panels of K and V transposed: d x n
	float *key_rows;              // panels of K: n x d
	float *block;                 // panels of rows of dx or q: rows x d
	float *weights, *score_grads; // rows x n_width
	float *dv_sums, *dk_sums;     // n x d_width, over blocks of rows
	float *sums;
} grad_scratch;

static INLINE grad_scratch grad_carve(const head *h, float **p) {
	int64_t rows = minimum(h->n, BLOCK_K), over_blocks = h->n > BLOCK_K ? h->n * h->d_width : 0;
	grad_scratch s;
	s.keys = take(p, h->d * h->n_width);
	s.values = take(p, h->d * h->n_width);
	s.key_rows = take(p, h->n * h->d_width);
	s.block = take(p, rows * h->d_width);
	s.weights = take(p, rows * h->n_width);
	s.score_grads = take(p, rows * h->n_width);
	s.dv_sums = take(p, over_blocks);
	s.dk_sums = take(p, over_blocks);
	s.sums = take(p, sums_size(h, rows));
	return s;
}

static int64_t attention_grad_local(const desc *d) {
	head h = head_of(d);
	float base, *end = &base;
	grad_carve(&h, &end);
	return end - &base;
}

// A view of the block of rows that is being worked on.
typedef struct {
	int64_t i0, rows, at; // first row, rows, offset of the head in every tensor
	int accumulate;
} row_block;

// rows_times: out_i = sum_j s_ij k_j for the rows of the block.
static void rows_times(const head *h, const row_block *b, const float *s, const float *key_rows, float *sums, float *out) {
	finish f = {.c = out + b->at + b->i0 * h->ld, .ldc = h->ld, .accumulate = b->accumulate};
	product(b->rows, h->d, h->n, (matrix){s, h->n_width}, key_rows, sums, &f);
}

// columns_times adds the block to out_j = sum_i s_ij y_i.
static void columns_times(const head *h, const row_block *b, const float *s, const float *y, float *scratch, float *sums, float *out) {
	finish f = {.c = out + b->at, .ldc = h->ld, .accumulate = b->accumulate};
	finish g = block_finish(&f, b->i0, h->n, sums, h->d_width);
	pack(h->d, b->rows, (matrix){y + b->at + b->i0 * h->ld, h->ld}, scratch);
	product_block(h->n, h->d, b->rows, (matrix){s, h->n_width, 1}, (panels){scratch}, &g);
}

typedef struct {
	const float *w, *dw;
} grad_terms;

static INLINE vec term_product(const void *context, int64_t i, int64_t n) {
	const grad_terms *t = context;
	return keep_first(load(t->w + i) * load(t->dw + i), n);
}

// score_grad_row: ds_ij = (w_ij (dw_ij - t_i)) scale, in the place of dw.
static INLINE void score_grad_row(const head *h, const float *w, float *dw) {
	grad_terms terms = {w, dw};
	vec t = splat(vector_sum(term_product, &terms, h->n)), scale = splat(h->scale);
	for (int64_t j = 0; j < h->n; j += VL) store(dw + j, (load(w + j) * (load(dw + j) - t)) * scale);
}

static void attention_grad_block(const worker *w, const desc *d, const head *h, const row_block *b, const grad_scratch *s) {
	const float *q = argument(w, d, 0), *dx = argument(w, d, 3);
	score_rows(h, q + b->at, b->i0, b->rows, s->keys, s->weights, s->sums);
	score_rows(h, dx + b->at, b->i0, b->rows, s->values, s->score_grads, s->sums);
	for (int64_t i = 0; i < b->rows; i++) {
		weigh_row(h, s->weights + i * h->n_width, b->i0 + i);
		score_grad_row(h, s->weights + i * h->n_width, s->score_grads + i * h->n_width);
	}
	columns_times(h, b, s->weights, dx, s->block, s->dv_sums, argument(w, d, 6));
	rows_times(h, b, s->score_grads, s->key_rows, s->sums, argument(w, d, 4));
	columns_times(h, b, s->score_grads, q, s->block, s->dk_sums, argument(w, d, 5));
}

static void attention_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	head h = head_of(d);
	int64_t at = head_offset(d, &h, task);
	float *p = w->local;
	grad_scratch s = grad_carve(&h, &p);
	pack_all(h.n, h.d, (matrix){argument(w, d, 1) + at, h.ld, 1}, s.keys);
	pack_all(h.n, h.d, (matrix){argument(w, d, 2) + at, h.ld, 1}, s.values);
	pack_all(h.d, h.n, (matrix){argument(w, d, 1) + at, h.ld, 0}, s.key_rows);
	for (int64_t i0 = 0; i0 < h.n; i0 += BLOCK_K)
		attention_grad_block(w, d, &h, &(row_block){i0, minimum(BLOCK_K, h.n - i0), at, accumulates(d)}, &s);
}

// penalty_factor is Scalar[0] / (B h N (N-1)), 0 where there are no pairs.
static INLINE float penalty_factor(const desc *d) {
	int64_t count = head_count(d) * d->dim[1] * (d->dim[1] - 1);
	return count > 0 ? d->scalar[0] / (float)count : 0;
}

static void attention_penalty_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	head h = head_of(d);
	int64_t at = head_offset(d, &h, task);
	float *p = w->local;
	grad_scratch s = grad_carve(&h, &p);
	vec scale = splat(h.scale), factor = splat(2 * penalty_factor(d) * *argument(w, d, 2) * h.scale);
	pack_all(h.n, h.d, (matrix){argument(w, d, 1) + at, h.ld, 1}, s.keys);
	pack_all(h.d, h.n, (matrix){argument(w, d, 1) + at, h.ld, 0}, s.key_rows);
	for (int64_t i0 = 0; i0 < h.n; i0 += BLOCK_K) {
		row_block b = {i0, minimum(BLOCK_K, h.n - i0), at, accumulates(d)};
		score_rows(&h, argument(w, d, 0) + at, i0, b.rows, s.keys, s.score_grads, s.sums);
		for (int64_t i = 0; i < b.rows; i++) {
			float *r = s.score_grads + i * h.n_width;
			for (int64_t j = 0; j < h.n; j += VL) store(r + j, (load(r + j) * scale) * factor);
			r[i0 + i] = 0;
		}
		rows_times(&h, &b, s.score_grads, s.key_rows, s.sums, argument(w, d, 3));
		columns_times(&h, &b, s.score_grads, argument(w, d, 0), s.block, s.dk_sums, argument(w, d, 4));
	}
}

#endif
