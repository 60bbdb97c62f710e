// Products of matrices in tiles, in the order of package ref: a chain of fma in ascending k. A block of threads has
// a tile of the result in registers; each thread has a part of it, in groups of four rows and four columns. Panels
// of the factors pass through shared memory: the next panel is loaded while one is in use.
//
// An operand is a struct that returns the factors, four neighbours at a time, along k or across:
//
//	struct line;                                           // the part that does not depend on k
//	DEVICE bool along() const;                             // the neighbours differ in k, else in the row
//	DEVICE line at(int64_t row, int64_t from) const;       // of a chain whose first term is from
//	DEVICE float4 four(const line &l, int k, int n) const; // term from + k of a chain of n; zeros outside
#ifndef GMEL_PRODUCT_CUH
#define GMEL_PRODUCT_CUH

#include "device.cuh"

// tile: ROWS x COLUMNS of the result, panels of DEPTH terms, MY_ROWS x MY_COLUMNS for a thread. A warp
// covers lanes_down x lanes_across threads, so that its reads of shared memory are 128 bytes without bank conflicts.
template <int ROWS, int COLUMNS, int DEPTH, int MY_ROWS, int MY_COLUMNS> struct tile {
	static const int rows = ROWS, columns = COLUMNS, depth = DEPTH, my_rows = MY_ROWS, my_columns = MY_COLUMNS;
	static const int down = ROWS / MY_ROWS, across = COLUMNS / MY_COLUMNS, threads = down * across;
	static const int lanes_across = across < 8 ? across : 8, lanes_down = 32 / lanes_across;

	// Blocks that should fit on a multiprocessor. Threads then have 168 registers, or 255 if they also keep a
	// total: enough to avoid spills.
	static const int resident = 384 / threads, resident_long = 256 / threads;

	static DEVICE int x() { return threadIdx.x / 32 % (across / lanes_across) * lanes_across + threadIdx.x % lanes_across; }
	static DEVICE int y() { return threadIdx.x / 32 / (across / lanes_across) * lanes_down + threadIdx.x % 32 / lanes_across; }
	// The row i of a thread, and its column j, as indices in the tile.
	static DEVICE int row(int i) { return i / 4 * 4 * down + y() * 4 + i % 4; }
	static DEVICE int column(int j) { return j / 4 * 4 * across + x() * 4 + j % 4; }
};

DEVICE bool aligned_for_float4(const float *p) { return (uintptr_t)p % 16 == 0; }

// four_of reads four neighbours, of which n exist.
DEVICE float4 four_of(const float *p, int n, bool vector) {
	if (vector && n >= 4) return *(const float4 *)p;
	return make_float4(n > 0 ? p[0] : 0, n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, n > 3 ? p[3] : 0);
}

DEVICE void spread(float4 v, float *x) { x[0] = v.x, x[1] = v.y, x[2] = v.z, x[3] = v.w; }

// matrix is an operand in memory: element (row, k) is at p[row ld + k] if it runs along k, else at p[k ld + row].
struct matrix {
	const float *p;
	int64_t ld, rows;
	bool along_k, vector;

	struct line {
		const float *p;
		int there; // rows from here on, at most 4
	};
	DEVICE bool along() const { return along_k; }
	DEVICE line at(int64_t row, int64_t from) const { return {p + (along_k ? row * ld + from : row + from * ld), (int)smaller(rows - row, 4)}; }
	DEVICE float4 four(const line &l, int k, int n) const {
		if (along_k) return four_of(l.p + k, l.there > 0 ? n - k : 0, vector);
		return four_of(l.p + k * ld, k < n ? l.there : 0, vector);
	}
};

DEVICE matrix matrix_of(const float *p, int64_t ld, int64_t rows, bool along_k) {
	return {p, ld, rows, along_k, aligned_for_float4(p) && ld % 4 == 0};
}

// panel is DEPTH terms of SIZE rows in shared memory. It has four more columns: stores along k then use different
// banks, and rows stay aligned.
template <int SIZE, int DEPTH> struct __align__(16) panel {
	float x[DEPTH][SIZE + 4];
};

// feed copies panels of an operand from memory, through registers, to shared memory.
template <class Operand, int SIZE, int DEPTH, int WORKERS> struct feed {
	static const int vectors = SIZE * DEPTH / 4, each = (vectors + WORKERS - 1) / WORKERS;
	float4 hold[each];
	typename Operand::line line[each];

	// row and term are the position in the panel of vector v.
	static DEVICE int row(const Operand &o, int v) { return o.along() ? v / (DEPTH / 4) : v % (SIZE / 4) * 4; }
	static DEVICE int term(const Operand &o, int v) { return o.along() ? v % (DEPTH / 4) * 4 : v / (SIZE / 4); }

	DEVICE void begin(const Operand &o, int64_t first, int64_t from) {
		UNROLL for (int s = 0; s < each; s++) {
			line[s] = o.at(first + row(o, threadIdx.x + s * WORKERS), from);
			hold[s] = make_float4(0, 0, 0, 0);
		}
	}
	DEVICE void fetch(const Operand &o, int k, int n) {
		UNROLL for (int s = 0; s < each; s++) {
			int v = threadIdx.x + s * WORKERS;
			if (v < vectors) hold[s] = o.four(line[s], k + term(o, v), n);
		}
	}
	DEVICE void store(const Operand &o, panel<SIZE, DEPTH> &p) const {
		UNROLL for (int s = 0; s < each; s++) {
			int v = threadIdx.x + s * WORKERS, r = row(o, v), t = term(o, v);
			if (v >= vectors) continue;
			if (o.along()) p.x[t][r] = hold[s].x, p.x[t + 1][r] = hold[s].y, p.x[t + 2][r] = hold[s].z, p.x[t + 3][r] = hold[s].w;
			else *(float4 *)&p.x[t][r] = hold[s];
		}
	}
};

template <class Tile> struct product {
	typedef panel<Tile::rows, Tile::depth> left;
	typedef panel<Tile::columns, Tile::depth> right;
	float sum[Tile::my_rows][Tile::my_columns];

	DEVICE void clear() {
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) sum[i][j] = 0;
	}
	// follow adds p, the sum of a block of terms, to the sum of earlier blocks; the first one is copied.
	DEVICE void follow(const product &p, bool first) {
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) sum[i][j] = first ? p.sum[i][j] : sum[i][j] + p.sum[i][j];
	}
	DEVICE void term(const float *a, const float *b) {
		float x[Tile::my_rows], y[Tile::my_columns];
		UNROLL for (int i = 0; i < Tile::my_rows; i += 4) spread(*(const float4 *)&a[Tile::row(i)], x + i);
		UNROLL for (int j = 0; j < Tile::my_columns; j += 4) spread(*(const float4 *)&b[Tile::column(j)], y + j);
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) sum[i][j] = fmaf(x[i], y[j], sum[i][j]);
	}
	// Zeros after the last term are not added: they would turn -0 into +0.
	DEVICE void terms(const left &a, const right &b, int n) {
		if (n >= Tile::depth) {
			UNROLL for (int k = 0; k < Tile::depth; k++) term(a.x[k], b.x[k]);
		} else {
			ROLLED for (int k = 0; k < n; k++) term(a.x[k], b.x[k]);
		}
	}
	// chain sets sum[i][j] to the chain over from <= k < to of a(row0 + row(i), k) b(column0 + column(j), k).
	template <class A, class B> DEVICE void chain(const A &a, const B &b, int64_t row0, int64_t column0, int64_t from, int64_t to) {
		__shared__ left as[2];
		__shared__ right bs[2];
		feed<A, Tile::rows, Tile::depth, Tile::threads> fa;
		feed<B, Tile::columns, Tile::depth, Tile::threads> fb;
		clear();
		int n = (int)(to - from), side = 0; // at most BLOCK_K
		fa.begin(a, row0, from), fb.begin(b, column0, from);
		// Each round loads the next panels while those on one side are in use. The first round only loads.
		ROLLED for (int k = -Tile::depth; k < n; k += Tile::depth, side ^= 1) {
			bool more = k + Tile::depth < n;
			if (more) fa.fetch(a, k + Tile::depth, n), fb.fetch(b, k + Tile::depth, n);
			if (k >= 0) terms(as[side], bs[side], n - k);
			if (more) fa.store(a, as[side ^ 1]), fb.store(b, bs[side ^ 1]);
			__syncthreads();
		}
	}
};

#endif
