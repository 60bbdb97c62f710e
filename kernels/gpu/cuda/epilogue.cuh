// The epilogue of a product sum, and how a tile of results is written.
#ifndef GMEL_EPILOGUE_CUH
#define GMEL_EPILOGUE_CUH

#include "functions.cuh"
#include "halves.cuh"
#include "implicit_gemm.cuh"
#include "product.cuh"

// epilogue: t = sum, + c, + bias, then f(t) or t f'(aux). The op determines the order of the two additions.
struct epilogue {
	float *c;
	const float *bias, *aux; // NULL if absent; aux has the layout of c
	int64_t ld, rows, columns;
	float p, q; // parameters of f
	uint32_t fn;
	bool accumulate, bias_first, grad, vector;
	uint16_t *copy;     // of c in bf16, or NULL; then columns is a multiple of eight

	// If spread_out, rows are the pixels of a grid. An image has `image` rows, and neighbouring pixels are step_y and
	// step_x rows apart.
	bool spread_out;
	pixel_grid grid;
	int64_t step_y, step_x, image;

	// first is the pixel of a row, and start the offset of the row i after that one.
	DEVICE pixel first(int64_t row) const { return spread_out ? grid.at(row) : pixel(); }
	DEVICE int64_t start(int64_t row, const pixel &first, int i) const {
		if (!spread_out) return (row + i) * ld;
		pixel at = grid.after(first, i);
		return (at.image * image + at.y * step_y + at.x * step_x) * ld;
	}

	// Functions that are short enough for unrolled code.
	DEVICE bool simple() const { return fn <= FN_LEAKY_RELU && fn != FN_AFFINE; }
	DEVICE float simple_of(float t, float y) const {
		if (grad) return fn == FN_IDENTITY ? t : t * (y > 0 ? 1.f : fn == FN_RELU ? 0.f : p);
		if (fn == FN_RELU) return t < 0 ? 0 : t;
		return fn == FN_IDENTITY || t > 0 ? t : p * t;
	}
	DEVICE float add(float t, float old, float b) const {
		if (bias && bias_first) t += b;
		if (accumulate) t = old + t;
		if (bias && !bias_first) t += b;
		return t;
	}
	// one is the result of column j at c[at]; put writes it for the row that starts at row, and returns it.
	DEVICE float one(int64_t at, int64_t j, float t) const {
		t = add(t, accumulate ? c[at] : 0, bias ? bias[j] : 0);
		return grad ? t * slope(fn, 0, aux[at], p, q) : apply(fn, t, p, q);
	}
	DEVICE float put(int64_t row, int64_t j, float t) const { return c[row + j] = one(row + j, j, t); }
	// four are the results of four neighbours, of which n exist, for a simple f.
	DEVICE float4 four(int64_t at, int n, const float *t, const float4 &b) const {
		float4 zero = make_float4(0, 0, 0, 0);
		float4 old = accumulate ? four_of(c + at, n, vector) : zero, y = grad ? four_of(aux + at, n, vector) : zero;
		return make_float4(simple_of(add(t[0], old.x, b.x), y.x), simple_of(add(t[1], old.y, b.y), y.y),
		                   simple_of(add(t[2], old.z, b.z), y.z), simple_of(add(t[3], old.w, b.w), y.w));
	}
	DEVICE void store(int64_t at, int n, const float4 &r) const {
		if (vector && n >= 4) {
			*(float4 *)(c + at) = r;
			return;
		}
		if (n > 0) c[at] = r.x;
		if (n > 1) c[at + 1] = r.y;
		if (n > 2) c[at + 2] = r.z;
		if (n > 3) c[at + 3] = r.w;
	}
	DEVICE float4 put_four(int64_t at, int n, const float *t, const float4 &b) const {
		float4 r = four(at, n, t, b);
		store(at, n, r);
		return r;
	}
	// copy_one and copy_four write results to the copy, if there is one.
	DEVICE void copy_one(int64_t row, int64_t j, float r) const {
		if (copy) copy[row * columns + j] = half_of(r);
	}
	DEVICE void copy_four(int64_t row, int64_t j, int n, const float4 &r) const {
		if (copy && n > 0) *(uint2 *)(copy + row * columns + j) = halves_of(r);
	}
	DEVICE void set_vector() { vector = aligned_for_float4(c) && ld % 4 == 0 && (!aux || aligned_for_float4(aux)); }
};

// raw is the epilogue that only stores, for sums to which another phase applies the epilogue.
DEVICE epilogue raw(float *c, int64_t rows, int64_t columns) {
	epilogue e = {};
	e.c = c, e.ld = e.columns = columns, e.rows = rows;
	e.set_vector();
	return e;
}

// pick_of is x[i] for an i that is not a constant, for an x in registers.
template <int n> DEVICE float pick_of(const float (&x)[n], int i) {
	float y = x[0];
	UNROLL for (int r = 1; r < n; r++) y = r == i ? x[r] : y;
	return y;
}

// write_simple writes the results of the threads of a block at (row0, column0), for a simple f. The sums become the results if KEEP.
template <bool KEEP = false, class Tile> DEVICE void write_simple(const epilogue &e, product<Tile> &p, int64_t row0, int64_t column0) {
	const int quads = Tile::my_columns / 4;
	float4 bias[quads];
	int there[quads]; // existing columns of each group of four
	UNROLL for (int j = 0; j < quads; j++) {
		int64_t column = column0 + Tile::column(4 * j);
		there[j] = (int)larger(smaller(e.columns - column, 4), 0);
		bias[j] = e.bias ? four_of(e.bias + column, there[j], false) : make_float4(0, 0, 0, 0);
	}
	pixel first = e.first(row0);
	UNROLL for (int i = 0; i < Tile::my_rows; i++) {
		if (row0 + Tile::row(i) >= e.rows) continue;
		int64_t at = e.start(row0, first, Tile::row(i)) + column0;
		UNROLL for (int j = 0; j < quads; j++) {
			float4 r = e.put_four(at + Tile::column(4 * j), there[j], &p.sum[i][4 * j], bias[j]);
			e.copy_four(row0 + Tile::row(i), column0 + Tile::column(4 * j), there[j], r);
			if (KEEP) spread(r, &p.sum[i][4 * j]);
		}
	}
}

// write_tile writes them for every f; long functions appear once in the code.
template <bool KEEP = false, class Tile> DEVICE void write_tile(const epilogue &e, product<Tile> &p, int64_t row0, int64_t column0) {
	if (e.simple()) return write_simple<KEEP>(e, p, row0, column0);
	pixel first = e.first(row0);
	ROLLED for (int i = 0; i < Tile::my_rows; i++) {
		if (row0 + Tile::row(i) >= e.rows) continue;
		int64_t at = e.start(row0, first, Tile::row(i));
		float t[Tile::my_columns];
		UNROLL for (int j = 0; j < Tile::my_columns; j++) {
			t[j] = p.sum[0][j];
			UNROLL for (int r = 1; r < Tile::my_rows; r++) t[j] = r == i ? p.sum[r][j] : t[j];
		}
		ROLLED for (int j = 0; j < Tile::my_columns; j++) {
			int64_t column = column0 + Tile::column(j);
			if (column < e.columns) e.copy_one(row0 + Tile::row(i), column, e.put(at, column, pick_of(t, j)));
		}
	}
}

#endif
