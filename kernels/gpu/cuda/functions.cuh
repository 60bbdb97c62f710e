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

// GMEL_EACH is a case of a function of K numbers x; the choice is made once for all of them.
#define GMEL_EACH(code, ...) \
	case code: \
		UNROLL for (int l = 0; l < K; l++) x[l] = __VA_ARGS__; \
		break;

DEVICE float clamp(float x, float low, float high) {
	if (x < low) x = low;
	return x > high ? high : x;
}

DEVICE float gelu(float x) {
	float cdf, pdf;
	gauss(x, &cdf, &pdf);
	return x * cdf;
}

// apply replaces K numbers x by f(x), the pointwise function f with parameters p, q.
template <int K> DEVICE void apply(uint32_t f, float (&x)[K], float p, float q) {
	switch (f) {
		GMEL_EACH(FN_AFFINE, p * x[l] + q)
		GMEL_EACH(FN_RELU, x[l] < 0 ? 0 : x[l])
		GMEL_EACH(FN_LEAKY_RELU, x[l] > 0 ? x[l] : p * x[l])
		GMEL_EACH(FN_TANH, tanh_of(x[l]))
		GMEL_EACH(FN_SIGMOID, sigmoid_of(x[l]))
		GMEL_EACH(FN_EXP, exp_of(x[l]))
		GMEL_EACH(FN_LOG, log_of(x[l]))
		GMEL_EACH(FN_SQUARE, x[l] * x[l])
		GMEL_EACH(FN_SQRT, sqrtf(x[l]))
		GMEL_EACH(FN_RECIPROCAL, 1 / x[l])
		GMEL_EACH(FN_ABS, fabsf(x[l]))
		GMEL_EACH(FN_CLAMP, clamp(x[l], p, q))
		GMEL_EACH(FN_SILU, x[l] / (1 + exp_of(-x[l])))
		GMEL_EACH(FN_GELU, gelu(x[l]))
	}
}

DEVICE float apply(uint32_t f, float x, float p, float q) {
	float one[1] = {x};
	apply(f, one, p, q);
	return one[0];
}

DEVICE float silu_slope(float x) {
	float s = sigmoid_of(x);
	return s * fmaf(x, 1 - s, 1);
}

DEVICE float gelu_slope(float x) {
	float cdf, pdf;
	gauss(x, &cdf, &pdf);
	return fmaf(x, pdf, cdf);
}

// slope replaces K outputs y of f by f'(x), from the inputs x and the outputs.
template <int K> DEVICE void slope(uint32_t f, const float (&in)[K], float (&x)[K], float p, float q) {
	switch (f) {
		GMEL_EACH(FN_AFFINE, p)
		GMEL_EACH(FN_RELU, x[l] > 0 ? 1 : 0)
		GMEL_EACH(FN_LEAKY_RELU, x[l] > 0 ? 1 : p)
		GMEL_EACH(FN_TANH, 1 - x[l] * x[l])
		GMEL_EACH(FN_SIGMOID, x[l] * (1 - x[l]))
		GMEL_EACH(FN_EXP, x[l])
		GMEL_EACH(FN_LOG, 1 / in[l])
		GMEL_EACH(FN_SQUARE, 2 * in[l])
		GMEL_EACH(FN_SQRT, 0.5f / x[l])
		GMEL_EACH(FN_RECIPROCAL, -(x[l] * x[l]))
		GMEL_EACH(FN_ABS, (in[l] > 0 ? 1.f : 0.f) - (in[l] < 0 ? 1.f : 0.f))
		GMEL_EACH(FN_CLAMP, in[l] > p && in[l] < q ? 1 : 0)
		GMEL_EACH(FN_SILU, silu_slope(in[l]))
		GMEL_EACH(FN_GELU, gelu_slope(in[l]))
	default:
		UNROLL for (int l = 0; l < K; l++) x[l] = 1;
	}
}

DEVICE float slope(uint32_t f, float x, float y, float p, float q) {
	float in[1] = {x}, out[1] = {y};
	slope(f, in, out, p, q);
	return out[0];
}

// combine replaces K numbers x by x (f) b, the binary operation f: minimum and maximum give NaN if either operand is NaN, and
// x when the operands compare equal.
template <int K> DEVICE void combine(uint32_t f, float (&x)[K], const float (&b)[K]) {
	switch (f) {
		GMEL_EACH(BIN_ADD, x[l] + b[l])
		GMEL_EACH(BIN_SUB, x[l] - b[l])
		GMEL_EACH(BIN_MUL, x[l] * b[l])
		GMEL_EACH(BIN_DIV, x[l] / b[l])
		GMEL_EACH(BIN_MIN, b[l] < x[l] || b[l] != b[l] ? b[l] : x[l])
		GMEL_EACH(BIN_MAX, b[l] > x[l] || b[l] != b[l] ? b[l] : x[l])
	}
}
#undef GMEL_EACH

#endif
