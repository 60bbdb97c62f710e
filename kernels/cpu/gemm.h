// OpGemm: how a product is cut into tasks.
#ifndef GMEL_GEMM_H
#define GMEL_GEMM_H

// Three ways to cut:
//   ROW_BLOCKS (many rows): phase 0 packs B once for all tasks, phase 1 computes blocks of rows.
//   TERM_BLOCKS (few rows, many terms: weight gradients): phase 0 computes the sums of blocks of
//     terms, phase 1 adds them in order.
//   GRID (all others): rectangles of C; every task packs its part of B.
typedef enum { ROW_BLOCKS, TERM_BLOCKS, GRID } gemm_cut;

enum {
	LEAST_ROWS = 96, // of a row block
	MOST_ROWS = 512,
	COLUMN_BLOCK = 8 * PANEL,
	FEW_ROWS = 256,
	DIRECT_ROWS = 64, // with at most this many rows packing costs more than it saves
	DIRECT_LD = 32,   // with at most this stride reading in order gains little
	TASK_FLOPS = 2 << 20,    // of a row block
	GRID_FLOPS = 1 << 19,    // of a task of the grid
	SUMS_LIMIT = 2 << 20,    // floats of the sums of all blocks of terms
	SUM_TASK = 1024,         // elements of C in a task that adds these sums
};

typedef struct {
	int64_t m, n, k, groups, blocks;
	gemm_cut cut;
	int swapped; // TERM_BLOCKS: sums of the transposed C, because its rows fill vectors better
	int64_t row_parts, column_blocks, column_block;
} gemm_shape;

static INLINE int64_t gemm_flops(const gemm_shape *s) { return 2 * s->m * s->n * s->k; }

// grid_of cuts by panels first, which costs nothing, then by rows.
static INLINE void grid_of(gemm_shape *s) {
	int64_t want = gemm_flops(s) / GRID_FLOPS + 1, panel_count = ceil_div(s->n, PANEL);
	s->column_block = PANEL * ceil_div(panel_count, minimum(want, panel_count));
	s->column_blocks = ceil_div(s->n, s->column_block);
	s->row_parts = maximum(1, minimum(want / s->column_blocks, s->m / (2 * TILE_ROWS_2)));
}

static INLINE void row_blocks_of(gemm_shape *s) {
	s->column_block = minimum(COLUMN_BLOCK, panels_width(s->n));
	s->column_blocks = ceil_div(s->n, s->column_block);
	int64_t rows = TASK_FLOPS / (2 * s->k * s->column_block + 1);
	s->row_parts = ceil_div(s->m, maximum(LEAST_ROWS, minimum(MOST_ROWS, rows)));
}

// term_blocks_of cuts the rows of the sums, so that several tasks add them.
static INLINE void term_blocks_of(gemm_shape *s) {
	s->row_parts = s->swapped ? 1 : minimum(s->m, ceil_div(s->m * s->n, SUM_TASK));
}

// The matrix of sums of a block of terms.
static INLINE int64_t term_rows(const gemm_shape *s) { return s->swapped ? s->n : s->m; }
static INLINE int64_t term_width(const gemm_shape *s) { return panels_width(s->swapped ? s->m : s->n); }
static INLINE int64_t term_sums(const gemm_shape *s) { return term_rows(s) * term_width(s); }

static INLINE gemm_cut cut_of(const gemm_shape *s, const desc *d) {
	if (d->flags & FLAG_PACKED) return ROW_BLOCKS;
	if (s->m > FEW_ROWS && gemm_flops(s) > GRID_FLOPS) return ROW_BLOCKS;
	int many = s->blocks > 1 && gemm_flops(s) > GRID_FLOPS;
	return (many || s->swapped) && s->groups * s->blocks * term_sums(s) <= SUMS_LIMIT ? TERM_BLOCKS : GRID;
}

static INLINE gemm_shape shape_of(const desc *d) {
	gemm_shape s = {d->dim[GEMM_M], d->dim[GEMM_N], d->dim[GEMM_K], d->dim[GEMM_GROUPS]};
	if (s.m == 0 || s.n == 0) return (gemm_shape){0};
	s.blocks = maximum(1, ceil_div(s.k, BLOCK_K));
	s.swapped = !(d->flags & FLAG_PACKED) && (d->flags & FLAG_TRANS_A) && s.n < VL && s.m > s.n && s.m <= FEW_ROWS;
	s.cut = cut_of(&s, d);
	switch (s.cut) {
	case ROW_BLOCKS: row_blocks_of(&s); break;
	case TERM_BLOCKS: term_blocks_of(&s); break;
	case GRID: grid_of(&s); break;
	}
	return s;
}

static int64_t gemm_tasks(const desc *d, int phase) {
	gemm_shape s = shape_of(d);
	if (s.groups == 0) return 0;
	if (phase == 0) return s.cut == GRID ? 0 : s.groups * s.blocks;
	return s.groups * s.row_parts * (s.cut == TERM_BLOCKS ? 1 : s.column_blocks);
}

static int64_t gemm_shared(const desc *d) {
	gemm_shape s = shape_of(d);
	if (s.groups == 0 || s.cut == GRID) return 0;
	return s.groups * (s.cut == ROW_BLOCKS ? s.k * panels_width(s.n) : s.blocks * term_sums(&s));
}

static INLINE range gemm_rows(const gemm_shape *s, int64_t part) { return part_range(part, s->row_parts, s->m); }

// The scratch of a task: a packed block, and the sums of earlier blocks or of all blocks.
static int64_t gemm_local(const desc *d) {
	gemm_shape s = shape_of(d);
	if (s.groups == 0) return 0;
	int64_t rows = ceil_div(s.m, s.row_parts) + 1;
	if (s.cut == TERM_BLOCKS) return maximum(BLOCK_K * term_width(&s), term_sums(&s) + rows * panels_width(s.n));
	return panels_width(minimum(s.n, s.column_block)) * (rows + (s.cut == GRID ? BLOCK_K : 0));
}

static INLINE matrix gemm_a(const worker *w, const desc *d, int64_t group) {
	return (matrix){w->arena + d->arg[0] + group * d->dim[GEMM_STRIDE_A], d->dim[GEMM_LDA], (d->flags & FLAG_TRANS_A) != 0};
}

static INLINE matrix gemm_b(const worker *w, const desc *d, int64_t group) {
	return (matrix){w->arena + d->arg[1] + group * d->dim[GEMM_STRIDE_B], d->dim[GEMM_LDB], (d->flags & FLAG_TRANS_B) != 0};
}

static INLINE finish gemm_finish(const worker *w, const desc *d, int64_t group) {
	int64_t c = group * d->dim[GEMM_STRIDE_C];
	float *bias = argument(w, d, 2), *aux = argument(w, d, 3);
	return (finish){
		.c = w->arena + d->arg[4] + c, .ldc = d->dim[GEMM_LDC], .accumulate = accumulates(d),
		.bias = bias ? bias + group * d->dim[GEMM_STRIDE_BIAS] : NULL, .aux = aux ? aux + c : NULL,
		.fn = (int)d->fn, .grad = (d->flags & FLAG_FN_GRAD) != 0, .p0 = d->scalar[0], .p1 = d->scalar[1]};
}

// gemm_pack packs one block of B; each block of columns is packed separately.
static void gemm_pack(const worker *w, const desc *d, const gemm_shape *s, int64_t task) {
	int64_t group = task / s->blocks, k0 = task % s->blocks * BLOCK_K, kc = minimum(BLOCK_K, s->k - k0);
	float *out = w->shared + (group * s->k + k0) * panels_width(s->n);
	for (int64_t i = 0; i < s->column_blocks; i++) {
		range c = block_range(i, s->column_block, s->n);
		pack(c.to - c.from, kc, matrix_at(gemm_b(w, d, group), k0, c.from), out + c.from * kc);
	}
}

// right_factor packs kc rows and n columns of b to scratch if that saves time.
static INLINE panels right_factor(const worker *w, int64_t rows, int64_t n, int64_t kc, matrix b) {
	int direct = !b.trans && (rows <= DIRECT_ROWS || b.ld <= DIRECT_LD);
	if (direct && n == panels_width(n)) return (panels){b.p, b.ld, 1};
	pack(n, kc, b, w->local);
	return (panels){w->local};
}

// gemm_panels returns the panels of columns c of the block at k0.
static INLINE panels gemm_panels(const worker *w, const desc *d, const gemm_shape *s, int64_t group, range rows, range c, int64_t k0) {
	int64_t kc = minimum(BLOCK_K, s->k - k0);
	if (s->cut == ROW_BLOCKS) return (panels){w->shared + (group * s->k + k0) * panels_width(s->n) + c.from * kc};
	return right_factor(w, rows.to - rows.from, c.to - c.from, kc, matrix_at(gemm_b(w, d, group), k0, c.from));
}

// gemm_rectangle computes rows r and some columns of C.
static void gemm_rectangle(const worker *w, const desc *d, const gemm_shape *s, int64_t task) {
	int64_t column = task % s->column_blocks, rest = task / s->column_blocks, group = rest / s->row_parts;
	range r = gemm_rows(s, rest % s->row_parts), c = block_range(column, s->column_block, s->n);
	matrix a = matrix_at(gemm_a(w, d, group), r.from, 0);
	finish whole = gemm_finish(w, d, group), f = finish_at(&whole, r.from, c.from);
	int64_t n = c.to - c.from, ld = panels_width(n);
	float *sums = w->local + (s->cut == GRID ? BLOCK_K * ld : 0);
	int64_t k0 = 0;
	do { // once even if k = 0
		panels b = gemm_panels(w, d, s, group, r, c, k0);
		finish g = block_finish(&f, k0, s->k, sums, ld);
		product_block(r.to - r.from, n, minimum(BLOCK_K, s->k - k0), matrix_at(a, 0, k0), b, &g);
		k0 += BLOCK_K;
	} while (k0 < s->k);
}

static INLINE matrix transposed(matrix m) {
	m.trans = !m.trans;
	return m;
}

// gemm_terms stores the sums of one block of terms in shared scratch.
static void gemm_terms(const worker *w, const desc *d, const gemm_shape *s, int64_t task) {
	int64_t group = task / s->blocks, k0 = task % s->blocks * BLOCK_K, kc = minimum(BLOCK_K, s->k - k0);
	matrix a = matrix_at(gemm_a(w, d, group), 0, k0), b = matrix_at(gemm_b(w, d, group), k0, 0);
	int64_t rows = term_rows(s), columns = s->m + s->n - rows;
	matrix left = s->swapped ? transposed(b) : a, right = s->swapped ? transposed(a) : b;
	panels p = right_factor(w, rows, columns, kc, right);
	finish f = {.after = w->shared + task * term_sums(s), .ld_sums = term_width(s)};
	product_block(rows, columns, kc, left, p, &f);
}

// add_sums adds the sums of all blocks in ascending order, for the first n elements.
static INLINE void add_sums(const gemm_shape *s, const float *sums, int64_t n, float *out) {
	for (int64_t i = 0; i < n; i += VL) {
		vec t = load(sums + i);
		for (int64_t b = 1; b < s->blocks; b++) t = t + load(sums + b * term_sums(s) + i);
		store(out + i, t);
	}
}

// gemm_sums computes some rows of C from the sums of blocks of terms.
static void gemm_sums(const worker *w, const desc *d, const gemm_shape *s, int64_t task) {
	int64_t group = task / s->row_parts, width = term_width(s);
	range r = gemm_rows(s, task % s->row_parts);
	const float *sums = w->shared + group * s->blocks * term_sums(s);
	finish whole = gemm_finish(w, d, group), f = finish_at(&whole, r.from, 0);
	float *total = w->local;
	if (!s->swapped) {
		add_sums(s, sums + r.from * width, (r.to - r.from) * width, total);
	} else {
		float *columns = total + (r.to - r.from) * VL;
		add_sums(s, sums, term_sums(s), columns);
		for (int64_t i = r.from; i < r.to; i++)
			for (int64_t j = 0; j < s->n; j++) total[i * VL + j] = columns[j * width + i];
		width = VL;
	}
	finish_sums(&f, total, width, r.to - r.from, s->n);
}

static void gemm_run(const worker *w, const desc *d, int phase, int64_t task) {
	gemm_shape s = shape_of(d);
	if (s.cut == TERM_BLOCKS)
		(phase == 0 ? gemm_terms : gemm_sums)(w, d, &s, task);
	else
		(phase == 0 ? gemm_pack : gemm_rectangle)(w, d, &s, task);
}

#endif
