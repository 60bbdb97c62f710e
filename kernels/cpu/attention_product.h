// The products of attention, for one head and a few queries. They are so small that calls and copies
// cost as much as sums. Their factors are copied to panels first: rows that are far apart would
// compete for the same cache sets.
#ifndef GMEL_ATTENTION_PRODUCT_H
#define GMEL_ATTENTION_PRODUCT_H

// Rows of sums in registers at once: with two vectors each, or with one.
enum { WIDE_ROWS = 6, NARROW_ROWS = 8 };

// Terms of one iteration of the inner loop.
enum { TERMS = 4 };

// How the sums of a block begin and end. FRESH begins with 0 and CONTINUE with the sums in c; both
// store to c. ADD adds the sums of the block to c.
typedef enum { FRESH, CONTINUE, ADD } sum_mode;

// A strip is C[rows, columns] from one block of terms. Both factors are panels: contiguous rows of
// PANEL numbers. Term k of the right factor is row k. Term k of the left factor is row k (by_rows)
// or column k; after the last column it continues in the panel at jump.
typedef struct {
	const float *a;
	int64_t jump;
	const float *b;
	int64_t terms;
	float *c;
	int64_t ldc;
	sum_mode mode;
} strip;

// strip_terms adds a few terms to rows x vecs sums.
static INLINE void strip_terms(const int rows, const int vecs, const int by_rows, const int terms, const float *a, const float *b, vec sum[][2]) {
	const int row = by_rows ? 1 : PANEL, step = by_rows ? PANEL : 1;
	UNROLL for (int k = 0; k < terms; k++) {
		vec column[2];
		UNROLL for (int j = 0; j < vecs; j++) column[j] = load(b + k * PANEL + j * VL);
		UNROLL for (int i = 0; i < rows; i++) {
			vec x = splat(a[i * row + k * step]);
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = multiply_add(x, column[j], sum[i][j]);
		}
	}
}

// strip_sums holds rows x vecs sums in registers. rows, vecs and by_rows are constants.
static INLINE void strip_sums(const int rows, const int vecs, const int by_rows, const strip *s) {
	vec sum[NARROW_ROWS][2];
	const int step = by_rows ? PANEL : 1;
	const float *a = s->a, *b = s->b;
	const int64_t ldc = s->ldc, run = by_rows ? s->terms : PANEL;
	float *c = s->c;
	UNROLL for (int i = 0; i < rows; i++)
		UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = splat(0);
	if (s->mode == CONTINUE)
		UNROLL for (int i = 0; i < rows; i++)
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = load(c + i * ldc + j * VL);
	for (int64_t left = s->terms; left > 0; left -= run, a += s->jump - run * step) {
		int64_t k = minimum(left, run);
		for (; k >= TERMS; k -= TERMS, a += TERMS * step, b += TERMS * PANEL) strip_terms(rows, vecs, by_rows, TERMS, a, b, sum);
		for (; k > 0; k--, a += step, b += PANEL) strip_terms(rows, vecs, by_rows, 1, a, b, sum);
	}
	if (s->mode == ADD)
		UNROLL for (int i = 0; i < rows; i++)
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = load(c + i * ldc + j * VL) + sum[i][j];
	UNROLL for (int i = 0; i < rows; i++)
		UNROLL for (int j = 0; j < vecs; j++) store(c + i * ldc + j * VL, sum[i][j]);
}

typedef void (*strip_fn)(const strip *);

#define STRIP(rows, vecs, by_rows) \
	static __attribute__((noinline)) void strip_##rows##_##vecs##_##by_rows(const strip *s) { strip_sums(rows, vecs, by_rows, s); }
#define STRIPS6(v, t) STRIP(1, v, t) STRIP(2, v, t) STRIP(3, v, t) STRIP(4, v, t) STRIP(5, v, t) STRIP(6, v, t)
#define STRIP_NAMES6(v, t) strip_1_##v##_##t, strip_2_##v##_##t, strip_3_##v##_##t, strip_4_##v##_##t, strip_5_##v##_##t, strip_6_##v##_##t
STRIPS6(1, 0) STRIP(7, 1, 0) STRIP(8, 1, 0) STRIPS6(2, 0)
STRIPS6(1, 1) STRIP(7, 1, 1) STRIP(8, 1, 1) STRIPS6(2, 1)
static const strip_fn strip_table[2][2][NARROW_ROWS] = {
	{{STRIP_NAMES6(1, 0), strip_7_1_0, strip_8_1_0}, {STRIP_NAMES6(2, 0)}},
	{{STRIP_NAMES6(1, 1), strip_7_1_1, strip_8_1_1}, {STRIP_NAMES6(2, 1)}},
};

// strip_rows multiplies m rows by a panel of width columns, in strips of about equal height.
static INLINE void strip_rows(int64_t m, int64_t width, const int by_rows, strip s) {
	int64_t strips = width > VL ? ceil_div(m, WIDE_ROWS) : ceil_div(m, NARROW_ROWS);
	int64_t rows = m / strips, larger_ones = m % strips;
	const strip_fn *table = strip_table[by_rows][width > VL];
	for (int64_t i = 0; i < strips; i++) {
		int64_t r = rows + (i < larger_ones);
		table[r - 1](&s);
		s.a += r * (by_rows ? 1 : PANEL);
		s.c += r * s.ldc;
	}
}

// vectors_width is n rounded up to whole vectors. panel_at is the width of the panel that begins at
// column j.
static INLINE int64_t vectors_width(int64_t n) { return (n + VL - 1) / VL * VL; }
static INLINE int64_t panel_at(int64_t columns, int64_t j) { return minimum(PANEL, columns - j); }

// panels_floats is the size of rows of d numbers, stored as panels.
static INLINE int64_t panels_floats(int64_t rows, int64_t d) { return rows * ((d + PANEL - 1) / PANEL * PANEL); }

// rows_to_panels copies rows to panels. It pads the last panel with zeros to a whole vector only.
static void rows_to_panels(const float *rows, int64_t count, int64_t d, int64_t ld, float *out) {
	int64_t j = 0;
	for (; j + PANEL <= d; j += PANEL)
		for (int64_t r = 0; r < count; r++)
			UNROLL for (int c = 0; c < PANEL; c += VL) store(out + j * count + r * PANEL + c, load(rows + r * ld + j + c));
	for (int64_t r = 0; r < count && j < d; r++)
		for (int64_t c = j; c < d; c += VL) store(out + j * count + r * PANEL + c - j, load_part(rows + r * ld + c, d - c));
}

// transpose_rows writes number k of row r of up to PANEL rows to out[k * PANEL + r], and zeros after
// the last row, up to a whole vector. Squares overlap at the ends.
static void transpose_rows(const float *rows, int64_t count, int64_t d, int64_t ld, float *out) {
	if (count % VL)
		for (int64_t k = 0; k < d; k++) store(out + k * PANEL + count / VL * VL, splat(0));
	if (count < SQUARE || d < SQUARE) {
		for (int64_t r = 0; r < count; r++)
			for (int64_t k = 0; k < d; k++) out[k * PANEL + r] = rows[r * ld + k];
		return;
	}
	for (int64_t r = 0; r < count; r = r + SQUARE < count ? minimum(r + SQUARE, count - SQUARE) : count)
		for (int64_t k = 0; k < d; k = k + SQUARE < d ? minimum(k + SQUARE, d - SQUARE) : d)
			transpose_square(rows + r * ld + k, ld, out + k * PANEL + r, PANEL);
}

// put_rows writes rows of sums to the result.
static void put_rows(const float *sums, int64_t ld_sums, int64_t count, int64_t d, float *out, int64_t ld, int accumulate) {
	for (int64_t r = 0; r < count; r++)
		for (int64_t c = 0; c < d; c += VL) put_part(out + r * ld + c, load(sums + r * ld_sums + c), d - c, accumulate);
}

#endif
