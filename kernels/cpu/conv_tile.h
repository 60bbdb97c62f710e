// The inner loop of the convolutions: a tile in registers. Its rows may be anywhere in memory.
#ifndef GMEL_CONV_TILE_H
#define GMEL_CONV_TILE_H

// More rows would not leave a register for the address of each row.
enum { CONV_ROWS = TILE_ROWS_2 < 8 ? TILE_ROWS_2 : 8, CONV_VECS = 2 };

// Panels of the convolutions are PANEL columns wide; the last one may have VL.
static INLINE int64_t conv_width(int64_t columns_left) { return columns_left > VL ? PANEL : VL; }
static INLINE int64_t conv_panels(int64_t n) { return ceil_div(n, PANEL); }

// A span is a range of terms at equal steps in every row of A.
typedef struct {
	int64_t from, count; // floats from the address of the row, terms
	int64_t ends;        // a block of the product sum ends here
} span;

// A tile of C[rows, vecs * VL]: the sums of the blocks are stored in sums.
typedef struct {
	const float *row[CONV_ROWS];
	int64_t step; // floats from one term of A to the next
	const span *spans;
	int64_t span_count;
	const float *panel; // B, one row of vecs * VL floats for each term
	float *sums;
	int64_t ld;
	int add; // add to sums instead of overwriting them
} conv_input;

// conv_tile computes one chain of fma for each element and block; rows and vecs are constants at
// every call.
static INLINE void conv_tile(const int rows, const int vecs, const conv_input *in) {
	vec sum[CONV_ROWS][CONV_VECS];
	const float *b = in->panel, *row[CONV_ROWS];
	const int64_t step = in->step;
	int add = in->add;
	UNROLL for (int i = 0; i < rows; i++) {
		row[i] = in->row[i];
		UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = splat(0);
	}
	for (const span *s = in->spans, *end = s + in->span_count; s < end; s++) {
		int64_t at = s->from;
		for (int64_t n = s->count; n > 0; n--) {
			vec column[CONV_VECS];
			UNROLL for (int j = 0; j < vecs; j++) column[j] = load(b + j * VL);
			UNROLL for (int i = 0; i < rows; i++) {
				vec x = splat(row[i][at]);
				UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = multiply_add(x, column[j], sum[i][j]);
			}
			at += step;
			b += vecs * VL;
		}
		if (!s->ends) continue;
		UNROLL for (int i = 0; i < rows; i++)
			UNROLL for (int j = 0; j < vecs; j++) {
				float *p = in->sums + i * in->ld + j * VL;
				store(p, add ? load(p) + sum[i][j] : sum[i][j]);
				sum[i][j] = splat(0);
			}
		add = 1;
	}
}

typedef void (*conv_tile_fn)(const conv_input *);

#define CONV_TILE(rows, vecs) \
	static __attribute__((noinline)) void conv_tile_##rows##_##vecs(const conv_input *in) { conv_tile(rows, vecs, in); }
#define CONV_TILES(v) CONV_TILE(1, v) CONV_TILE(2, v) CONV_TILE(3, v) CONV_TILE(4, v) CONV_TILE(5, v) CONV_TILE(6, v)
#define CONV_NAMES(v) conv_tile_1_##v, conv_tile_2_##v, conv_tile_3_##v, conv_tile_4_##v, conv_tile_5_##v, conv_tile_6_##v
CONV_TILES(1) CONV_TILES(2)
#if TILE_ROWS_2 > 6
CONV_TILE(7, 1) CONV_TILE(8, 1) CONV_TILE(7, 2) CONV_TILE(8, 2)
static const conv_tile_fn conv_tiles[CONV_VECS][CONV_ROWS] = {
	{CONV_NAMES(1), conv_tile_7_1, conv_tile_8_1}, {CONV_NAMES(2), conv_tile_7_2, conv_tile_8_2}};
#else
static const conv_tile_fn conv_tiles[CONV_VECS][CONV_ROWS] = {{CONV_NAMES(1)}, {CONV_NAMES(2)}};
#endif

// conv_multiply picks the tile for a panel of the given width.
static INLINE void conv_multiply(const conv_input *in, int64_t rows, int64_t width) { conv_tiles[width / VL - 1][rows - 1](in); }

// The epilogue of a tile: + bias, y +, f or the derivative of f.
typedef struct {
	float *y;
	const float *bias, *aux; // aux has the layout of y
	int accumulate, fn;
	float p0, p1;
} conv_finish;

#define CONV_FINISH_CASE(code)                                                                                     \
	case code:                                                                                                 \
		for (int64_t j = 0; j < n; j += VL) {                                                              \
			vec t = load_part(y + j, n - j);                                                           \
			if (aux) {                                                                                 \
				vec v = load_part(aux + j, n - j);                                                 \
				t = t * slope(code, v, v, p0, p1);                                                 \
			} else {                                                                                   \
				t = apply(code, t, p0, p1);                                                        \
			}                                                                                          \
			store_part(y + j, t, n - j);                                                               \
		}                                                                                                  \
		break;
static __attribute__((noinline)) void conv_apply(const conv_finish *f, float *y, const float *aux, int64_t n) {
	vec p0 = splat(f->p0), p1 = splat(f->p1);
	switch (f->fn) { FOR_EACH_FN(CONV_FINISH_CASE) }
}

// conv_finish_row applies the epilogue to n columns of one pixel from column j on. The pixel is at y[to].
static INLINE void conv_finish_row(const conv_finish *f, const float *sums, int64_t to, int64_t j, int64_t n) {
	float *y = f->y + to + j;
	for (int64_t i = 0; i < n; i += VL) {
		vec t = load(sums + i);
		if (f->bias) t = t + load_part(f->bias + j + i, n - i);
		if (f->accumulate) t = load_part(y + i, n - i) + t;
		if (f->fn == FN_RELU && !f->aux) t = apply(FN_RELU, t, t, t);
		store_part(y + i, t, n - i);
	}
	if (f->fn != FN_IDENTITY && (f->aux || f->fn != FN_RELU)) conv_apply(f, y, f->aux ? f->aux + to + j : NULL, n);
}

#endif
