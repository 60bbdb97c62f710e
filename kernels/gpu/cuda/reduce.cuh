// Sums.
#ifndef GMEL_REDUCE_CUH
#define GMEL_REDUCE_CUH

#include "functions.cuh"
#include "rows.cuh"

// y[1] = s sum f(x[n]): chunks first, then their sums in ascending order.
struct sum_all {
	static const int phases = 2, threads = SUM_THREADS, grouped_from = 0;
	static const bool syncs = true;
	static BOTH int64_t chunks(const desc &d) { return larger(1, ceil_div(d.dim[0], CHUNK)); }
	static bool at_once(const desc &d) { return chunks(d) == 1; }
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? ceil_div(chunks(d), SUMS) : 1; }
	static int64_t shared(const desc &d) { return chunks(d); }

	static DEVICE void chunk_sums(const view &v, int phase, int64_t task) {
		if (threadIdx.x >= threads) return; // of a group
		int64_t c = task * SUMS + threadIdx.x / LANES, n = v.dim(0) - c * CHUNK;
		const float *x = v.arg(0) + c * CHUNK;
		uint32_t f = v.d->fn;
		float s = vector_sum(smaller(CHUNK, n), 1, [=](int64_t i) { return apply(f, x[i], 0, 0); });
		if (threadIdx.x % LANES > 0 || c >= chunks(*v.d)) return;
		if (phase == AT_ONCE) v.put(v.arg(1), v.scalar(0) * s);
		else v.shared[c] = s;
	}
	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase <= 0) return chunk_sums(v, phase, task);
		float total = ordered_sum<SUM_THREADS>(v.shared, chunks(*v.d));
		if (threadIdx.x == 0) v.put(v.arg(1), v.scalar(0) * total);
	}
};

// y[M] = s sum_j f(x[M,N])
struct sum_row {
	template <class By> static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t n = v.dim(1);
		const float *x = v.arg(0) + i * n;
		uint32_t f = v.d->fn;
		float s = By::sum(there ? n : 0, n, [=](int64_t j) { return apply(f, x[j], 0, 0); });
		if (there && By::leads()) v.put(v.arg(1) + i, v.scalar(0) * s);
	}
};

// y[N] = s sum_i f(x[M,N]): rows in ascending order inside chunks, then the chunks.
struct sum_cols {
	static const int phases = 2, threads = 128, grouped_from = 0;
	static const bool syncs = false;
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = columns(d); }
	static BOTH int64_t chunks(const desc &d) { return larger(1, ceil_div(d.dim[0], CHUNK_ROWS)); }
	static bool at_once(const desc &d) { return chunks(d) == 1; }
	static BOTH int64_t columns(const desc &d) { return ceil_div(d.dim[1], threads); }
	static int64_t tasks(const desc &d, int phase) { return columns(d) * (phase <= 0 ? chunks(d) : 1); }
	static int64_t shared(const desc &d) { return chunks(d) * d.dim[1]; }
	static DEVICE void run(const view &v, int phase, int64_t task) {
		quotient at = v.divide(task, columns(*v.d), 0);
		int64_t n = v.dim(1), c = at.whole, j = at.rest * threads + threadIdx.x;
		if (j >= n || threadIdx.x >= threads) return; // a group has more threads
		float s = 0;
		if (phase <= 0) {
			const float *x = v.arg(0) + j;
			for (int64_t i = c * CHUNK_ROWS; i < smaller((c + 1) * CHUNK_ROWS, v.dim(0)); i++) s += apply(v.d->fn, x[i * v.dim(2)], 0, 0);
		} else {
			for (int64_t i = 0; i < chunks(*v.d); i++) s = i == 0 ? v.shared[j] : s + v.shared[i * n + j];
		}
		if (phase == 0) v.shared[c * n + j] = s;
		else v.put(v.arg(1) + j, v.scalar(0) * s);
	}
};

// y[1] = 1 if every x[n] is finite, else 0; it accumulates by minimum. Blocks, then their flags.
struct check_finite {
	static const int phases = 2, threads = 256, grouped_from = 0, piece = 16 * threads;
	static const bool syncs = true;
	static BOTH int64_t pieces(const desc &d) { return ceil_div(d.dim[0], piece); }
	static bool at_once(const desc &d) { return pieces(d) == 1; }
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? pieces(d) : 1; }
	static int64_t shared(const desc &d) { return pieces(d); }

	static DEVICE bool finite(float x) { return (bits_of(x) & 0x7f800000) != 0x7f800000; }
	static DEVICE void run(const view &v, int phase, int64_t task) {
		bool bad = false;
		if (phase <= 0) {
			const float *x = v.arg(0) + task * piece;
			int n = (int)smaller(piece, v.dim(0) - task * piece);
			UNROLL_8 for (int i = threadIdx.x; i < n; i += threads) bad |= !finite(x[i]);
		} else {
			for (int64_t i = threadIdx.x; i < pieces(*v.d); i += threads) bad |= v.shared[i] != 0;
		}
		bad = __syncthreads_or(bad);
		if (threadIdx.x > 0) return;
		float *y = v.arg(1), flag = bad ? 0 : 1;
		if (phase == 0) v.shared[task] = bad;
		else if (!(v.accumulate && *y < flag)) *y = flag;
	}
};

#endif
