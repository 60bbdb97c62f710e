// Ops on rows: a half-warp for each row, or a thread for each row of few columns.
#ifndef GMEL_ROWS_CUH
#define GMEL_ROWS_CUH

#include "sums.cuh"
#include "tasks.cuh"

// FEW is the most columns of a row that a thread does alone. With more, half of the lanes of a half-warp or more are busy, and the
// loads of its neighbours are not as far apart.
enum { FEW = 8 };

// half_warp and alone are who does a row: the columns first(), first() + step, ... of each thread, and what they do together.
// One of them leads.
struct half_warp {
	static const int step = LANES;
	static DEVICE int first() { return threadIdx.x % LANES; }
	static DEVICE bool leads() { return first() == 0; }

	// sum is the vector sum of term(j) for j < n, which is 0 where the row does not exist, and otherwise `columns`.
	template <class Term> static DEVICE float sum(int64_t n, int64_t columns, Term term) { return vector_sum(n, ceil_div(columns, CHUNK), term); }
	static DEVICE float largest(float m) {
		UNROLL for (int half = LANES / 2; half > 0; half /= 2) {
			float other = __shfl_xor_sync(0xffffffffu, m, half, LANES);
			if (other > m) m = other;
		}
		return m;
	}
	// first_of_largest makes (x, at) those of the largest x, of the smallest at if there are several.
	static DEVICE void first_of_largest(float &x, int &at) {
		UNROLL for (int half = LANES / 2; half > 0; half /= 2) {
			float other = __shfl_xor_sync(0xffffffffu, x, half, LANES);
			int from = __shfl_xor_sync(0xffffffffu, at, half, LANES);
			if (other > x || (other == x && from < at)) x = other, at = from;
		}
	}
	static DEVICE bool any(int x) {
		UNROLL for (int half = LANES / 2; half > 0; half /= 2) x |= __shfl_xor_sync(0xffffffffu, x, half, LANES);
		return x != 0;
	}
};

struct alone {
	static const int step = 1;
	static DEVICE int first() { return 0; }
	static DEVICE bool leads() { return true; }

	// sum adds in the order of fold_lanes. A sum of the half-warp begins with 0 in each lane.
	template <class Term> static DEVICE float sum(int64_t n, int64_t, Term term) {
		float even = 0, odd = 0;
		ROLLED for (int r = 0; r < 2; r++) {
			float x[FEW / 2];
			UNROLL for (int k = 0; k < FEW / 2; k++) x[k] = r + 2 * k < n ? 0 + term(r + 2 * k) : 0;
			float s = (x[0] + x[2]) + (x[1] + x[3]);
			if (r == 0) even = s;
			else odd = s;
		}
		return even + odd;
	}
	static DEVICE float largest(float m) { return m; }
	static DEVICE void first_of_largest(float &, int &) {}
	static DEVICE bool any(int x) { return x != 0; }
};

// rowwise makes a kernel of a struct that processes a row of [Dim[0], Dim[1]]:
//
//	template <class By> static DEVICE void row(const view &v, int64_t i, bool there);
//
// All lanes call it; there says whether the row exists.
template <class Each> struct rowwise : Each {
	static const int phases = 1, threads = SUM_THREADS, grouped_from = 0, lanes = LANES;
	static const bool syncs = true, loops = true;
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static BOTH bool few(const desc &d) { return d.dim[1] <= FEW; }
	static BOTH int64_t rows(const desc &d) { return few(d) ? SUM_THREADS : SUMS; }
	static int64_t tasks(const desc &d, int) { return ceil_div(count(d), rows(d)); }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void range(const view &v, int64_t from, int64_t to) {
		if (few(*v.d)) {
			for (int64_t i = from + threadIdx.x; i < to; i += blockDim.x) Each::template row<alone>(v, i, true);
			return;
		}
		for (int64_t first = from; first < to; first += blockDim.x / LANES) {
			int64_t i = first + threadIdx.x / LANES;
			Each::template row<half_warp>(v, i, i < to);
		}
	}
	static DEVICE void run(const view &v, int, int64_t task) { range(v, task * rows(*v.d), smaller((task + 1) * rows(*v.d), count(*v.d))); }
};

#endif
