// OpGemm: how a product is cut into tasks.
#ifndef GMEL_GEMM_H
#define GMEL_GEMM_H

// Tasks of a product of many rows: row blocks that keep A in the first-level cache, over
// panels packed once for everybody. Few rows (weight gradients) are cut into a grid, and
// every task packs what it needs, block by block.
enum {
	ROW_BLOCK = 16 * TILE_ROWS,
	COLUMN_BLOCK = 8 * PANEL,
	FEW_ROWS = 256,
	DIRECT_ROWS = 24,        // below, packing costs more than it saves
	SPLIT_FLOPS = 1 << 19,   // smaller products are one task
	GRID_FLOPS = 4 << 20,    // a task of the grid
	MAX_GRID = 64,
};

typedef struct {
	int64_t m, n, k, groups;
	int shared_panels; // phase 0 packs B
	int64_t row_parts, column_blocks, column_block;
} gemm_shape;

static INLINE double gemm_flops(const desc *d) {
	return 2.0 * (double)d->dim[GEMM_M] * (double)d->dim[GEMM_N] * (double)d->dim[GEMM_K];
}

// grid_of cuts few rows: first by panels, which costs nothing, then by rows.
static INLINE void grid_of(gemm_shape *s, double flops) {
	int64_t want = minimum(MAX_GRID, (int64_t)(flops / GRID_FLOPS) + 1), panel_count = ceil_div(s->n, PANEL);
	s->column_block = PANEL * ceil_div(panel_count, minimum(want, panel_count));
	s->column_blocks = ceil_div(s->n, s->column_block);
	s->row_parts = minimum(ceil_div(want, s->column_blocks), ceil_div(s->m, TILE_ROWS));
}

static INLINE gemm_shape shape_of(const desc *d) {
	gemm_shape s = {d->dim[GEMM_M], d->dim[GEMM_N], d->dim[GEMM_K], d->dim[GEMM_GROUPS]};
	if (s.m == 0 || s.n == 0) return (gemm_shape){0};
	double flops = gemm_flops(d);
	s.shared_panels = s.m > FEW_ROWS && flops > SPLIT_FLOPS;
	if (s.shared_panels) {
		s.column_block = s.k > BLOCK_K ? COLUMN_BLOCK / 2 : COLUMN_BLOCK;
		s.column_blocks = ceil_div(s.n, s.column_block);
		s.row_parts = ceil_div(s.m, ROW_BLOCK);
	} else {
		grid_of(&s, flops);
	}
	return s;
}

static int64_t gemm_tasks(const desc *d, int phase) {
	gemm_shape s = shape_of(d);
	if (s.m == 0 || s.n == 0) return 0;
	if (phase == 0) return s.shared_panels ? s.groups * ceil_div(s.k, BLOCK_K) : 0;
	return s.groups * s.row_parts * s.column_blocks;
}

static int64_t gemm_shared(const desc *d) {
	gemm_shape s = shape_of(d);
	return s.shared_panels ? s.groups * s.k * panels_width(s.n) : 0;
}

// The scratch of a task: one packed block of B, and the sums of earlier blocks.
static int64_t gemm_local(const desc *d) {
	gemm_shape s = shape_of(d);
	int64_t width = panels_width(minimum(s.n, s.column_block)), rows = s.row_parts ? ceil_div(s.m, s.row_parts) + 1 : 0;
	return width * (rows + (s.shared_panels ? 0 : BLOCK_K));
}

static INLINE matrix gemm_a(const worker *w, const desc *d, int64_t group) {
	return (matrix){w->arena + d->arg[0] + group * d->dim[GEMM_STRIDE_A], d->dim[GEMM_LDA], (d->flags & FLAG_TRANS_A) != 0};
}

static INLINE matrix gemm_b(const worker *w, const desc *d, int64_t group) {
	return (matrix){w->arena + d->arg[1] + group * d->dim[GEMM_STRIDE_B], d->dim[GEMM_LDB], (d->flags & FLAG_TRANS_B) != 0};
}

static void gemm_pack(const worker *w, const desc *d, const gemm_shape *s, int64_t task) {
	int64_t blocks = ceil_div(s->k, BLOCK_K), group = task / blocks, k0 = task % blocks * BLOCK_K, width = panels_width(s->n);
	pack(s->n, minimum(BLOCK_K, s->k - k0), matrix_at(gemm_b(w, d, group), k0, 0), w->shared + (group * s->k + k0) * width);
}

static INLINE finish gemm_finish(const worker *w, const desc *d, int64_t group) {
	int64_t c = group * d->dim[GEMM_STRIDE_C];
	float *aux = argument(w, d, 3);
	return (finish){
		.c = w->arena + d->arg[4] + c, .ldc = d->dim[GEMM_LDC], .accumulate = accumulates(d),
		.bias = argument(w, d, 2), .aux = aux ? aux + c : NULL,
		.fn = (int)d->fn, .grad = (d->flags & FLAG_FN_GRAD) != 0, .p0 = d->scalar[0], .p1 = d->scalar[1]};
}

// gemm_block_panels gives the panels of columns [c.from, c.to) of the block at k0.
static INLINE panels gemm_block_panels(const worker *w, const desc *d, const gemm_shape *s, int64_t group, range rows, range c, int64_t k0) {
	int64_t kc = minimum(BLOCK_K, s->k - k0), n = c.to - c.from;
	if (s->shared_panels) return (panels){w->shared + (group * s->k + k0) * panels_width(s->n) + c.from * kc};
	matrix b = matrix_at(gemm_b(w, d, group), k0, c.from);
	if (!b.trans && rows.to - rows.from <= DIRECT_ROWS && n == panels_width(n)) return (panels){b.p, b.ld, 1};
	pack(n, kc, b, w->local);
	return (panels){w->local};
}

static void gemm_task(const worker *w, const desc *d, const gemm_shape *s, int64_t task) {
	int64_t column = task % s->column_blocks, rest = task / s->column_blocks;
	int64_t group = rest / s->row_parts;
	range r = part_range(rest % s->row_parts, s->row_parts, s->m), c = block_range(column, s->column_block, s->n);
	matrix a = matrix_at(gemm_a(w, d, group), r.from, 0);
	finish whole = gemm_finish(w, d, group), f = finish_at(&whole, r.from, c.from);
	int64_t n = c.to - c.from, ld = panels_width(n);
	float *sums = w->local + (s->shared_panels ? 0 : BLOCK_K * ld);
	int64_t k0 = 0;
	do { // also once for k = 0
		panels b = gemm_block_panels(w, d, s, group, r, c, k0);
		finish g = block_finish(&f, k0, s->k, sums, ld);
		product_block(r.to - r.from, n, minimum(BLOCK_K, s->k - k0), matrix_at(a, 0, k0), b, &g);
		k0 += BLOCK_K;
	} while (k0 < s->k);
}

static void gemm_run(const worker *w, const desc *d, int phase, int64_t task) {
	gemm_shape s = shape_of(d);
	if (phase == 0)
		gemm_pack(w, d, &s, task);
	else
		gemm_task(w, d, &s, task);
}

#endif
