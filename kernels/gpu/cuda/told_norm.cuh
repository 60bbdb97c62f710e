// Group normalisation whose statistics follow from the moments that a convolution has written (moments.cuh).
#ifndef GMEL_TOLD_NORM_CUH
#define GMEL_TOLD_NORM_CUH

#include "float4_io.cuh"
#include "group_norm.cuh"
#include "moments.cuh"

// told_norm: y = f(fma(x - mean, a, b)). A block has a slice of the rows of one image, and combines the moments of the whole image by
// itself: an eighth of the image is at least as many bytes as they are, so there are at most TOLD_SLICES slices.
enum { TOLD_SLICES = 8, TOLD_QUADS = 4 }; // TOLD_QUADS: groups of four that a thread has under way

template <uint32_t F> struct told_norm {
	static const int phases = 1, threads = NORM_THREADS, resident = 3;
	static const bool syncs = true;

	// The constants of all channels.
	struct __align__(16) lines {
		float mean[GMEL_MOST_CHANNELS], a[GMEL_MOST_CHANNELS], b[GMEL_MOST_CHANNELS];
	};

	static BOTH int64_t slices(const desc &d) {
		return larger(1, smaller(TOLD_SLICES, d.dim[1] * d.dim[2] / (4 * threads * TOLD_QUADS)));
	}
	static int64_t tasks(const desc &d, int) { return d.dim[0] * slices(d); }
	static int64_t shared(const desc &d) { return no_shared(d); }

	// statistics computes mean and rstd of group g by a warp: the mean of the strips' means, then the deviations of these, which a large
	// mean does not touch (Chan, Golub & LeVeque 1979).
	static DEVICE float2 statistics(const view &v, int64_t b, int g) {
		int p = (int)v.dim(1) / GMEL_STRIP_ROWS, across = (int)v.dim(2) / GMEL_STRIP_CHANNELS, each = across / (int)v.dim(3), n = p * each;
		const float2 *moments = (const float2 *)v.copy(GMEL_MOMENTS) + b * p * across + g * each;
		float sum = 0, square = 0;
		for (int i = threadIdx.x % 32; i < n; i += 32) sum += moments[i / each * across + i % each].x;
		float mean = over_lanes<31>(sum) / (float)n;
		for (int i = threadIdx.x % 32; i < n; i += 32) {
			float2 m = moments[i / each * across + i % each];
			float d = m.x - mean;
			square += fmaf(STRIP_NUMBERS * d, d, m.y);
		}
		return make_float2(mean, 1 / sqrtf(over_lanes<31>(square) / ((float)n * STRIP_NUMBERS) + v.scalar(0)));
	}
	// prepare fills the constants, and writes the statistics if the block is the first of its image.
	static DEVICE void prepare(const view &v, int64_t b, bool first, lines &l) {
		int c = (int)v.dim(2), groups = (int)v.dim(3), width = c / groups;
		for (int g = threadIdx.x / 32; g < groups; g += threads / 32) {
			float2 s = statistics(v, b, g);
			if (first && threadIdx.x % 32 == 0) *(float2 *)(v.arg(5) + 2 * (b * groups + g)) = s;
			for (int j = g * width + threadIdx.x % 32; j < (g + 1) * width; j += 32) l.mean[j] = s.x, l.a[j] = s.y;
		}
		__syncthreads();
		const float *film = v.arg(3);
		for (int j = threadIdx.x; j < c; j += threads) {
			float scale = film ? 1 + film[b * 2 * c + j] : 1, shift = film ? film[b * 2 * c + c + j] : 0;
			l.a[j] = v.arg(1)[j] * l.a[j] * scale, l.b[j] = fmaf(v.arg(2)[j], scale, shift);
		}
		__syncthreads();
	}
	static DEVICE float4 one(const float4 &x, const lines &l, int j) {
		float4 m = *(const float4 *)&l.mean[j], a = *(const float4 *)&l.a[j], b = *(const float4 *)&l.b[j];
		return make_float4(apply(F, fmaf(x.x - m.x, a.x, b.x), 0, 0), apply(F, fmaf(x.y - m.y, a.y, b.y), 0, 0),
		                   apply(F, fmaf(x.z - m.z, a.z, b.z), 0, 0), apply(F, fmaf(x.w - m.w, a.w, b.w), 0, 0));
	}
	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ lines l;
		int many = (int)slices(*v.d), across = (int)v.dim(2) / 4, all = (int)v.dim(1) * across; // in groups of four
		int64_t b = task / many;
		int slice = (int)(task - b * many), end = (int)((int64_t)all * (slice + 1) / many);
		prepare(v, b, slice == 0, l);
		const float4 *x = (const float4 *)v.arg(0) + b * all;
		float4 *y = (float4 *)v.arg(4) + b * all;
		ROLLED for (int i = (int)((int64_t)all * slice / many) + threadIdx.x; i < end; i += TOLD_QUADS * threads) {
			float4 t[TOLD_QUADS];
			UNROLL for (int q = 0; q < TOLD_QUADS; q++)
				if (i + q * threads < end) t[q] = x[i + q * threads];
			UNROLL for (int q = 0; q < TOLD_QUADS; q++)
				if (i + q * threads < end) y[i + q * threads] = one(t[q], l, (i + q * threads) % across * 4);
		}
	}
};

// told_norm_kernel is the kernel of a group normalisation that has moments, NULL for other ops.
inline const kernel *told_norm_kernel(const desc &d) {
	if (d.op != OP_GROUP_NORM || d.arg[GMEL_MOMENTS] == 0 || d.dim[1] * d.dim[2] > 0x7fffffff) return NULL;
	switch (d.fn) {
	case FN_IDENTITY: return kernel_of<told_norm<FN_IDENTITY>>();
	case FN_RELU: return kernel_of<told_norm<FN_RELU>>();
	case FN_SILU: return kernel_of<told_norm<FN_SILU>>();
	case FN_GELU: return kernel_of<told_norm<FN_GELU>>();
	}
	return NULL;
}

#endif
