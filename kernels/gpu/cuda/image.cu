#include "functions.cuh"
#include "tasks.cuh"

// window_at is the first element of the f x f window in [B, f Y, f X, C] that belongs to element i of
// [B,Y,X,C]. The rows of all samples form one tall image.
DEVICE int64_t window_at(const view &v, int64_t i) {
	int64_t x = v.dim(2), c = v.dim(3), f = v.dim(4), pixel = i / c;
	return (pixel / x * f * x * f + pixel % x * f) * c + i % c;
}

// y[b, f i + u, f j + v, c] = Scalar[0] x[B,Y,X,C]
struct upsample {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1] * d.dim[2] * d.dim[3] * d.dim[4] * d.dim[4]; }
	static DEVICE void at(const view &v, int64_t e) {
		int64_t x = v.dim(2), c = v.dim(3), f = v.dim(4), pixel = e / c, row = pixel / (x * f), column = pixel % (x * f);
		v.put(v.arg(1) + e, v.scalar(0) * v.arg(0)[(row / f * x + column / f) * c + e % c]);
	}
};

// y[B,Y,X,C] = Scalar[0] sum of the window
struct pool {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1] * d.dim[2] * d.dim[3]; }
	static DEVICE void at(const view &v, int64_t i) {
		int64_t c = v.dim(3), f = v.dim(4), line = v.dim(2) * f * c;
		const float *x = v.arg(0) + window_at(v, i);
		float s = 0;
		for (int64_t u = 0; u < f; u++)
			for (int64_t w = 0; w < f; w++) s += x[u * line + w * c];
		v.put(v.arg(1) + i, v.scalar(0) * s);
	}
};

// y[B, 2 F] = (sin(t f_i), cos(t f_i)): turns in double precision, w_i by i multiplications.
struct sinusoid {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static DEVICE void at(const view &v, int64_t e) {
		int64_t half = v.dim(1), b = e / half, i = e % half;
		double ratio = (double)v.scalar(0) + (double)v.scalar(1), w = 0.15915494309189533577; // 1/(2 pi)
		for (int64_t k = 0; k < i; k++) w *= ratio;
		double turns = (double)v.arg(0)[b] * w;
		float *y = v.arg(1) + b * 2 * half + i;
		sin_cos_turns((float)(turns - floor(turns)), y, y + half);
	}
};

const kernel *image_kernel(const desc &d) {
	switch (d.op) {
	case OP_UPSAMPLE: return kernel_of<elementwise<upsample>>();
	case OP_POOL: return kernel_of<elementwise<pool>>();
	case OP_SINUSOID: return kernel_of<elementwise<sinusoid>>();
	}
	return NULL;
}
