// Ops on rows: a half-warp for each row.
#ifndef GMEL_ROWS_CUH
#define GMEL_ROWS_CUH

#include "sums.cuh"
#include "tasks.cuh"

// rowwise makes a kernel of a struct that processes a row of [Dim[0], Dim[1]]:
//
//	static DEVICE void row(const view &v, int64_t i, bool there); // called by all lanes; there says whether the row exists
template <class Each> struct rowwise {
	static const int phases = 1, threads = SUM_THREADS;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(d.dim[0], SUMS); }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void run(const view &v, int, int64_t task) {
		int64_t i = task * SUMS + threadIdx.x / LANES;
		Each::row(v, i, i < v.dim(0));
	}
};

#endif
