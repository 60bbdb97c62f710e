#include "group_norm.cuh"
#include "rows.cuh"

// Sums over rows in ascending order: a block has STAGE_COLUMNS columns. All its threads read STAGE_ROWS rows into
// shared memory, then one warp for each sum adds them.
enum { STAGE_COLUMNS = 32, STAGE_ROWS = 32, STAGE_THREADS = 256 };

// fold_rows returns sum w in warp w: fold(w, sum, x) over rows [from, to). load(i, x) reads the K numbers x of row i.
// The result in other warps is undefined.
template <int K, int sums, class Load, class Fold> DEVICE float fold_rows(int64_t from, int64_t to, bool there, Load load, Fold fold) {
	__shared__ float stage[K][STAGE_ROWS][STAGE_COLUMNS];
	int column = threadIdx.x % STAGE_COLUMNS, slot = threadIdx.x / STAGE_COLUMNS;
	float sum = 0, x[K];
	for (; from < to; from += STAGE_ROWS) {
		int rows = (int)smaller(STAGE_ROWS, to - from);
		UNROLL for (int r = 0; r < STAGE_ROWS; r += STAGE_THREADS / STAGE_COLUMNS) {
			if (!there || r + slot >= rows) continue;
			load(from + r + slot, x);
			UNROLL for (int k = 0; k < K; k++) stage[k][r + slot][column] = x[k];
		}
		__syncthreads();
		if (there && slot < sums)
			for (int r = 0; r < rows; r++) {
				UNROLL for (int k = 0; k < K; k++) x[k] = stage[k][r][column];
				sum = fold(slot, sum, x);
			}
		__syncthreads();
	}
	return sum;
}

// dgamma = sum_b (1 + scale) S1, dbeta = sum_b (1 + scale) S0, dfilm = (fma(gamma, S1, beta S0), S0)
struct group_norm_param_grad {
	static const int phases = 1, threads = STAGE_THREADS;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(d.dim[1], STAGE_COLUMNS); }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void run(const view &v, int, int64_t task) {
		int64_t c = v.dim(1), j = task * STAGE_COLUMNS + threadIdx.x % STAGE_COLUMNS;
		bool there = j < c;
		const float *film = v.arg(3), *sums = v.arg(0);
		float *dfilm = v.arg(6), gamma = there ? v.arg(1)[j] : 0, beta = there ? v.arg(2)[j] : 0;
		float sum = fold_rows<3, 2>(0, v.dim(0), there, [=](int64_t b, float *x) {
			int64_t at = b * 2 * c + j;
			x[0] = film ? 1 + film[at] : 1, x[1] = sums[at], x[2] = sums[at + c];
			if (dfilm) dfilm[at] = fmaf(gamma, x[2], beta * x[1]), dfilm[at + c] = x[1];
		}, [](int which, float s, const float *x) { return fmaf(x[0], which == 0 ? x[2] : x[1], s); });
		int which = threadIdx.x / STAGE_COLUMNS;
		if (there && which < 2) v.arg(which == 0 ? 4 : 5)[j] = sum;
	}
};

// y[M,N] = fma(xhat, gamma, beta), xhat = (x - mean) rstd of each row
struct layer_norm {
	template <class By> static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0;
		const float *x = v.arg(0) + i * columns, *gamma = v.arg(1), *beta = v.arg(2);
		float *y = v.arg(3) + i * columns, *stats = v.arg(4) + 2 * i;
		float mean = By::sum(n, columns, [=](int64_t j) { return x[j]; }) / (float)columns;
		float variance = By::sum(n, columns, [=](int64_t j) {
			float d = x[j] - mean;
			return d * d;
		}) / (float)columns;
		float rstd = 1 / sqrtf(variance + v.scalar(0));
		if (there && By::leads()) stats[0] = mean, stats[1] = rstd;
		for (int64_t j = By::first(); j < n; j += By::step) y[j] = fmaf((x[j] - mean) * rstd, gamma[j], beta[j]);
	}
};

// g = dy gamma, m1 = sum g / N, m2 = sum g xhat / N, dx = fma(-xhat, m2, g - m1) rstd;
// dgamma[N] = sum of fma(dy, xhat, .), dbeta[N] = sum dy over rows. The first phase sums over chunks of rows. The second
// has tasks for dx, by blocks of rows, followed by tasks that add the chunks.
struct layer_norm_grad {
	static const int phases = 2, threads = STAGE_THREADS, rows = threads / LANES;
	static const bool syncs = true;
	static BOTH int64_t chunks(const desc &d) { return ceil_div(d.dim[0], CHUNK_ROWS); }
	static BOTH int64_t row_tasks(const desc &d) { return ceil_div(d.dim[0], rows); }
	static BOTH int64_t column_tasks(const desc &d) { return ceil_div(d.dim[1], STAGE_COLUMNS); }
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? chunks(d) * column_tasks(d) : row_tasks(d) + ceil_div(d.dim[1], threads); }
	static int64_t shared(const desc &d) { return chunks(d) * 2 * d.dim[1]; } // [chunks, 2, N]

	static DEVICE void chunk_sums(const view &v, int64_t task) {
		int64_t chunk = task / column_tasks(*v.d), n = v.dim(1), from = chunk * CHUNK_ROWS;
		int64_t j = task % column_tasks(*v.d) * STAGE_COLUMNS + threadIdx.x % STAGE_COLUMNS;
		const float *x = v.arg(0) + j, *stats = v.arg(1), *dy = v.arg(3) + j;
		float sum = fold_rows<2, 2>(from, smaller(from + CHUNK_ROWS, v.dim(0)), j < n, [=](int64_t i, float *t) {
			t[0] = dy[i * n], t[1] = (x[i * n] - stats[2 * i]) * stats[2 * i + 1];
		}, [](int which, float s, const float *t) { return which == 0 ? fmaf(t[0], t[1], s) : s + t[0]; });
		int which = threadIdx.x / STAGE_COLUMNS;
		if (j < n && which < 2) v.shared[(chunk * 2 + which) * n + j] = sum;
	}
	static DEVICE void total(const view &v, int64_t j) {
		int64_t n = v.dim(1);
		if (j >= n) return;
		for (int which = 0; which < 2; which++) {
			const float *part = v.shared + which * n + j;
			float sum = 0;
			for (int64_t c = 0; c < chunks(*v.d); c++) sum = c == 0 ? part[0] : sum + part[c * 2 * n];
			v.arg(5 + which)[j] = sum;
		}
	}
	static DEVICE void row(const view &v, int64_t i, bool there) {
		int64_t columns = v.dim(1), n = there ? columns : 0, count = ceil_div(columns, CHUNK);
		const float *x = v.arg(0) + i * columns, *gamma = v.arg(2), *dy = v.arg(3) + i * columns;
		float *dx = v.arg(4) + i * columns, mean = 0, rstd = 0;
		if (there) mean = v.arg(1)[2 * i], rstd = v.arg(1)[2 * i + 1];
		float m1 = vector_sum(n, count, [=](int64_t j) { return dy[j] * gamma[j]; }) / (float)columns;
		float m2 = vector_sum(n, count, [=](int64_t j) { return dy[j] * gamma[j] * ((x[j] - mean) * rstd); }) / (float)columns;
		for (int64_t j = threadIdx.x % LANES; j < n; j += LANES) v.put(dx + j, fmaf(-((x[j] - mean) * rstd), m2, dy[j] * gamma[j] - m1) * rstd);
	}
	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase == 0) return chunk_sums(v, task);
		int64_t column = task - row_tasks(*v.d);
		if (column >= 0) return total(v, column * threads + threadIdx.x);
		int64_t i = task * rows + threadIdx.x / LANES;
		row(v, i, i < v.dim(0));
	}
};

const kernel *norm_kernel(const desc &d) {
	switch (d.op) {
	case OP_GROUP_NORM:
	case OP_GROUP_NORM_GRAD: return group_norm_kernel<ordered_sums>(d);
	case OP_GROUP_NORM_PARAM_GRAD: return kernel_of<group_norm_param_grad>();
	case OP_LAYER_NORM: return kernel_of<rowwise<layer_norm>>();
	case OP_LAYER_NORM_GRAD: return kernel_of<layer_norm_grad>();
	}
	return NULL;
}
