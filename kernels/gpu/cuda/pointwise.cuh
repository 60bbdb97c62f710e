// Pointwise functions, copies and fills.
#ifndef GMEL_POINTWISE_CUH
#define GMEL_POINTWISE_CUH

#include "float4_io.cuh"
#include "functions.cuh"

// y[n] = f(x[n])
struct unary {
	static const int resident = 5;
	const view &v;
	const float *x;
	float *y;

	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	DEVICE unary(const view &v) : v(v), x(v.arg(0)), y(v.arg(1)) {}
	DEVICE bool wide() const { return v.aligned(0) && v.aligned(1); }
	template <int K> DEVICE void at(int64_t i) const {
		float t[K];
		load(x + i, t);
		apply(v.d->fn, t, v.scalar(0), v.scalar(1));
		put(v, y + i, t);
	}
};

// dx[n] = dy[n] f'(x[n])
struct unary_grad {
	static const int resident = 5;
	const view &v;
	const float *x, *y, *dy;
	float *dx;

	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	DEVICE unary_grad(const view &v) : v(v), x(v.arg(0)), y(v.arg(1)), dy(v.arg(2)), dx(v.arg(3)) {}
	DEVICE bool wide() const { return v.aligned(0) && v.aligned(1) && v.aligned(2) && v.aligned(3); }
	template <int K> DEVICE void at(int64_t i) const {
		float t[K], s[K], d[K];
		load(x + i, t), load(y + i, s), load(dy + i, d);
		slope(v.d->fn, t, s, v.scalar(0), v.scalar(1));
		UNROLL for (int l = 0; l < K; l++) d[l] *= s[l];
		put(v, dx + i, d);
	}
};

// join_rows makes a matrix of Dim[0] rows a single row.
inline void join_rows(desc &d) { d.dim[1] *= d.dim[0], d.dim[0] = smaller(d.dim[0], 1); }

// y[M,N] = a[i ars + j acs] (Bin) b[i brs + j bcs]
struct binary {
	static const int resident = 6;
	const view &v;
	const float *a, *b;
	float *y;
	int64_t columns;
	bool fours_of_a, fours_of_b;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	// prepare makes a matrix of one column, or one whose operands have no gaps between rows, a single row.
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) {
		if (d.dim[1] == 1) d.dim[3] = d.dim[2], d.dim[5] = d.dim[4];
		if (d.dim[2] == d.dim[1] * d.dim[3] && d.dim[4] == d.dim[1] * d.dim[5]) join_rows(d);
		by[0] = d.dim[1];
	}
	DEVICE binary(const view &v) : v(v), a(v.arg(0)), b(v.arg(1)), y(v.arg(2)), columns(v.dim(1)) {
		fours_of_a = v.dim(3) == 1 && in_fours(v.dim(2)) && v.aligned(0), fours_of_b = v.dim(5) == 1 && in_fours(v.dim(4)) && v.aligned(1);
	}
	DEVICE bool in_fours(int64_t row) const { return row % 4 == 0 || v.dim(0) == 1; }
	DEVICE bool wide() const { return in_fours(columns) && v.aligned(2); }
	template <int K> DEVICE void at(int64_t e) const {
		quotient at = v.divide(e, columns, 0);
		float s[K], t[K];
		load_at(a + at.whole * v.dim(2) + at.rest * v.dim(3), v.dim(3), fours_of_a, s);
		load_at(b + at.whole * v.dim(4) + at.rest * v.dim(5), v.dim(5), fours_of_b, t);
		combine(v.d->bin, s, t);
		put(v, y + e, s);
	}
};

// y[i ldy + j] = x[i ldx + j]
struct copy {
	const view &v;
	const float *x;
	float *y;
	int64_t columns;

	static BOTH int64_t count(const desc &d) { return d.dim[0] * d.dim[1]; }
	// prepare makes a matrix without gaps between rows a single row.
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) {
		if (d.dim[2] == d.dim[1] && d.dim[3] == d.dim[1]) join_rows(d);
		by[0] = d.dim[1];
	}
	DEVICE copy(const view &v) : v(v), x(v.arg(0)), y(v.arg(1)), columns(v.dim(1)) {}
	DEVICE bool wide() const { return ((columns | v.dim(2) | v.dim(3)) % 4 == 0 || v.dim(0) == 1) && v.aligned(0) && v.aligned(1); }
	template <int K> DEVICE void at(int64_t e) const {
		quotient at = v.divide(e, columns, 0);
		float t[K];
		load(x + at.whole * v.dim(2) + at.rest, t);
		put(v, y + at.whole * v.dim(3) + at.rest, t);
	}
};

// y[n] = Scalar[0]
struct fill {
	float *y, value;
	bool fours;

	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	DEVICE fill(const view &v) : y(v.arg(0)), value(v.scalar(0)), fours(v.aligned(0)) {}
	DEVICE bool wide() const { return fours; }
	template <int K> DEVICE void at(int64_t i) const {
		float t[K];
		UNROLL for (int l = 0; l < K; l++) t[l] = value;
		store(y + i, t);
	}
};

#endif
