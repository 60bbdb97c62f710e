#include "float4_io.cuh"
#include "functions.cuh"

// y[b, f i + u, f j + v, c] = Scalar[0] x[B,Y,X,C]. The rows of all samples form one tall image.
struct upsample {
	const view &v;
	const float *x;
	float *y;
	int64_t across, channels, factor;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1] * d.dim[2] * d.dim[3] * d.dim[4] * d.dim[4]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = d.dim[3], by[1] = d.dim[2] * d.dim[4], by[2] = d.dim[4]; }
	DEVICE upsample(const view &v) : v(v), x(v.arg(0)), y(v.arg(1)), across(v.dim(2)), channels(v.dim(3)), factor(v.dim(4)) {}
	DEVICE bool wide() const { return channels % 4 == 0 && v.aligned(0) && v.aligned(1); }
	template <int K> DEVICE void at(int64_t e) const {
		quotient pixel = v.divide(e, channels, 0), row = v.divide(pixel.whole, across * factor, 1);
		int64_t from = v.divide(row.whole, factor, 2).whole * across + v.divide(row.rest, factor, 2).whole;
		float t[K];
		load(x + from * channels + pixel.rest, t);
		UNROLL for (int l = 0; l < K; l++) t[l] = v.scalar(0) * t[l];
		put(v, y + e, t);
	}
};

// y[B,Y,X,C] = Scalar[0] sum of the f x f window in [B, f Y, f X, C]
struct pool {
	const view &v;
	const float *x;
	float *y;
	int64_t across, channels, factor;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1] * d.dim[2] * d.dim[3]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = d.dim[3], by[1] = d.dim[2]; }
	DEVICE pool(const view &v) : v(v), x(v.arg(0)), y(v.arg(1)), across(v.dim(2)), channels(v.dim(3)), factor(v.dim(4)) {}
	DEVICE bool wide() const { return channels % 4 == 0 && v.aligned(0) && v.aligned(1); }
	template <int K> DEVICE void at(int64_t i) const {
		quotient pixel = v.divide(i, channels, 0), row = v.divide(pixel.whole, across, 1);
		int64_t line = across * factor * channels;
		const float *from = x + row.whole * factor * line + row.rest * factor * channels + pixel.rest;
		float s[K] = {}, t[K];
		for (int64_t u = 0; u < factor; u++)
			for (int64_t w = 0; w < factor; w++) {
				load(from + u * line + w * channels, t);
				UNROLL for (int l = 0; l < K; l++) s[l] += t[l];
			}
		UNROLL for (int l = 0; l < K; l++) s[l] = v.scalar(0) * s[l];
		put(v, y + i, s);
	}
};

// y[B, 2 F] = (sin(t f_i), cos(t f_i)): turns in double precision, w_i by i multiplications.
struct sinusoid {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) { by[0] = d.dim[1]; }
	static DEVICE void at(const view &v, int64_t e) {
		quotient at = v.divide(e, v.dim(1), 0);
		int64_t half = v.dim(1), b = at.whole, i = at.rest;
		double ratio = (double)v.scalar(0) + (double)v.scalar(1), w = 0.15915494309189533577; // 1/(2 pi)
		for (int64_t k = 0; k < i; k++) w *= ratio;
		double turns = (double)v.arg(0)[b] * w;
		float *y = v.arg(1) + b * 2 * half + i;
		sin_cos_turns((float)(turns - floor(turns)), y, y + half);
	}
};

const kernel *image_kernel(const desc &d) {
	switch (d.op) {
	case OP_UPSAMPLE: return kernel_of<quadwise<upsample>>();
	case OP_POOL: return kernel_of<quadwise<pool>>();
	case OP_SINUSOID: return kernel_of<elementwise<sinusoid>>();
	}
	return NULL;
}
