#include "functions.cuh"
#include "rows.cuh"

// Group normalisation: a block has whole groups of one sample, with about NORM_CHANNELS channels, so that rows
// are read in full sectors. If a group is wider, the block processes NORM_TILE channels at a time.
enum { NORM_THREADS = 256, NORM_CHANNELS = 16, NORM_TILE = 128 };

BOTH int64_t norm_groups(const desc &d) { return larger(1, smaller(d.dim[3], NORM_CHANNELS / larger(1, d.dim[2] / d.dim[3]))); }
inline int64_t norm_tasks(const desc &d, int) { return d.dim[0] * ceil_div(d.dim[3], norm_groups(d)); }

struct norm_part {
	int64_t b, p, c, width;         // sample, rows, floats between rows, channels of a group
	int64_t first, channels, group; // the channels of the block, and its first group
	int groups;
	float count; // numbers of a group

	DEVICE norm_part(const view &v, int64_t task) {
		int64_t across = norm_groups(*v.d), per = ceil_div(v.dim(3), across);
		b = task / per, p = v.dim(1), c = v.dim(2), width = c / v.dim(3);
		group = task % per * across;
		groups = (int)smaller(across, v.dim(3) - group);
		first = group * width, channels = groups * width;
		count = (float)larger(1, p * width);
	}
	DEVICE bool leads() const { return (int)threadIdx.x < groups; } // the thread computes the values of a group
	DEVICE int64_t at(int64_t j) const { return b * p * c + first + j; }
	DEVICE int tile(int64_t from) const { return (int)smaller(NORM_TILE, channels - from); }
	// The channels of the thread's group in the tile at from.
	DEVICE int begin() const { return (int)(threadIdx.x * width); }
	DEVICE int end(int64_t from) const { return begin() + (int)smaller(width, channels - from < NORM_TILE ? channels - from : NORM_TILE); }
};

// norm_line is y = f(fma(x - mean, a, b)) of a channel.
struct norm_line {
	float mean, a, b;
};

// norm_line_of reads gamma, beta and film: arguments arg, arg + 1 and arg + 2.
DEVICE norm_line norm_line_of(const view &v, int arg, const norm_part &n, int64_t j, const float *mean, const float *rstd) {
	const float *film = v.arg(arg + 2);
	int64_t g = j / n.width, channel = n.first + j;
	float scale = 1, shift = 0;
	if (film) film += n.b * 2 * n.c + channel, scale = 1 + film[0], shift = film[n.c];
	return {mean[g], v.arg(arg)[channel] * rstd[g] * scale, fmaf(v.arg(arg + 1)[channel], scale, shift)};
}

// norm_sums adds K terms of n channels over p rows: in ascending rows inside chunks, then the chunks.
// channel(j) returns a function add(i, sums) that adds row i of channel j. There are two barriers between the call
// and the first write to totals, and one after the last.
template <int K, class Channel> DEVICE void norm_sums(int64_t p, int n, Channel channel, float (&totals)[K][NORM_TILE]) {
	__shared__ float part[K][NORM_THREADS];
	int at_once = NORM_THREADS / n, slot = threadIdx.x / n, j = threadIdx.x % n;
	auto add = channel(j);
	float total[K] = {};
	for (int64_t from = 0, chunks = larger(1, ceil_div(p, CHUNK_ROWS)); from < chunks; from += at_once) {
		int64_t c = from + slot, end = smaller(p, (c + 1) * CHUNK_ROWS);
		float s[K] = {};
		if (slot < at_once) {
			UNROLL_8 for (int64_t i = c * CHUNK_ROWS; i < end; i++) add(i, s);
			UNROLL for (int k = 0; k < K; k++) part[k][threadIdx.x] = s[k];
		}
		__syncthreads();
		int there = (int)smaller(at_once, chunks - from);
		if ((int)threadIdx.x < n)
			UNROLL for (int k = 0; k < K; k++)
				for (int q = 0; q < there; q++) total[k] = from + q == 0 ? part[k][j] : total[k] + part[k][q * n + j];
		__syncthreads();
	}
	if ((int)threadIdx.x < n)
		UNROLL for (int k = 0; k < K; k++) totals[k][j] = total[k];
	__syncthreads();
}

// group_norm: y = f(fma(x - mean, a, b))
template <uint32_t F> struct group_norm {
	static const int phases = 1, threads = NORM_THREADS;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) { return norm_tasks(d, phase); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	// group_sum adds the channels of a group in order; only for threads for which leads() is true.
	template <class Channel> static DEVICE float group_sum(const norm_part &n, Channel channel) {
		__shared__ float totals[1][NORM_TILE];
		float sum = 0;
		for (int64_t from = 0; from < n.channels; from += NORM_TILE) {
			norm_sums<1>(n.p, n.tile(from), [=](int j) { return channel(from + j); }, totals);
			if (n.leads())
				for (int j = n.begin(); j < n.end(from); j++) sum = from == 0 && j == n.begin() ? totals[0][j] : sum + totals[0][j];
		}
		return sum;
	}
	static DEVICE void statistics(const view &v, const norm_part &n, float *mean, float *rstd) {
		const float *x = v.arg(0) + n.at(0);
		int64_t c = n.c, width = n.width;
		float sum = group_sum(n, [=](int64_t j) { return [=](int64_t i, float *s) { s[0] += x[i * c + j]; }; });
		if (n.leads()) mean[threadIdx.x] = sum / n.count;
		__syncthreads();
		sum = group_sum(n, [=](int64_t j) {
			float m = mean[j / width];
			return [=](int64_t i, float *s) {
				float d = x[i * c + j] - m;
				s[0] = fmaf(d, d, s[0]);
			};
		});
		if (n.leads()) {
			float *stats = v.arg(5) + 2 * (n.b * v.dim(3) + n.group + threadIdx.x);
			rstd[threadIdx.x] = 1 / sqrtf(sum / n.count + v.scalar(0));
			stats[0] = mean[threadIdx.x], stats[1] = rstd[threadIdx.x];
		}
		__syncthreads();
	}
	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ float mean[NORM_CHANNELS], rstd[NORM_CHANNELS];
		norm_part n(v, task);
		statistics(v, n, mean, rstd);
		for (int64_t from = 0; from < n.channels; from += NORM_TILE) {
			int tile = n.tile(from), rows = threads / tile, slot = threadIdx.x / tile;
			if (slot >= rows) continue;
			int64_t j = from + threadIdx.x % tile;
			norm_line l = norm_line_of(v, 1, n, j, mean, rstd);
			const float *x = v.arg(0) + n.at(j);
			float *y = v.arg(4) + n.at(j);
			for (int64_t i = slot; i < n.p; i += rows) y[i * n.c] = apply(F, fmaf(x[i * n.c] - l.mean, l.a, l.b), 0, 0);
		}
	}
};

// group_norm_grad: e = dy f'(fma(d, a, b)), dx = fma(e, a, -fma(d, u2, u1)); sums[B,2,C] = sum e, rstd sum e d
template <uint32_t F> struct group_norm_grad {
	static const int phases = 1, threads = NORM_THREADS;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) { return norm_tasks(d, phase); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	static DEVICE float slope_at(const norm_line &l, float d) {
		float z = fmaf(d, l.a, l.b);
		return slope(F, z, z, 0, 0);
	}
	// means computes u1 and u2 of the groups of the block, and writes sums.
	static DEVICE void means(const view &v, const norm_part &n, const float *mean, const float *rstd, float *u1, float *u2) {
		__shared__ float totals[2][NORM_TILE], a[NORM_TILE];
		const float *x = v.arg(0) + n.at(0), *dy = v.arg(5) + n.at(0);
		int64_t c = n.c;
		float one = 0, two = 0;
		for (int64_t from = 0; from < n.channels; from += NORM_TILE) {
			norm_sums<2>(n.p, n.tile(from), [&](int t) {
				int64_t j = from + t;
				norm_line l = norm_line_of(v, 2, n, j, mean, rstd);
				return [=](int64_t i, float *s) {
					float d = x[i * c + j] - l.mean, e = dy[i * c + j] * slope_at(l, d);
					s[0] += e, s[1] = fmaf(e, d, s[1]);
				};
			}, totals);
			if ((int)threadIdx.x < n.tile(from)) {
				int64_t j = from + threadIdx.x;
				float *sums = v.arg(7) + n.b * 2 * c + n.first + j, s1 = rstd[j / n.width] * totals[1][threadIdx.x];
				a[threadIdx.x] = norm_line_of(v, 2, n, j, mean, rstd).a;
				sums[0] = totals[0][threadIdx.x], sums[c] = totals[1][threadIdx.x] = s1;
			}
			__syncthreads();
			if (n.leads())
				for (int j = n.begin(); j < n.end(from); j++) one = fmaf(a[j], totals[0][j], one), two = fmaf(a[j], totals[1][j], two);
		}
		if (n.leads()) u1[threadIdx.x] = one / n.count, u2[threadIdx.x] = two / n.count * rstd[threadIdx.x];
		__syncthreads();
	}
	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ float mean[NORM_CHANNELS], rstd[NORM_CHANNELS], u1[NORM_CHANNELS], u2[NORM_CHANNELS];
		norm_part n(v, task);
		if (n.leads()) {
			const float *stats = v.arg(1) + 2 * (n.b * v.dim(3) + n.group + threadIdx.x);
			mean[threadIdx.x] = stats[0], rstd[threadIdx.x] = stats[1];
		}
		__syncthreads();
		means(v, n, mean, rstd, u1, u2);
		for (int64_t from = 0; from < n.channels; from += NORM_TILE) {
			int tile = n.tile(from), rows = threads / tile, slot = threadIdx.x / tile;
			if (slot >= rows) continue;
			int64_t j = from + threadIdx.x % tile, g = j / n.width;
			norm_line l = norm_line_of(v, 2, n, j, mean, rstd);
			const float *x = v.arg(0) + n.at(j), *dy = v.arg(5) + n.at(j);
			float *dx = v.arg(6) + n.at(j), m1 = u1[g], m2 = u2[g];
			for (int64_t i = slot; i < n.p; i += rows) {
				float d = x[i * n.c] - l.mean, e = dy[i * n.c] * slope_at(l, d);
				v.put(dx + i * n.c, fmaf(e, l.a, negative(fmaf(d, m2, m1))));
			}
		}
	}
};

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

template <template <uint32_t> class Norm> const kernel *norm_of(const desc &d) {
	switch (d.fn) {
	case FN_IDENTITY: return kernel_of<Norm<FN_IDENTITY>>();
	case FN_RELU: return kernel_of<Norm<FN_RELU>>();
	case FN_SILU: return kernel_of<Norm<FN_SILU>>();
	case FN_GELU: return kernel_of<Norm<FN_GELU>>();
	}
	return NULL;
}

const kernel *norm_kernel(const desc &d) {
	switch (d.op) {
	case OP_GROUP_NORM: return norm_of<group_norm>(d);
	case OP_GROUP_NORM_GRAD: return norm_of<group_norm_grad>(d);
	case OP_GROUP_NORM_PARAM_GRAD: return kernel_of<group_norm_param_grad>();
	case OP_LAYER_NORM: return kernel_of<rowwise<layer_norm>>();
	case OP_LAYER_NORM_GRAD: return kernel_of<layer_norm_grad>();
	}
	return NULL;
}
