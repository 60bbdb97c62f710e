// Steps of optimisers.
#include "float4_io.cuh"
#include "scalars.cuh"

// m = fma(b1, m, (1-b1) g), v = fma(b2, v, ((1-b2) g) g), p -= rate m / (sqrt(v / (1-b2^t)) + eps)
struct adam {
	static const int resident = 3;
	float *p, *m, *v;
	const float *g;
	float b1, b2, eps, rate, correction, scale;
	bool scaled, fours;

	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	DEVICE adam(const view &w)
		: p(w.arg(0)), m(w.arg(2)), v(w.arg(3)), g(w.arg(1)), b1(w.scalar(0)), b2(w.scalar(1)), eps(w.scalar(2)), scaled(w.arg(5) != NULL) {
		const float *state = w.arg(4);
		rate = state[0] / (1 - state[1]), correction = 1 - state[2];
		scale = scaled ? *w.arg(5) : 1;
		fours = w.aligned(0) && w.aligned(1) && w.aligned(2) && w.aligned(3);
	}
	DEVICE bool wide() const { return fours; }
	template <int K> DEVICE void at(int64_t i) const {
		float x[K], d[K], s[K], t[K], c1 = 1 - b1, c2 = 1 - b2;
		load(p + i, x), load(g + i, d), load(m + i, s), load(v + i, t);
		UNROLL for (int l = 0; l < K; l++) {
			if (scaled) d[l] *= scale;
			s[l] = fmaf(b1, s[l], c1 * d[l]);
			t[l] = fmaf(b2, t[l], (c2 * d[l]) * d[l]);
			x[l] -= rate * s[l] / (sqrtf(t[l] / correction) + eps);
		}
		store(p + i, x), store(m + i, s), store(v + i, t);
	}
};

// t[n] = fma(Scalar[0], p - t, t)
struct polyak {
	const float *p;
	float *t, share;
	bool fours;

	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	DEVICE polyak(const view &v) : p(v.arg(0)), t(v.arg(1)), share(v.scalar(0)), fours(v.aligned(0) && v.aligned(1)) {}
	DEVICE bool wide() const { return fours; }
	template <int K> DEVICE void at(int64_t i) const {
		float x[K], y[K];
		load(p + i, x), load(t + i, y);
		UNROLL for (int l = 0; l < K; l++) y[l] = fmaf(share, x[l] - y[l], y[l]);
		store(t + i, y);
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
