// Panels: the right factor of a product, copied so that the inner loop reads it in order.
#ifndef GMEL_PANEL_H
#define GMEL_PANEL_H

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

// n columns are cut into panels of PANEL columns; the last has 1 to 3 vectors.
enum { PANEL = 2 * VL };

static INLINE int64_t panels_width(int64_t n) { return ceil_div(n, VL) * VL; }

static INLINE int64_t panel_width(int64_t columns_left) {
	int64_t width = panels_width(columns_left);
	return width <= 3 * VL ? width : PANEL;
}

// Right factors: packed panels, or B itself when its rows can be read as panels.
typedef struct {
	const float *p;
	int64_t ld; // of B itself
	int direct; // B itself
} panels;

static INLINE void copy_rows(const int vecs, int64_t kc, matrix b, float *out) {
	for (int64_t k = 0; k < kc; k++)
		UNROLL for (int j = 0; j < vecs; j++) store(out + (k * vecs + j) * VL, load(b.p + k * b.ld + j * VL));
}

// copy_edge copies rows that do not fill their vectors, and zeros after them.
static INLINE void copy_edge(int64_t columns, int64_t kc, matrix b, float *out, int64_t width) {
	for (int64_t k = 0; k < kc; k++)
		for (int64_t j = 0; j < width; j += VL) store(out + k * width + j, load_part(b.p + k * b.ld + j, columns - j));
}

static INLINE void copy_transposed(int64_t columns, int64_t kc, matrix b, float *out, int64_t width) {
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

// pack_panel copies columns of b (kc rows) to a panel, and zeros after them.
static void pack_panel(int64_t columns, int64_t kc, matrix b, float *out, int64_t width) {
	if (b.trans)
		copy_transposed(columns, kc, b, out, width);
	else if (columns < width)
		copy_edge(columns, kc, b, out, width);
	else if (width == VL)
		copy_rows(1, kc, b, out);
	else if (width == 2 * VL)
		copy_rows(2, kc, b, out);
	else
		copy_rows(3, kc, b, out);
}

// pack copies b (kc x n, one block) to panels.
static void pack(int64_t n, int64_t kc, matrix b, float *out) {
	for (int64_t j = 0, width; j < n; j += width) {
		width = panel_width(n - j);
		pack_panel(minimum(n - j, width), kc, matrix_at(b, 0, j), out + j * kc, width);
	}
}

#endif
