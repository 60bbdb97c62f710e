// Pointwise functions and their derivatives. The code is a constant at every call, so that each
// loop contains one function.
#ifndef GMEL_FN_H
#define GMEL_FN_H

static INLINE vec apply(const int fn, vec x, vec p0, vec p1) {
	const vec zero = splat(0);
	switch (fn) {
	case FN_AFFINE: return p0 * x + p1;
	case FN_RELU: return choose(less(x, zero), zero, x);
	case FN_LEAKY_RELU: return choose(less(zero, x), x, p0 * x);
	case FN_TANH: return vtanh(x);
	case FN_SIGMOID: return vsigmoid(x);
	case FN_EXP: return vexp(x);
	case FN_LOG: return vlog(x);
	case FN_SQUARE: return x * x;
	case FN_SQRT: return square_root(x);
	case FN_RECIPROCAL: return splat(1) / x;
	case FN_ABS: return absolute(x);
	case FN_SILU: return vsilu(x);
	case FN_GELU: {
		vec cdf, pdf;
		gauss(x, &cdf, &pdf);
		return x * cdf;
	}
	case FN_CLAMP: {
		vec low = choose(less(x, p0), p0, x);
		return choose(less(p1, low), p1, low);
	}
	}
	return x;
}

static INLINE vec indicator(mask m) { return choose(m, splat(1), splat(0)); }

// slope is f' from the input x and the output y of f.
static INLINE vec slope(const int fn, vec x, vec y, vec p0, vec p1) {
	const vec zero = splat(0), one = splat(1);
	switch (fn) {
	case FN_AFFINE: return p0;
	case FN_RELU: return indicator(less(zero, y));
	case FN_LEAKY_RELU: return choose(less(zero, y), one, p0);
	case FN_TANH: return one - y * y;
	case FN_SIGMOID: return y * (one - y);
	case FN_EXP: return y;
	case FN_LOG: return one / x;
	case FN_SQUARE: return splat(2) * x;
	case FN_SQRT: return splat(0.5f) / y;
	case FN_RECIPROCAL: return -(y * y);
	case FN_ABS: return indicator(less(zero, x)) - indicator(less(x, zero));
	case FN_CLAMP: return choose(less(p0, x), indicator(less(x, p1)), zero);
	case FN_SILU: {
		vec s = vsigmoid(x);
		return s * multiply_add(x, one - s, one);
	}
	case FN_GELU: {
		vec cdf, pdf;
		gauss(x, &cdf, &pdf);
		return multiply_add(x, pdf, cdf);
	}
	}
	return one;
}

// FOR_EACH_FN expands CASE(code) for every function.
#define FOR_EACH_FN(CASE) \
	CASE(FN_IDENTITY) CASE(FN_AFFINE) CASE(FN_RELU) CASE(FN_LEAKY_RELU) CASE(FN_TANH) CASE(FN_SIGMOID) CASE(FN_EXP) \
	CASE(FN_LOG) CASE(FN_SQUARE) CASE(FN_SQRT) CASE(FN_RECIPROCAL) CASE(FN_ABS) CASE(FN_CLAMP) CASE(FN_SILU) CASE(FN_GELU)

#endif
