// Steps of optimisers.
#include "float4_io.cuh"
#include "scalars.cuh"

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

const kernel *optim_kernel(const desc &d) {
	switch (d.op) {
	case OP_ADAM: return kernel_of<quadwise<adam>>();
	case OP_ADAM_TICK: return kernel_of<scalarwise<adam_tick>>();
	case OP_POLYAK: return kernel_of<quadwise<polyak>>();
	case OP_CLIP_SCALE: return kernel_of<scalarwise<clip_scale>>();
	}
	return NULL;
}
