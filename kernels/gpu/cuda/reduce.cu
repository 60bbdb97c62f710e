#include "functions.cuh"
#include "sums.cuh"
#include "tasks.cuh"

// y[1] = s sum f(x[n]): chunks first, then their sums in ascending order.
struct sum_all {
	static const int phases = 2, threads = SUM_THREADS;
	static const bool syncs = true;
	static BOTH int64_t chunks(const desc &d) { return larger(1, ceil_div(d.dim[0], CHUNK)); }
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? ceil_div(chunks(d), SUMS) : 1; }
	static int64_t shared(const desc &d) { return chunks(d); }

	static DEVICE void chunk_sums(const view &v, int64_t task) {
		int64_t c = task * SUMS + threadIdx.x / LANES, n = v.dim(0) - c * CHUNK;
		const float *x = v.arg(0) + c * CHUNK;
		uint32_t f = v.d->fn;
		float s = vector_sum(smaller(CHUNK, n), 1, [=](int64_t i) { return apply(f, x[i], 0, 0); });
		if (threadIdx.x % LANES == 0 && c < chunks(*v.d)) v.shared[c] = s;
	}
	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase == 0) return chunk_sums(v, task);
		float total = ordered_sum<SUM_THREADS>(v.shared, chunks(*v.d));
		if (threadIdx.x == 0) v.put(v.arg(1), v.scalar(0) * total);
	}
};

// y[M] = s sum_j f(x[M,N])
struct sum_rows {
	static const int phases = 1, threads = SUM_THREADS;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(d.dim[0], SUMS); }
	static int64_t shared(const desc &) { return 0; }
	static DEVICE void run(const view &v, int, int64_t task) {
		int64_t i = task * SUMS + threadIdx.x / LANES, n = v.dim(1);
		bool there = i < v.dim(0);
		const float *x = v.arg(0) + i * n;
		uint32_t f = v.d->fn;
		float s = vector_sum(there ? n : 0, ceil_div(n, CHUNK), [=](int64_t j) { return apply(f, x[j], 0, 0); });
		if (there && threadIdx.x % LANES == 0) v.put(v.arg(1) + i, v.scalar(0) * s);
	}
};

// y[N] = s sum_i f(x[M,N]): rows in ascending order inside chunks, then the chunks.
struct sum_cols {
	static const int phases = 2, threads = 128;
	static const bool syncs = false;
	static BOTH int64_t chunks(const desc &d) { return larger(1, ceil_div(d.dim[0], CHUNK_ROWS)); }
	static BOTH int64_t columns(const desc &d) { return ceil_div(d.dim[1], threads); }
	static int64_t tasks(const desc &d, int phase) { return columns(d) * (phase == 0 ? chunks(d) : 1); }
	static int64_t shared(const desc &d) { return chunks(d) * d.dim[1]; }
	static DEVICE void run(const view &v, int phase, int64_t task) {
		int64_t n = v.dim(1), c = task / columns(*v.d), j = task % columns(*v.d) * threads + threadIdx.x;
		if (j >= n) return;
		float s = 0;
		if (phase == 0) {
			const float *x = v.arg(0) + j;
			for (int64_t i = c * CHUNK_ROWS; i < smaller((c + 1) * CHUNK_ROWS, v.dim(0)); i++) s += apply(v.d->fn, x[i * v.dim(2)], 0, 0);
			v.shared[c * n + j] = s;
			return;
		}
		for (int64_t i = 0; i < chunks(*v.d); i++) s = i == 0 ? v.shared[j] : s + v.shared[i * n + j];
		v.put(v.arg(1) + j, v.scalar(0) * s);
	}
};

const kernel *reduce_kernel(const desc &d) {
	switch (d.op) {
	case OP_SUM_ALL: return kernel_of<sum_all>();
	case OP_SUM_ROWS: return kernel_of<sum_rows>();
	case OP_SUM_COLS: return kernel_of<sum_cols>();
	}
	return NULL;
}
