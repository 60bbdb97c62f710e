// What follows a product sum, and how a tile of results is written.
#ifndef GMEL_ENDING_CUH
#define GMEL_ENDING_CUH

#include "functions.cuh"
#include "product.cuh"

// ending: t = sum, + c, + bias, then f(t) or t f'(aux). The order of the two additions is the op's.
struct ending {
	float *c;
	const float *bias, *aux; // NULL where absent; aux laid out like c
	int64_t ld, rows, columns;
	float p, q; // parameters of f
	uint32_t fn;
	bool accumulate, bias_first, grad, vector;

	// With lattice, row i is a point of down x across in images of image rows, and lies step_y, step_x rows
	// from its neighbours.
	int64_t down, across, step_y, step_x, image;
	bool lattice;

	DEVICE int64_t start(int64_t i) const {
		if (!lattice) return i * ld;
		int64_t line = i / across;
		return (line / down * image + line % down * step_y + i % across * step_x) * ld;
	}

	// Functions that are worth a place in unrolled code.
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
	DEVICE void put(int64_t i, int64_t j, float t) const {
		int64_t at = start(i) + j;
		t = add(t, accumulate ? c[at] : 0, bias ? bias[j] : 0);
		c[at] = grad ? t * slope(fn, 0, aux[at], p, q) : apply(fn, t, p, q);
	}
	// put_four writes four neighbours in a row, where f is simple.
	DEVICE void put_four(int64_t i, int64_t j, const float *t) const {
		int n = (int)smaller(columns - j, 4);
		if (i >= rows || n <= 0) return;
		int64_t at = start(i) + j;
		float4 zero = make_float4(0, 0, 0, 0);
		float4 old = accumulate ? four_of(c + at, n, vector) : zero, b = bias ? four_of(bias + j, n, false) : zero;
		float4 y = grad ? four_of(aux + at, n, vector) : zero;
		float4 r = make_float4(simple_of(add(t[0], old.x, b.x), y.x), simple_of(add(t[1], old.y, b.y), y.y),
		                       simple_of(add(t[2], old.z, b.z), y.z), simple_of(add(t[3], old.w, b.w), y.w));
		if (vector && n >= 4) {
			*(float4 *)(c + at) = r;
			return;
		}
		c[at] = r.x;
		if (n > 1) c[at + 1] = r.y;
		if (n > 2) c[at + 2] = r.z;
		if (n > 3) c[at + 3] = r.w;
	}
	DEVICE void set_vector() { vector = aligned_for_float4(c) && ld % 4 == 0 && (!aux || aligned_for_float4(aux)); }
};

// raw is the ending that only stores, for sums that another phase finishes.
DEVICE ending raw(float *c, int64_t rows, int64_t columns) {
	ending e = {};
	e.c = c, e.ld = e.columns = columns, e.rows = rows;
	e.set_vector();
	return e;
}

// pick is x[i] for an i that is not known when registers are named.
template <int n> DEVICE float pick_of(const float (&x)[n], int i) {
	float y = x[0];
	UNROLL for (int r = 1; r < n; r++) y = r == i ? x[r] : y;
	return y;
}

// write_tile writes the results of the threads of a block at (row0, column0).
template <class Tile> DEVICE void write_tile(const ending &e, const product<Tile> &p, int64_t row0, int64_t column0) {
	if (e.simple()) {
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j += 4) e.put_four(row0 + Tile::row(i), column0 + Tile::column(j), &p.sum[i][j]);
		return;
	}
	ROLLED for (int i = 0; i < Tile::my_rows; i++) { // long functions appear once in the code
		float t[Tile::my_columns];
		UNROLL for (int j = 0; j < Tile::my_columns; j++) {
			t[j] = p.sum[0][j];
			UNROLL for (int r = 1; r < Tile::my_rows; r++) t[j] = r == i ? p.sum[r][j] : t[j];
		}
		ROLLED for (int j = 0; j < Tile::my_columns; j++) {
			int64_t row = row0 + Tile::row(i), column = column0 + Tile::column(j);
			if (row < e.rows && column < e.columns) e.put(row, column, pick_of(t, j));
		}
	}
}

#endif
