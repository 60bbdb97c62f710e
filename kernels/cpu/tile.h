// The inner loops of products: tiles of sums in registers, with the epilogue.
//
// A tile is rows x (vecs * VL) elements of C. Each element is a chain of fma in ascending k over one
// block of BLOCK_K terms, so every tile shape gives the same bits.
#ifndef GMEL_TILE_H
#define GMEL_TILE_H

// A panel is up to TILE_VECS vectors of columns of B, stored k by k. The height of a tile is such
// that the sums, one row of the panel and one element of A fill the registers.
enum { TILE_VECS = 3 };
static const int tile_rows[TILE_VECS] = {TILE_ROWS_1, TILE_ROWS_2, TILE_ROWS_3};

// A finish is the epilogue for the sums of one block.
typedef struct {
	const float *before; // sums of the earlier blocks, with the layout of after; NULL for the first block
	float *after;        // output of the sums for later blocks; NULL for the last block
	int64_t ld_sums;
	float *c; // the result
	int64_t ldc;
	int accumulate;
	const float *bias, *aux; // bias of the first column; aux has the layout of c
	int fn, grad;
	float p0, p1; // parameters of fn
} finish;

// finish_at moves a finish to row i, column j of its matrix.
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

// finished_in_tile reports functions that are small enough for the registers of a tile.
static INLINE int finished_in_tile(int fn) { return fn == FN_IDENTITY || fn == FN_RELU || fn == FN_LEAKY_RELU; }

// A column of tiles over one panel: C from A[.,kc] (or [kc,.] if trans).
typedef struct {
	int64_t tiles, kc;
	const float *a;
	int64_t lda;
	const float *b;
	int64_t ldb;
	int64_t n;    // columns that exist
	int prefetch; // prefetch the rows of the next tile meanwhile
} tile_run;

typedef struct {
	vec v[TILE_MOST_ROWS][TILE_VECS];
} tile_sums;

// Only the last vector of a tile may extend over the edge.
static INLINE vec load_edge(const int last, const float *p, int64_t n) { return last ? load_part(p, n) : load(p); }
static INLINE void store_edge(const int last, float *p, vec v, int64_t n) {
	if (last)
		store_part(p, v, n);
	else
		store(p, v);
}

#define EACH_ROW UNROLL for (int i = 0; i < rows; i++)
#define EACH_VEC UNROLL for (int j = 0; j < vecs; j++)
#define EACH_SUM EACH_ROW EACH_VEC

static INLINE void finish_function(const int rows, const int vecs, const int fn, tile_sums *s, const finish *f, int64_t n) {
	vec p0 = splat(f->p0);
	if (f->grad)
		EACH_SUM {
			vec y = load_edge(j == vecs - 1, f->aux + i * f->ldc + j * VL, n - j * VL);
			s->v[i][j] = s->v[i][j] * slope(fn, y, y, p0, p0);
		}
	else
		EACH_SUM s->v[i][j] = apply(fn, s->v[i][j], p0, p0);
}

// finish_tile applies the epilogue and stores the sums. finish_rows applies the remaining functions.
static INLINE void finish_tile(const int rows, const int vecs, tile_sums *s, const finish *f, int64_t n) {
	if (f->before) EACH_SUM s->v[i][j] = load(f->before + i * f->ld_sums + j * VL) + s->v[i][j];
	if (f->after) {
		EACH_SUM store(f->after + i * f->ld_sums + j * VL, s->v[i][j]);
		return;
	}
	if (f->accumulate) EACH_SUM s->v[i][j] = load_edge(j == vecs - 1, f->c + i * f->ldc + j * VL, n - j * VL) + s->v[i][j];
	if (f->bias)
		EACH_VEC {
			vec bias = load_edge(j == vecs - 1, f->bias + j * VL, n - j * VL);
			EACH_ROW s->v[i][j] = s->v[i][j] + bias;
		}
	if (f->fn == FN_RELU) finish_function(rows, vecs, FN_RELU, s, f, n);
	if (f->fn == FN_LEAKY_RELU) finish_function(rows, vecs, FN_LEAKY_RELU, s, f, n);
	EACH_SUM store_edge(j == vecs - 1, f->c + i * f->ldc + j * VL, s->v[i][j], n - j * VL);
}

// A cache line holds LINE floats.
enum { LINE = 16 };

// add_term adds a[i] b[j] to every sum; rows, vecs and a_row as in tile_block.
static INLINE void add_term(const int rows, const int vecs, const float *a, int64_t a_row, const float *b, tile_sums *s) {
	vec column[TILE_VECS];
	EACH_VEC column[j] = load(b + j * VL);
	EACH_ROW {
		vec x = splat(a[i * a_row]);
		EACH_VEC s->v[i][j] = multiply_add(x, column[j], s->v[i][j]);
	}
}

// tile_block adds kc terms to every sum. rows, vecs and trans are constants at every call.
static INLINE void tile_block(const int rows, const int vecs, const int trans, const tile_run *t, const float *a, tile_sums *s) {
	const float *b = t->b;
	const int64_t lda = t->lda, ldb = t->ldb, a_step = trans ? lda : 1, a_row = trans ? 1 : lda;
	EACH_SUM s->v[i][j] = splat(0);
	for (int64_t left = t->kc; left > 0;) {
		int64_t part = trans ? left : minimum(left, LINE);
		if (!trans && t->prefetch) EACH_ROW __builtin_prefetch(a + (rows + i) * a_row);
		for (int64_t k = part; k > 0; k--) {
			add_term(rows, vecs, a, a_row, b, s);
			a += a_step;
			b += ldb;
		}
		left -= part;
	}
}

// run_tiles is a column of tiles.
static INLINE void run_tiles(const int rows, const int vecs, const int trans, const tile_run *t, const finish *f) {
	const float *a = t->a;
	for (int64_t i = 0; i < t->tiles; i++) {
		tile_sums s;
		finish g = finish_at(f, i * rows, 0);
		if (!g.after) EACH_ROW {
			__builtin_prefetch(g.c + i * g.ldc, 1);
			if (vecs * VL > LINE / 2) __builtin_prefetch(g.c + i * g.ldc + vecs * VL - 1, 1);
		}
		tile_block(rows, vecs, trans, t, a, &s);
		finish_tile(rows, vecs, &s, &g, t->n);
		a += rows * (trans ? 1 : t->lda);
	}
}

typedef void (*run_fn)(const tile_run *, const finish *);

#define DEFINE_RUN(rows, vecs, trans) \
	static __attribute__((noinline)) void run_##rows##_##vecs##_##trans(const tile_run *t, const finish *f) { run_tiles(rows, vecs, trans, t, f); }
#define NAME_RUN(rows, vecs, trans) run_##rows##_##vecs##_##trans,
#define UP_TO_4(X, v, t) X(1, v, t) X(2, v, t) X(3, v, t) X(4, v, t)
#define UP_TO_6(X, v, t) UP_TO_4(X, v, t) X(5, v, t) X(6, v, t)
#define UP_TO_9(X, v, t) UP_TO_6(X, v, t) X(7, v, t) X(8, v, t) X(9, v, t)
#define UP_TO_12(X, v, t) UP_TO_9(X, v, t) X(10, v, t) X(11, v, t) X(12, v, t)
#define UP_TO_14(X, v, t) UP_TO_12(X, v, t) X(13, v, t) X(14, v, t)
#define UP_TO_(n, X, v, t) UP_TO_##n(X, v, t)
#define UP_TO(n, X, v, t) UP_TO_(n, X, v, t)
#define EACH_HEIGHT(X, t) {UP_TO(TILE_ROWS_1, X, 1, t)}, {UP_TO(TILE_ROWS_2, X, 2, t)}, {UP_TO(TILE_ROWS_3, X, 3, t)}
#define DEFINE_RUNS(t) UP_TO(TILE_ROWS_1, DEFINE_RUN, 1, t) UP_TO(TILE_ROWS_2, DEFINE_RUN, 2, t) UP_TO(TILE_ROWS_3, DEFINE_RUN, 3, t)
DEFINE_RUNS(0)
DEFINE_RUNS(1)
static const run_fn runs[2][TILE_VECS][TILE_MOST_ROWS] = {{EACH_HEIGHT(NAME_RUN, 0)}, {EACH_HEIGHT(NAME_RUN, 1)}};

#endif
