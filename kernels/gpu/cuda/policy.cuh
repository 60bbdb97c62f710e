// Distributions over actions.
#ifndef GMEL_POLICY_CUH
#define GMEL_POLICY_CUH

#include "functions.cuh"
#include "philox.cuh"
#include "rows.cuh"

DEVICE bool legal(const float *mask, int64_t j) { return !mask || mask[j] != 0; }

// row_at is row i of an optional matrix with n columns.
DEVICE float *row_at(float *x, int64_t i, int64_t n) { return x ? x + i * n : NULL; }

// y = (x - m) - log(sum exp(x - m)) over the legal entries, where m is their maximum without NaN.
struct log_softmax {
	static DEVICE float largest(const float *x, const float *mask, int64_t n, bool *any) {
		float m = -infinity();
		int found = 0;
		for (int64_t j = threadIdx.x % LANES; j < n; j += LANES)
			if (legal(mask, j)) {
				found = 1;
				if (x[j] > m) m = x[j];
			}
		UNROLL for (int half = LANES / 2; half > 0; half /= 2) {
			float other = __shfl_xor_sync(0xffffffffu, m, half, LANES);
			if (other > m) m = other;
			found |= __shfl_xor_sync(0xffffffffu, found, half, LANES);
		}
		*any = found != 0;
		return m;
	}
	static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *x = v.arg(0) + i * columns, *mask = row_at(v.arg(1), i, columns);
		float *y = v.arg(2) + i * columns;
		bool any;
		float top = largest(x, mask, n, &any);
		float norm = log_of(vector_sum(n, ceil_div(columns, CHUNK), [=](int64_t j) { return legal(mask, j) ? exp_of(x[j] - top) : 0; }));
		for (int64_t j = threadIdx.x % LANES; j < n; j += LANES)
			y[j] = !any ? not_a_number() : legal(mask, j) ? (x[j] - top) - norm : MASKED_LOG_PROB;
	}
};

// dx = dy - exp(y) sum dy over the legal entries, 0 where masked
struct log_softmax_grad {
	static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *y = v.arg(0) + i * columns, *mask = row_at(v.arg(1), i, columns), *dy = v.arg(2) + i * columns;
		float *dx = v.arg(3) + i * columns;
		float total = vector_sum(n, ceil_div(columns, CHUNK), [=](int64_t j) { return legal(mask, j) ? dy[j] : 0; });
		for (int64_t j = threadIdx.x % LANES; j < n; j += LANES) v.put(dx + j, legal(mask, j) ? dy[j] - exp_of(y[j]) * total : 0);
	}
};

// a[M] = first index of the largest x[M,N]. NaN wins only at index 0.
struct arg_max {
	static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *x = v.arg(0) + i * columns;
		float best = -infinity();
		int at = threadIdx.x % LANES;
		for (int64_t j = at; j < n; j += LANES)
			if (x[j] > best) best = x[j], at = (int)j;
		UNROLL for (int half = LANES / 2; half > 0; half /= 2) {
			float other = __shfl_xor_sync(0xffffffffu, best, half, LANES);
			int from = __shfl_xor_sync(0xffffffffu, at, half, LANES);
			if (other > best || (other == best && from < at)) best = other, at = from;
		}
		if (there && threadIdx.x % LANES == 0) v.arg(1)[i] = n == 0 || x[0] != x[0] ? 0 : (float)at;
	}
};

// a[M] = index drawn from exp(logp[M,N]) by inverse CDF. The threads of a block compute the exponentials of a
// tile in parallel; then one thread per row adds them in ascending order.
struct sample_rows {
	static const int phases = 1, threads = 128, rows = 32, columns = 32;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(d.dim[0], rows); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ float tile[rows][columns + 1];
		int64_t first = task * rows, n = v.dim(1);
		int there = (int)smaller(rows, v.dim(0) - first), row = threadIdx.x;
		const float *logp = v.arg(0) + first * n;
		uint32_t w[4];
		philox_of(*v.d, v.arg(1)).block((uint32_t)(v.dim(2) + first + row), w);
		float u = uniform_of(w[0]), cumulative = 0;
		int64_t last = 0, drawn = -1;
		for (int64_t from = 0; from < n; from += columns) {
			int width = (int)smaller(columns, n - from);
			for (int e = threadIdx.x; e < there * width; e += threads) tile[e / width][e % width] = exp_of(logp[e / width * n + from + e % width]);
			__syncthreads();
			for (int j = 0; row < there && j < width && drawn < 0; j++) {
				float p = tile[row][j];
				cumulative += p;
				if (u < cumulative) drawn = from + j;
				if (p > 0) last = from + j;
			}
			__syncthreads();
		}
		if (row < there) v.arg(2)[first + row] = (float)(drawn < 0 ? last : drawn);
	}
};

// y[M,N] = 1 at a[M], else 0
struct one_hot {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static DEVICE void at(const view &v, int64_t e) {
		int64_t n = v.dim(1);
		v.arg(1)[e] = index_of(v.arg(0)[e / n], n) == e % n ? 1 : 0;
	}
};

// y[M] = x[M, a[M]], NaN for an index out of range
struct pick {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE void at(const view &v, int64_t i) {
		int64_t n = v.dim(1), j = index_of(v.arg(1)[i], n);
		v.arg(2)[i] = j < 0 ? not_a_number() : v.arg(0)[i * n + j];
	}
};

// dx[M,N] = dy[M] at a[M], else 0
struct pick_grad {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static DEVICE void at(const view &v, int64_t e) {
		int64_t n = v.dim(1), i = e / n;
		v.put(v.arg(2) + e, index_of(v.arg(1)[i], n) == e % n ? v.arg(0)[i] : 0);
	}
};

#endif
