#include "quads.cuh"
#include "sums.cuh"

// m = fma(b1, m, (1-b1) g), v = fma(b2, v, ((1-b2) g) g), p -= rate m / (sqrt(v / (1-b2^t)) + eps)
struct adam {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE bool wide(const view &v) { return aligned(v.arg(0)) && aligned(v.arg(1)) && aligned(v.arg(2)) && aligned(v.arg(3)); }
	template <int K> static DEVICE void at(const view &v, int64_t i) {
		const float *state = v.arg(4), *scale = v.arg(5);
		float b1 = v.scalar(0), b2 = v.scalar(1), eps = v.scalar(2), c1 = 1 - b1, c2 = 1 - b2;
		float p[K], g[K], m[K], s[K];
		load(v.arg(0) + i, p), load(v.arg(1) + i, g), load(v.arg(2) + i, m), load(v.arg(3) + i, s);
		float rate = state[0] / (1 - state[1]), correction = 1 - state[2];
		UNROLL for (int l = 0; l < K; l++) {
			if (scale) g[l] *= *scale;
			m[l] = fmaf(b1, m[l], c1 * g[l]);
			s[l] = fmaf(b2, s[l], (c2 * g[l]) * g[l]);
			p[l] -= rate * m[l] / (sqrtf(s[l] / correction) + eps);
		}
		store(v.arg(0) + i, p), store(v.arg(2) + i, m), store(v.arg(3) + i, s);
	}
};

// t[n] = fma(Scalar[0], p - t, t)
struct polyak {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE bool wide(const view &v) { return aligned(v.arg(0)) && aligned(v.arg(1)); }
	template <int K> static DEVICE void at(const view &v, int64_t i) {
		float p[K], t[K];
		load(v.arg(0) + i, p), load(v.arg(1) + i, t);
		UNROLL for (int l = 0; l < K; l++) t[l] = fmaf(v.scalar(0), p[l] - t[l], t[l]);
		store(v.arg(1) + i, t);
	}
};

// scalarwise makes a kernel of a struct with a few numbers to compute: one thread does
//
//	static DEVICE void once(const view &v);
template <class Each> struct scalarwise {
	static const int phases = 1, threads = 32;
	static const bool syncs = false;
	static int64_t tasks(const desc &, int) { return 1; }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void run(const view &v, int, int64_t) {
		if (threadIdx.x == 0) Each::once(v);
	}
};

// b1^t *= b1, b2^t *= b2
struct adam_tick {
	static DEVICE void once(const view &v) { v.arg(0)[1] *= v.scalar(0), v.arg(0)[2] *= v.scalar(1); }
};

// norm = sqrt(q), scale = min(1, Scalar[0] / (norm + 1e-6)), NaN when the norm is
struct clip_scale {
	static DEVICE void once(const view &v) {
		float norm = sqrtf(*v.arg(0)), s = v.scalar(0) / (norm + 1e-6f);
		*v.arg(1) = norm, *v.arg(2) = s > 1 ? 1 : s;
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
	// selected is the number of elements with a weight, for thread 0.
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

const kernel *train_kernel(const desc &d) {
	switch (d.op) {
	case OP_ADAM: return kernel_of<quadwise<adam>>();
	case OP_ADAM_TICK: return kernel_of<scalarwise<adam_tick>>();
	case OP_POLYAK: return kernel_of<quadwise<polyak>>();
	case OP_CLIP_SCALE: return kernel_of<scalarwise<clip_scale>>();
	case OP_MOMENTS: return kernel_of<moments>();
	case OP_CHECK_FINITE: return kernel_of<check_finite>();
	}
	return NULL;
}
