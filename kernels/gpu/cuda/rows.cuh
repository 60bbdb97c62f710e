// Ops on rows: a half-warp for each row.
#ifndef GMEL_ROWS_CUH
#define GMEL_ROWS_CUH

#include "sums.cuh"
#include "tasks.cuh"

// rowwise makes a kernel of a struct that processes a row of [Dim[0], Dim[1]]:
//
//	static DEVICE void row(const view &v, int64_t i, bool there); // called by all lanes; there says whether the row exists
template <class Each> struct rowwise {
	static const int phases = 1, threads = SUM_THREADS, grouped_from = 0, lanes = LANES;
	static const bool syncs = true;
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static int64_t tasks(const desc &d, int) { return ceil_div(count(d), SUMS); }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void range(const view &v, int64_t from, int64_t to) {
		for (int64_t first = from; first < to; first += blockDim.x / LANES) {
			int64_t i = first + threadIdx.x / LANES;
			Each::row(v, i, i < to);
		}
	}
	static DEVICE void run(const view &v, int, int64_t task) { range(v, task * SUMS, smaller((task + 1) * SUMS, count(*v.d))); }
};

#endif
