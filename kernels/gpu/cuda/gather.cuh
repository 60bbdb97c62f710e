// Rows of a table by index.
#ifndef GMEL_GATHER_CUH
#define GMEL_GATHER_CUH

#include "float4_io.cuh"

// y[M,N] = table[idx[M], N], NaN for an index out of range
struct gather_rows {
	const view &v;
	const float *table, *index;
	float *y;
	int64_t columns, rows;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = d.dim[1]; }
	DEVICE gather_rows(const view &v) : v(v), table(v.arg(0)), index(v.arg(1)), y(v.arg(2)), columns(v.dim(1)), rows(v.dim(2)) {}
	DEVICE bool wide() const { return columns % 4 == 0 && v.aligned(0) && v.aligned(2); }
	template <int K> DEVICE void at(int64_t e) const {
		quotient at = v.divide(e, columns, 0);
		int64_t r = index_of(index[at.whole], rows);
		float x[K];
		UNROLL for (int l = 0; l < K; l++) x[l] = not_a_number();
		if (r >= 0) load(table + r * columns + at.rest, x);
		store(y + e, x);
	}
};

// table[idx[M], N] = x[M,N] in ascending M. A warp owns a class of rows of the table (equal modulo the
// number of classes) in a tile of columns. It scans all indices and writes its own rows. So equal indices
// keep their order without atomics, and every element has one thread.
struct scatter_rows {
	static const int phases = 1, threads = 128, grouped_from = 0, warps = threads / 32, columns = 256;
	static const bool syncs = true;
	static BOTH int64_t classes(const desc &d) { return smaller(d.dim[2], 1024); }
	static int64_t tasks(const desc &d, int) { return ceil_div(classes(d) * ceil_div(d.dim[1], columns), warps); }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = classes(d); }

	static DEVICE void write(const view &v, int64_t i, int64_t r, int64_t from) {
		int64_t n = v.dim(1), end = smaller(from + columns, n);
		const float *x = v.arg(0) + i * n;
		float *to = v.arg(2) + r * n;
		UNROLL_8 for (int64_t j = from + threadIdx.x % 32; j < end; j += 32) v.put(to + j, x[j]);
	}
	static DEVICE void run(const view &v, int, int64_t task) {
		if (threadIdx.x >= threads) return; // a group has more threads
		quotient unit = v.divide(task * warps + threadIdx.x / 32, classes(*v.d), 0);
		int64_t own = unit.rest, from = unit.whole * columns;
		const float *idx = v.arg(1);
		uint32_t number = (uint32_t)classes(*v.d);
		for (int64_t base = 0; base < v.dim(0); base += 32) {
			int64_t i = base + threadIdx.x % 32, r = i < v.dim(0) ? index_of(idx[i], v.dim(2)) : -1;
			uint32_t mine = __ballot_sync(0xffffffffu, r >= 0 && (uint32_t)r % number == own);
			for (; mine; mine &= mine - 1) {
				int64_t next = base + __ffs((int)mine) - 1;
				write(v, next, index_of(idx[next], v.dim(2)), from);
			}
		}
	}
};

#endif
