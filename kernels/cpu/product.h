// Product sums C = A B on one thread: tiles of registers over packed panels of B.
//
// Each element of C is a chain of fma in ascending k over a block of BLOCK_K terms; the sums
// of the blocks are added in order. Only rows and columns of C are ever split, so any tile
// shape gives the same bits.
#ifndef GMEL_PRODUCT_H
#define GMEL_PRODUCT_H

// A panel is PANEL columns of B (or VL, at the right edge), stored k by k.
enum { PANEL_VECS = 2, PANEL = PANEL_VECS * VL };

static INLINE int64_t panel_width(int64_t columns_left) { return columns_left > VL ? PANEL : VL; }

// panels_width is the width of n columns cut into panels.
static INLINE int64_t panels_width(int64_t n) {
	int64_t rest = n % PANEL;
	return n - rest + (rest == 0 ? 0 : panel_width(rest));
}

// A finish says what becomes of the sums of one block.
typedef struct {
	const float *before; // sums of the earlier blocks, NULL for the first; laid out like after
	float *after;        // where to leave the sums for later blocks; NULL when this is the last
	int64_t ld_sums;
	float *c; // the result
	int64_t ldc;
	int accumulate;
	const float *bias, *aux; // bias of the first column; aux laid out like c
	int fn, grad;
	float p0, p1; // parameters of fn
} finish;

// at moves a finish to row i, column j of its matrix.
static INLINE finish finish_at(const finish *f, int64_t i, int64_t j) {
	finish g = *f;
	int64_t sums = i * f->ld_sums + j, c = i * f->ldc + j;
	if (g.before) g.before += sums;
	if (g.after) g.after += sums;
	if (g.c) g.c += c;
	if (g.aux) g.aux += c;
	if (g.bias) g.bias += j;
	return g;
}

// One block of a product: C[m,n] from A[m,kc] (or [kc,m] if trans) and one panel.
typedef struct {
	int64_t kc;
	const float *a;
	int64_t lda;
	const float *b;
	int64_t ldb;
	int64_t n;    // columns that exist
	float *spill; // [TILE_ROWS][PANEL], for what the tile does not finish itself
} tile_input;

// finish_rows finishes what a tile has left in c: the functions too large for its registers.
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

// finish_spilled finishes a tile that is in memory: at the edges of C, in all blocks but a
// single one, and where a slope is applied.
static __attribute__((noinline)) void finish_spilled(const finish *f, const float *spill, int64_t rows, int64_t n) {
	for (int64_t i = 0; i < rows; i++)
		for (int64_t j = 0; j < n; j += VL) {
			vec t = load(spill + i * PANEL + j);
			int64_t c = i * f->ldc + j, rest = n - j;
			if (f->before) t = load(f->before + i * f->ld_sums + j) + t;
			if (f->after) {
				store(f->after + i * f->ld_sums + j, t);
				continue;
			}
			if (f->accumulate) t = load_part(f->c + c, rest) + t;
			if (f->bias) t = t + load_part(f->bias + j, rest);
			store_part(f->c + c, t, rest);
		}
	if (!f->after && (f->fn != FN_IDENTITY)) finish_rows(f, rows, n);
}

// tile is the inner loop: rows x (vecs * VL) sums in registers. rows, vecs and trans are
// constants at every call. It finishes whole tiles of products of one block itself.
static INLINE void tile(const int rows, const int vecs, const int trans, const tile_input *in, const finish *f) {
	vec sum[TILE_ROWS][PANEL_VECS];
	const float *a = in->a, *b = in->b;
	const int64_t lda = in->lda, ldb = in->ldb, a_step = trans ? lda : 1, a_row = trans ? 1 : lda;
	UNROLL for (int i = 0; i < rows; i++)
		UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = splat(0);
	for (int64_t k = in->kc; k > 0; k--) {
		vec column[PANEL_VECS];
		UNROLL for (int j = 0; j < vecs; j++) column[j] = load(b + j * VL);
		UNROLL for (int i = 0; i < rows; i++) {
			vec x = splat(a[i * a_row]);
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = multiply_add(x, column[j], sum[i][j]);
		}
		a += a_step;
		b += ldb;
	}
	if (in->n < vecs * VL || f->before || f->after || f->aux) {
		UNROLL for (int i = 0; i < rows; i++)
			UNROLL for (int j = 0; j < vecs; j++) store(in->spill + i * PANEL + j * VL, sum[i][j]);
		return;
	}
	if (f->accumulate)
		UNROLL for (int i = 0; i < rows; i++)
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = load(f->c + i * f->ldc + j * VL) + sum[i][j];
	if (f->bias)
		UNROLL for (int j = 0; j < vecs; j++) {
			vec bias = load(f->bias + j * VL);
			UNROLL for (int i = 0; i < rows; i++) sum[i][j] = sum[i][j] + bias;
		}
	if (f->fn == FN_RELU)
		UNROLL for (int i = 0; i < rows; i++)
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = apply(FN_RELU, sum[i][j], sum[i][j], sum[i][j]);
	UNROLL for (int i = 0; i < rows; i++)
		UNROLL for (int j = 0; j < vecs; j++) store(f->c + i * f->ldc + j * VL, sum[i][j]);
}

typedef void (*tile_fn)(const tile_input *, const finish *);

#define TILE(rows, vecs, trans) \
	static __attribute__((noinline)) void tile_##rows##_##vecs##_##trans(const tile_input *in, const finish *f) { tile(rows, vecs, trans, in, f); }
#define TILES6(v, t) TILE(1, v, t) TILE(2, v, t) TILE(3, v, t) TILE(4, v, t) TILE(5, v, t) TILE(6, v, t)
#define NAMES6(v, t) tile_1_##v##_##t, tile_2_##v##_##t, tile_3_##v##_##t, tile_4_##v##_##t, tile_5_##v##_##t, tile_6_##v##_##t
#if TILE_ROWS == 14
#define TILES(v, t) \
	TILES6(v, t) TILE(7, v, t) TILE(8, v, t) TILE(9, v, t) TILE(10, v, t) TILE(11, v, t) TILE(12, v, t) TILE(13, v, t) TILE(14, v, t)
#define NAMES(v, t) \
	NAMES6(v, t), tile_7_##v##_##t, tile_8_##v##_##t, tile_9_##v##_##t, tile_10_##v##_##t, tile_11_##v##_##t, tile_12_##v##_##t, tile_13_##v##_##t, tile_14_##v##_##t
#else
#define TILES(v, t) TILES6(v, t)
#define NAMES(v, t) NAMES6(v, t)
#endif
TILES(1, 0) TILES(2, 0) TILES(1, 1) TILES(2, 1)
static const tile_fn tiles[2][PANEL_VECS][TILE_ROWS] = {{{NAMES(1, 0)}, {NAMES(2, 0)}}, {{NAMES(1, 1)}, {NAMES(2, 1)}}};

// A matrix with one unit stride: element (r, c) is at r * ld + c, or c * ld + r if trans.
typedef struct {
	const float *p;
	int64_t ld;
	int trans;
} matrix;

static INLINE matrix matrix_at(matrix m, int64_t r, int64_t c) {
	m.p += m.trans ? c * m.ld + r : r * m.ld + c;
	return m;
}

// Right factors: packed panels, or B itself when its rows can be read as panels.
typedef struct {
	const float *p;
	int64_t ld; // of B itself
	int direct; // B itself
} panels;

// product_block multiplies one block of kc terms: a is m x kc, b holds n columns.
static void product_block(int64_t m, int64_t n, int64_t kc, matrix a, panels b, const finish *f) {
	int64_t tile_count = ceil_div(m, TILE_ROWS);
	float spill[TILE_ROWS * PANEL] __attribute__((aligned(64)));
	for (int64_t j = 0; j < n; j += PANEL) {
		int64_t width = panel_width(n - j), columns = minimum(n - j, width);
		tile_input in = {.kc = kc, .lda = a.ld, .b = b.direct ? b.p + j : b.p + j * kc, .ldb = b.direct ? b.ld : width, .n = columns, .spill = spill};
		int spilled = columns < width || f->before || f->after || f->aux;
		int late = f->fn != FN_IDENTITY && f->fn != FN_RELU;
		const tile_fn *table = tiles[a.trans][width / VL - 1];
		for (int64_t t = 0; t < tile_count; t++) {
			range r = part_range(t, tile_count, m); // tiles of equal height
			in.a = matrix_at(a, r.from, 0).p;
			finish g = finish_at(f, r.from, j);
			table[r.to - r.from - 1](&in, &g);
			if (spilled)
				finish_spilled(&g, spill, r.to - r.from, columns);
			else if (late)
				finish_rows(&g, r.to - r.from, columns);
		}
	}
}

// pack_panel copies columns of b (kc rows) to a panel, zeros behind them.
static void pack_panel(int64_t columns, int64_t kc, matrix b, float *out, int64_t width) {
	if (!b.trans) {
		for (int64_t k = 0; k < kc; k++)
			for (int64_t j = 0; j < width; j += VL)
				store(out + k * width + j, j < columns ? load_part(b.p + k * b.ld + j, columns - j) : splat(0));
		return;
	}
	int64_t j = 0;
	for (; j + 4 <= columns; j += 4) {
		int64_t k = 0;
		for (; k + 4 <= kc; k += 4) transpose4(b.p + j * b.ld + k, b.ld, out + k * width + j, width);
		for (; k < kc; k++)
			for (int64_t q = j; q < j + 4; q++) out[k * width + q] = b.p[q * b.ld + k];
	}
	for (; j < width; j++)
		for (int64_t k = 0; k < kc; k++) out[k * width + j] = j < columns ? b.p[j * b.ld + k] : 0;
}

// pack copies b (kc x n, one block) to panels.
static void pack(int64_t n, int64_t kc, matrix b, float *out) {
	for (int64_t j = 0; j < n; j += PANEL) {
		int64_t width = panel_width(n - j);
		pack_panel(minimum(n - j, width), kc, matrix_at(b, 0, j), out + j * kc, width);
	}
}

// pack_all packs all blocks of b (k x n), one after the other.
static void pack_all(int64_t n, int64_t k, matrix b, float *out) {
	for (int64_t k0 = 0; k0 < k; k0 += BLOCK_K)
		pack(n, minimum(BLOCK_K, k - k0), matrix_at(b, k0, 0), out + k0 * panels_width(n));
}

// block_finish is f for the block at k0 of k: sums hold the blocks before the last.
static INLINE finish block_finish(const finish *f, int64_t k0, int64_t k, float *sums, int64_t ld) {
	finish g = *f;
	g.ld_sums = ld;
	g.before = k0 > 0 ? sums : NULL;
	g.after = k0 + BLOCK_K < k ? sums : NULL;
	return g;
}

// product multiplies a (m x k) with the panels that pack_all made of b (k x n). sums is
// scratch of m * panels_width(n) floats, needed when k > BLOCK_K.
static void product(int64_t m, int64_t n, int64_t k, matrix a, const float *b, float *sums, const finish *f) {
	int64_t k0 = 0, width = panels_width(n);
	do { // also once for k = 0
		finish g = block_finish(f, k0, k, sums, width);
		product_block(m, n, minimum(BLOCK_K, k - k0), matrix_at(a, 0, k0), (panels){b + k0 * width}, &g);
		k0 += BLOCK_K;
	} while (k0 < k);
}

#endif
