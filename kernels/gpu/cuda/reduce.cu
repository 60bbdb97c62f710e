// Sums and statistics.
#include "reduce.cuh"

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

const kernel *reduce_kernel(const desc &d) {
	switch (d.op) {
	case OP_SUM_ALL: return kernel_of<sum_all>();
	case OP_SUM_ROWS: return kernel_of<rowwise<sum_row>>();
	case OP_SUM_COLS: return kernel_of<sum_cols>();
	case OP_MOMENTS: return kernel_of<moments>();
	case OP_CHECK_FINITE: return kernel_of<check_finite>();
	}
	return NULL;
}
