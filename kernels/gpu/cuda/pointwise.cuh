// Pointwise functions, copies and fills.
#ifndef GMEL_POINTWISE_CUH
#define GMEL_POINTWISE_CUH

#include "functions.cuh"
#include "tasks.cuh"

// y[n] = f(x[n])
struct unary {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE void at(const view &v, int64_t i) { v.put(v.arg(1) + i, apply(v.d->fn, v.arg(0)[i], v.scalar(0), v.scalar(1))); }
};

// dx[n] = dy[n] f'(x[n])
struct unary_grad {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE void at(const view &v, int64_t i) {
		float s = slope(v.d->fn, v.arg(0)[i], v.arg(1)[i], v.scalar(0), v.scalar(1));
		v.put(v.arg(3) + i, v.arg(2)[i] * s);
	}
};

// y[M,N] = a[i ars + j acs] (Bin) b[i brs + j bcs]
struct binary {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static DEVICE void at(const view &v, int64_t e) {
		int64_t i = e / v.dim(1), j = e % v.dim(1);
		v.put(v.arg(2) + e, combine(v.d->bin, v.arg(0)[i * v.dim(2) + j * v.dim(3)], v.arg(1)[i * v.dim(4) + j * v.dim(5)]));
	}
};

// y[i ldy + j] = x[i ldx + j]
struct copy {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	static DEVICE void at(const view &v, int64_t e) {
		int64_t i = e / v.dim(1), j = e % v.dim(1);
		v.put(v.arg(1) + i * v.dim(3) + j, v.arg(0)[i * v.dim(2) + j]);
	}
};

// y[n] = Scalar[0]
struct fill {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE void at(const view &v, int64_t i) { v.arg(0)[i] = v.scalar(0); }
};

#endif
