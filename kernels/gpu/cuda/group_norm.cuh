// Group normalisation and its gradient.
#ifndef GMEL_GROUP_NORM_CUH
#define GMEL_GROUP_NORM_CUH

#include "functions.cuh"
#include "norm_sums.cuh"
#include "tasks.cuh"
#include "tile_heuristic.cuh"

// Group normalisation: a block has whole groups of one sample, with about NORM_CHANNELS channels, so that rows
// are read in full sectors; but fewer groups if there would be fewer than two blocks for a multiprocessor. If a group is wider, the
// block processes NORM_TILE channels at a time. Sums is ordered_sums or free_sums.
enum { NORM_CHANNELS = 16 };

BOTH int64_t norm_groups(const desc &d) {
	int64_t sectors = smaller(d.dim[3], NORM_CHANNELS / larger(1, d.dim[2] / d.dim[3]));
	return larger(1, smaller(sectors, d.dim[0] * d.dim[3] / (2 * MULTIPROCESSORS)));
}
inline int64_t norm_tasks(const desc &d, int) { return d.dim[0] * ceil_div(d.dim[3], norm_groups(d)); }

// norm_part is the part of a block. A sample has less than 2^31 numbers.
struct norm_part {
	int64_t b;
	int p, c, width;                        // rows, floats between rows, channels of a group
	int first, channels, group, groups;     // the channels of the block, and its groups
	float count;                            // numbers of a group

	DEVICE norm_part(const view &v, int64_t task) : p((int)v.dim(1)), c((int)v.dim(2)), width(c / (int)v.dim(3)) {
		int all = (int)v.dim(3), across = (int)norm_groups(*v.d), per = (all - 1) / across + 1;
		b = task / per, group = (int)(task - b * per) * across;
		groups = (int)smaller(across, all - group);
		first = group * width, channels = groups * width;
		count = (float)larger(1, (int64_t)p * width);
	}
	DEVICE bool leads() const { return (int)threadIdx.x < groups; } // the thread computes the values of a group
	DEVICE int64_t at(int j) const { return b * p * c + first + j; }
	DEVICE int tile(int from) const { return (int)smaller(NORM_TILE, channels - from); }
	// The channels of the thread's group in the tile at from.
	DEVICE int begin() const { return (int)threadIdx.x * width; }
	DEVICE int end(int from) const { return begin() + (int)smaller(width, tile(from)); }
};

// norm_line is y = f(fma(x - mean, a, b)) of a channel.
struct norm_line {
	float mean, a, b;
};

// norm_line_of reads gamma, beta and film: arguments arg, arg + 1 and arg + 2.
DEVICE norm_line norm_line_of(const view &v, int arg, const norm_part &n, int j, const float *mean, const float *rstd) {
	const float *film = v.arg(arg + 2);
	int g = j / n.width, channel = n.first + j;
	float scale = 1, shift = 0;
	if (film) film += n.b * 2 * n.c + channel, scale = 1 + film[0], shift = film[n.c];
	return {mean[g], v.arg(arg)[channel] * rstd[g] * scale, fmaf(v.arg(arg + 1)[channel], scale, shift)};
}

// group_norm: y = f(fma(x - mean, a, b))
template <uint32_t F, template <int, int> class Sums> struct group_norm {
	static const int phases = 1, threads = NORM_THREADS, resident = 3;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) { return norm_tasks(d, phase); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	// group_sum adds the channels of a group in order; only for threads for which leads() is true.
	template <class Channel, class Fold> static DEVICE float group_sum(const norm_part &n, Sums<1, 1> &sums, Channel channel, Fold fold) {
		float sum = 0;
		for (int from = 0; from < n.channels; from += NORM_TILE) {
			sums.add(n.p, n.tile(from), [=](int j) { return channel(from + j); }, fold);
			if (n.leads())
				for (int j = n.begin(); j < n.end(from); j++) sum = from == 0 && j == n.begin() ? sums.totals[0][j] : sum + sums.totals[0][j];
		}
		return sum;
	}
	static DEVICE void statistics(const view &v, const norm_part &n, float *mean, float *rstd) {
		__shared__ Sums<1, 1> sums;
		const float *x = v.arg(0) + n.at(0);
		int c = n.c, width = n.width;
		float sum = group_sum(n, sums, [=](int j) { return [=](int i, float *d) { d[0] = x[i * c + j]; }; },
		                      [](int, float s, float d, float) { return s + d; });
		if (n.leads()) mean[threadIdx.x] = sum / n.count;
		__syncthreads();
		sum = group_sum(n, sums, [=](int j) {
			float m = mean[j / width];
			return [=](int i, float *d) { d[0] = x[i * c + j] - m; };
		}, [](int, float s, float d, float) { return fmaf(d, d, s); });
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
		for (int from = 0; from < n.channels; from += NORM_TILE) {
			int tile = n.tile(from), rows = threads / tile, slot = threadIdx.x / tile;
			if (slot >= rows) continue;
			int j = from + threadIdx.x % tile;
			norm_line l = norm_line_of(v, 1, n, j, mean, rstd);
			const float *x = v.arg(0) + n.at(j);
			float *y = v.arg(4) + n.at(j);
			each_row<1>(slot, n.p, rows, [&](int i, float *row) { row[0] = x[i * n.c]; },
			            [&](int i, const float *row) { y[i * n.c] = apply(F, fmaf(row[0] - l.mean, l.a, l.b), 0, 0); });
		}
	}
};

// group_norm_grad: e = dy f'(fma(d, a, b)), dx = fma(e, a, -fma(d, u2, u1)); sums[B,2,C] = sum e, rstd sum e d
template <uint32_t F, template <int, int> class Sums> struct group_norm_grad {
	static const int phases = 1, threads = NORM_THREADS, resident = 3;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) { return norm_tasks(d, phase); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	static DEVICE float slope_at(const norm_line &l, float d) {
		float z = fmaf(d, l.a, l.b);
		return slope(F, z, z, 0, 0);
	}
	// means computes u1 and u2 of the groups of the block, and writes sums.
	static DEVICE void means(const view &v, const norm_part &n, const float *mean, const float *rstd, float *u1, float *u2) {
		__shared__ Sums<2, 2> sum;
		__shared__ float a[NORM_TILE];
		const float *x = v.arg(0) + n.at(0), *dy = v.arg(5) + n.at(0);
		int c = n.c;
		float one = 0, two = 0;
		for (int from = 0; from < n.channels; from += NORM_TILE) {
			sum.add(n.p, n.tile(from), [&](int t) {
				int j = from + t;
				norm_line l = norm_line_of(v, 2, n, j, mean, rstd);
				return [=](int i, float *e) { e[1] = x[i * c + j] - l.mean, e[0] = dy[i * c + j] * slope_at(l, e[1]); };
			}, [](int k, float s, float e, float d) { return fmaf(e, k == 0 ? 1 : d, s); }); // fma(e, 1, s) is s + e
			if ((int)threadIdx.x < n.tile(from)) {
				int j = from + threadIdx.x;
				float *sums = v.arg(7) + n.b * 2 * c + n.first + j, s1 = rstd[j / n.width] * sum.totals[1][threadIdx.x];
				a[threadIdx.x] = norm_line_of(v, 2, n, j, mean, rstd).a;
				sums[0] = sum.totals[0][threadIdx.x], sums[c] = sum.totals[1][threadIdx.x] = s1;
			}
			__syncthreads();
			if (n.leads())
				for (int j = n.begin(); j < n.end(from); j++) one = fmaf(a[j], sum.totals[0][j], one), two = fmaf(a[j], sum.totals[1][j], two);
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
		for (int from = 0; from < n.channels; from += NORM_TILE) {
			int tile = n.tile(from), rows = threads / tile, slot = threadIdx.x / tile;
			if (slot >= rows) continue;
			int j = from + threadIdx.x % tile, g = j / n.width;
			norm_line l = norm_line_of(v, 2, n, j, mean, rstd);
			const float *x = v.arg(0) + n.at(j), *dy = v.arg(5) + n.at(j);
			float *dx = v.arg(6) + n.at(j), m1 = u1[g], m2 = u2[g];
			each_row<2>(slot, n.p, rows, [&](int i, float *row) { row[0] = x[i * n.c], row[1] = dy[i * n.c]; }, [&](int i, const float *row) {
				float d = row[0] - l.mean, e = row[1] * slope_at(l, d);
				v.put(dx + i * n.c, fmaf(e, l.a, negative(fmaf(d, m2, m1))));
			});
		}
	}
};

// group_norm_kernel is the kernel of a group normalisation or its gradient with these sums, NULL for other ops and functions, and
// for samples of 2^31 numbers or more.
template <template <int, int> class Sums, uint32_t F> const kernel *group_norm_kernel(const desc &d) {
	if (d.op == OP_GROUP_NORM) return kernel_of<group_norm<F, Sums>>();
	return d.op == OP_GROUP_NORM_GRAD ? kernel_of<group_norm_grad<F, Sums>>() : NULL;
}
template <template <int, int> class Sums> const kernel *group_norm_kernel(const desc &d) {
	if (d.dim[1] >= 1 << 30 || d.dim[1] * d.dim[2] > 0x7fffffff) return NULL;
	switch (d.fn) {
	case FN_IDENTITY: return group_norm_kernel<Sums, FN_IDENTITY>(d);
	case FN_RELU: return group_norm_kernel<Sums, FN_RELU>(d);
	case FN_SILU: return group_norm_kernel<Sums, FN_SILU>(d);
	case FN_GELU: return group_norm_kernel<Sums, FN_GELU>(d);
	}
	return NULL;
}

#endif
