// Sums and statistics.
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

// y[2] = (mean, standard deviation) of the selected elements. Phases: sums and counts of chunks;
// the mean; sums of squared distances; the result.
struct moments {
	static const int phases = 4, threads = SUM_THREADS;
	static const bool syncs = true;
	static BOTH int64_t chunks(const desc &d) { return ceil_div(d.dim[0] * d.dim[1], CHUNK); }
	static int64_t tasks(const desc &d, int phase) { return phase % 2 == 0 ? ceil_div(chunks(d), SUMS) : 1; }
	static int64_t shared(const desc &d) { return 2 * chunks(d) + 2; } // sums, counts, mean, number

	static DEVICE int64_t elements(const view &v) {
		float count = *v.arg(2);
		if (!(count > 0)) return 0;
		return (count > (float)v.dim(0) ? v.dim(0) : (int64_t)count) * v.dim(1);
	}
	static DEVICE void chunk(const view &v, int phase, int64_t task) {
		int64_t c = task * SUMS + threadIdx.x / LANES, n = larger(0, smaller(CHUNK, elements(v) - c * CHUNK));
		const float *x = v.arg(0) + c * CHUNK, *w = v.arg(1);
		if (w) w += c * CHUNK;
		float mean = phase == 0 ? 0 : v.shared[2 * chunks(*v.d)];
		float sum = vector_sum(n, 1, [=](int64_t i) {
			float d = x[i] - mean;
			return w && w[i] == 0 ? 0 : phase == 0 ? x[i] : d * d;
		});
		bool writes = n > 0 && threadIdx.x % LANES == 0;
		if (writes) v.shared[c] = sum;
		if (phase > 0 || !w) return;
		sum = vector_sum(n, 1, [=](int64_t i) { return w[i] != 0 ? 1.f : 0.f; });
		if (writes) v.shared[chunks(*v.d) + c] = sum;
	}
	// selected is the number of elements with a weight other than 0; valid in thread 0.
	static DEVICE int64_t selected(const view &v, int64_t used) {
		__shared__ int64_t part[threads];
		int64_t n = 0;
		for (int64_t c = threadIdx.x; c < used; c += threads) n += (int64_t)v.shared[chunks(*v.d) + c];
		part[threadIdx.x] = n;
		__syncthreads();
		if (threadIdx.x == 0)
			for (int i = 1; i < threads; i++) n += part[i];
		return n;
	}
	static DEVICE void total(const view &v, int phase) {
		int64_t n = elements(v), used = ceil_div(n, CHUNK);
		float sum = ordered_sum<threads>(v.shared, used), *mean = v.shared + 2 * chunks(*v.d);
		if (phase == 1) {
			if (v.arg(1)) n = selected(v, used);
			if (threadIdx.x == 0) mean[0] = sum / (float)n, mean[1] = (float)n;
		} else if (threadIdx.x == 0) {
			float deviation = sqrtf(sum / mean[1]);
			bool plain = mean[1] == 0 || deviation < 1e-6f;
			v.arg(3)[0] = plain ? 0 : mean[0], v.arg(3)[1] = plain ? 1 : deviation;
		}
	}
	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase % 2 == 0) chunk(v, phase, task);
		else total(v, phase);
	}
};

// y[1] = 1 if every x[n] is finite, else 0; it accumulates by minimum. Blocks, then their flags.
struct check_finite {
	static const int phases = 2, threads = 256, piece = 16 * threads;
	static const bool syncs = true;
	static BOTH int64_t pieces(const desc &d) { return ceil_div(d.dim[0], piece); }
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? pieces(d) : 1; }
	static int64_t shared(const desc &d) { return pieces(d); }

	static DEVICE bool finite(float x) { return (bits_of(x) & 0x7f800000) != 0x7f800000; }
	static DEVICE void run(const view &v, int phase, int64_t task) {
		bool bad = false;
		if (phase == 0) {
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

const kernel *reduce_kernel(const desc &d) {
	switch (d.op) {
	case OP_SUM_ALL: return kernel_of<sum_all>();
	case OP_SUM_ROWS: return kernel_of<sum_rows>();
	case OP_SUM_COLS: return kernel_of<sum_cols>();
	case OP_MOMENTS: return kernel_of<moments>();
	case OP_CHECK_FINITE: return kernel_of<check_finite>();
	}
	return NULL;
}
