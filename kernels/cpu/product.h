// Product sums C = A B on one thread: columns of tiles over packed panels of B. The sums of the
// blocks of k are added in order. Only rows and columns of C are ever split.
#ifndef GMEL_PRODUCT_H
#define GMEL_PRODUCT_H

// finish_rows applies the functions that are too large for the registers of a tile. They are applied
// to c after the tiles.
#define FINISH_CASE(code)                                                                                                  \
	case code:                                                                                                         \
		for (int64_t i = 0; i < rows; i++)                                                                         \
			for (int64_t j = 0; j < n; j += VL) {                                                              \
				float *c = f->c + i * f->ldc + j;                                                          \
				vec t = load_part(c, n - j);                                                               \
				if (f->grad) {                                                                             \
					vec y = load_part(f->aux + i * f->ldc + j, n - j);                                 \
					t = t * slope(code, y, y, p0, p1);                                                 \
				} else {                                                                                   \
					t = apply(code, t, p0, p1);                                                        \
				}                                                                                          \
				store_part(c, t, n - j);                                                                   \
			}                                                                                                  \
		break;
static __attribute__((noinline)) void finish_rows(const finish *f, int64_t rows, int64_t n) {
	vec p0 = splat(f->p0), p1 = splat(f->p1);
	switch (f->fn) { FOR_EACH_FN(FINISH_CASE) }
}

// finish_sums applies the epilogue to sums in memory.
static void finish_sums(const finish *f, const float *sums, int64_t ld, int64_t rows, int64_t n) {
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < n; j += VL) {
			float *c = f->c + i * f->ldc + j;
			vec t = load(sums + i * ld + j);
			if (f->accumulate) t = load_part(c, n - j) + t;
			if (f->bias) t = t + load_part(f->bias + j, n - j);
			store_part(c, t, n - j);
		}
	if (f->fn != FN_IDENTITY) finish_rows(f, rows, n);
}

// product_panel multiplies m rows of a with one panel, in tiles of nearly equal height.
static INLINE void product_panel(int64_t m, matrix a, tile_run t, int64_t width, const finish *f) {
	int64_t vecs = width / VL, tiles = ceil_div(m, tile_rows[vecs - 1]);
	if (tiles == 0) return;
	int64_t height = m / tiles, higher = m % tiles, done = higher * (height + 1);
	const run_fn *by_height = runs[a.trans][vecs - 1];
	t.a = a.p, t.lda = a.ld;
	if (higher) {
		t.tiles = higher;
		by_height[height](&t, f);
	}
	finish rest = finish_at(f, done, 0);
	t.a = matrix_at(a, done, 0).p;
	t.tiles = tiles - higher;
	by_height[height - 1](&t, &rest);
}

// product_block multiplies one block of kc terms: a is m x kc, b has n columns.
static void product_block(int64_t m, int64_t n, int64_t kc, matrix a, panels b, const finish *f) {
	for (int64_t j = 0, width; j < n; j += width) {
		width = panel_width(n - j);
		tile_run t = {.kc = kc, .ldb = b.direct ? b.ld : width, .n = minimum(n - j, width), .prefetch = j == 0 && !a.trans};
		t.b = b.p + (b.direct ? j : j * kc);
		finish g = finish_at(f, 0, j);
		product_panel(m, a, t, width, &g);
		if (!g.after && !finished_in_tile(g.fn)) finish_rows(&g, m, t.n);
	}
}

// block_finish is the epilogue of the block at k0 of k. Before the last block, sums are stored in sums.
static INLINE finish block_finish(const finish *f, int64_t k0, int64_t k, float *sums, int64_t ld) {
	finish g = *f;
	g.ld_sums = ld;
	g.before = k0 > 0 ? sums : NULL;
	g.after = k0 + BLOCK_K < k ? sums : NULL;
	return g;
}

#endif
