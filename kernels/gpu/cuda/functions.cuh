// The functions of package ref: the same polynomials, the same operations in the same order
// (S. Moshier, Cephes, single precision). Compiled without contraction: fma is written out.
#ifndef GMEL_FUNCTIONS_CUH
#define GMEL_FUNCTIONS_CUH

#include "device.cuh"

#define LN2_HI 0.693359375f
#define LN2_LO -2.12194440e-4f
#define ROUND_MAGIC 12582912.f

template <int n> DEVICE float horner(float x, const float (&c)[n]) {
	float p = c[0];
	UNROLL for (int i = 1; i < n; i++) p = fmaf(p, x, c[i]);
	return p;
}

// exp_of is exactly 0 below -87.33654, +Inf above 88.72283, NaN for NaN.
DEVICE float exp_of(float x) {
	const float poly[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
	float t = fmaf(x, 1.44269504088896341f, ROUND_MAGIC), n = t - ROUND_MAGIC;
	float r = fmaf(n, -LN2_HI, x);
	r = fmaf(n, -LN2_LO, r);
	float p = fmaf(horner(r, poly), r * r, r) + 1;
	float y = float_of(bits_of(p) + (bits_of(t) << 23));
	if (x < -87.3365402f) return 0;
	return x <= 88.7228317f ? y : x + infinity(); // +Inf, or NaN for NaN
}

DEVICE float log_of(float x) {
	const float poly[] = {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
	                      -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
	if (!(x >= 0)) return not_a_number();
	if (x == 0) return -infinity();
	if (x == infinity()) return x;
	float e = 0;
	if (x < 0x1p-126f) x *= 0x1p23f, e = -23;
	uint32_t bits = bits_of(x);
	e += (float)((int32_t)(bits >> 23) - 126);
	float m = float_of((bits & 0x7fffff) | 0x3f000000); // in [1/2, 1)
	if (m < 0.707106781186547524f) e -= 1, m += m;
	m -= 1;
	float z = m * m, y = (horner(m, poly) * m) * z;
	y = fmaf(e, LN2_LO, y);
	y = fmaf(-0.5f, z, y);
	return fmaf(e, LN2_HI, m + y);
}

DEVICE float tanh_of(float x) {
	const float poly[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f};
	float a = fabsf(x);
	if (a < 0.625f) {
		float z = x * x;
		return fmaf(horner(z, poly) * z, x, x);
	}
	float r = 1 - 2 / (exp_of(a + a) + 1);
	return float_of(bits_of(r) | (bits_of(x) & 0x80000000u));
}

DEVICE float sigmoid_of(float x) { return 1 / (1 + exp_of(-x)); }

// sin_cos_turns: sine and cosine of 2 pi u, u in [0, 1).
DEVICE void sin_cos_turns(float u, float *sine, float *cosine) {
	const float sin_poly[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
	const float cos_poly[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};
	float t = fmaf(u, 4, ROUND_MAGIC);
	uint32_t q = bits_of(t);
	float f = fmaf(t - ROUND_MAGIC, -0.25f, u), a = f * 6.28318530717958647692f, z = a * a;
	float s = fmaf(horner(z, sin_poly) * z, a, a);
	float c = fmaf(horner(z, cos_poly) * z, z, fmaf(z, -0.5f, 1));
	*sine = float_of(bits_of(q & 1 ? c : s) ^ ((q & 2) << 30));
	*cosine = float_of(bits_of(q & 1 ? s : c) ^ (((q + 1) & 2) << 30));
}

// gauss computes the distribution function and the density of the standard normal distribution.
DEVICE void gauss(float x, float *cdf, float *pdf) {
	const float poly[] = {-1.8817262724e-2f, 9.0295597911e-2f, -1.4839255810e-1f, 7.0669792593e-2f, 4.8889574828e-4f,
	                      5.3909402341e-2f,  9.0653516352e-2f, 1.1176333576e-1f,  1.2476464361e-1f, 1.2466463447e-1f};
	float a = fabsf(x);
	if (a > 14) a = 14;
	float s = a * a, lost = fmaf(a, a, -s);
	float e = exp_of(-0.5f * s) * fmaf(-0.5f, lost, 1);
	float t = 1 / fmaf(0.3125f, a, 1);
	float tail = e * (t * horner(t, poly));
	*cdf = x < 0 ? tail : 1 - tail;
	*pdf = e * 0.398942280401432678f;
}

// apply is the pointwise function f with parameters p, q.
DEVICE float apply(uint32_t f, float x, float p, float q) {
	float cdf, pdf;
	switch (f) {
	case FN_AFFINE: return p * x + q;
	case FN_RELU: return x < 0 ? 0 : x;
	case FN_LEAKY_RELU: return x > 0 ? x : p * x;
	case FN_TANH: return tanh_of(x);
	case FN_SIGMOID: return sigmoid_of(x);
	case FN_EXP: return exp_of(x);
	case FN_LOG: return log_of(x);
	case FN_SQUARE: return x * x;
	case FN_SQRT: return sqrtf(x);
	case FN_RECIPROCAL: return 1 / x;
	case FN_ABS: return fabsf(x);
	case FN_CLAMP:
		if (x < p) x = p;
		return x > q ? q : x;
	case FN_SILU: return x / (1 + exp_of(-x));
	case FN_GELU: gauss(x, &cdf, &pdf); return x * cdf;
	}
	return x;
}

// slope is f'(x) from the input x and the output y of f.
DEVICE float slope(uint32_t f, float x, float y, float p, float q) {
	float cdf, pdf, s;
	switch (f) {
	case FN_AFFINE: return p;
	case FN_RELU: return y > 0 ? 1 : 0;
	case FN_LEAKY_RELU: return y > 0 ? 1 : p;
	case FN_TANH: return 1 - y * y;
	case FN_SIGMOID: return y * (1 - y);
	case FN_EXP: return y;
	case FN_LOG: return 1 / x;
	case FN_SQUARE: return 2 * x;
	case FN_SQRT: return 0.5f / y;
	case FN_RECIPROCAL: return -(y * y);
	case FN_ABS: return (x > 0 ? 1.f : 0.f) - (x < 0 ? 1.f : 0.f);
	case FN_CLAMP: return x > p && x < q ? 1 : 0;
	case FN_SILU: s = sigmoid_of(x); return s * fmaf(x, 1 - s, 1);
	case FN_GELU: gauss(x, &cdf, &pdf); return fmaf(x, pdf, cdf);
	}
	return 1;
}

// combine is the binary operation: minimum and maximum give NaN if either operand is NaN, and
// a when the operands compare equal.
DEVICE float combine(uint32_t f, float a, float b) {
	switch (f) {
	case BIN_ADD: return a + b;
	case BIN_SUB: return a - b;
	case BIN_MUL: return a * b;
	case BIN_DIV: return a / b;
	case BIN_MIN: return b < a || b != b ? b : a;
	case BIN_MAX: return b > a || b != b ? b : a;
	}
	return a;
}

#endif
