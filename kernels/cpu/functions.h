// The functions of package ref on vectors: the same polynomials, the same operations in the
// same order (S. Moshier, Cephes, single precision).
#ifndef GMEL_FUNCTIONS_H
#define GMEL_FUNCTIONS_H

#define LN2_HI 0.693359375f
#define LN2_LO -2.12194440e-4f
#define ROUND_MAGIC 12582912.f
#define EXP_MAX 88.7228317f
#define EXP_MIN -87.3365402f

#define HORNER(x, poly) horner(x, poly, (int)(sizeof(poly) / sizeof(poly[0])))

static INLINE vec horner(vec x, const float *c, int n) {
	vec p = splat(c[0]);
	UNROLL for (int i = 1; i < n; i++) p = multiply_add(p, x, splat(c[i]));
	return p;
}

static const float exp_poly[] = {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f};
static const float log_poly[] = {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                                 -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
static const float tanh_poly[] = {-5.70498872745e-3f, 2.06390887954e-2f, -5.37397155531e-2f, 1.33314422036e-1f, -3.33332819422e-1f};
static const float sin_poly[] = {-1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f};
static const float cos_poly[] = {2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f};

// exp_many is exp of a few vectors, interleaved: a single one would spend most of the time waiting
// for its own results.
enum { AT_ONCE = 4 };
static INLINE void exp_many(const int count, vec *x) {
	vec t[AT_ONCE], r[AT_ONCE], p[AT_ONCE];
	UNROLL for (int i = 0; i < count; i++) t[i] = multiply_add(x[i], splat(1.44269504088896341f), splat(ROUND_MAGIC));
	UNROLL for (int i = 0; i < count; i++) p[i] = t[i] - splat(ROUND_MAGIC);
	UNROLL for (int i = 0; i < count; i++) r[i] = multiply_add(p[i], splat(-LN2_HI), x[i]);
	UNROLL for (int i = 0; i < count; i++) r[i] = multiply_add(p[i], splat(-LN2_LO), r[i]);
	UNROLL for (int i = 0; i < count; i++) p[i] = multiply_add(splat(exp_poly[0]), r[i], splat(exp_poly[1]));
	UNROLL for (int k = 2; k < 6; k++)
		UNROLL for (int i = 0; i < count; i++) p[i] = multiply_add(p[i], r[i], splat(exp_poly[k]));
	UNROLL for (int i = 0; i < count; i++) p[i] = multiply_add(p[i], r[i] * r[i], r[i]) + splat(1);
	UNROLL for (int i = 0; i < count; i++) {
		vec y = (vec)add_wrapping((ivec)p[i], shift_left((ivec)t[i], 23));
		y = choose(less(x[i], splat(EXP_MIN)), splat(0), y);
		x[i] = choose(less_equal(x[i], splat(EXP_MAX)), y, x[i] + splat(INFINITY)); // +Inf, or NaN for NaN
	}
}

static INLINE vec vexp(vec x) {
	exp_many(1, &x);
	return x;
}

// silu_many is x / (1 + exp(-x)) of a few vectors.
static INLINE void silu_many(const int count, vec *x) {
	vec e[AT_ONCE];
	UNROLL for (int i = 0; i < count; i++) e[i] = (vec)((ivec)x[i] ^ isplat(INT32_MIN));
	exp_many(count, e);
	UNROLL for (int i = 0; i < count; i++) x[i] = x[i] / (splat(1) + e[i]);
}

static INLINE vec vsilu(vec x) {
	silu_many(1, &x);
	return x;
}

static INLINE vec vlog(vec x) {
	mask tiny = less(x, splat(0x1p-126f));
	vec e = choose(tiny, splat(-23), splat(0));
	ivec bits = (ivec)choose(tiny, x * splat(0x1p23f), x);
	e = e + to_float((bits >> 23) - isplat(126));
	vec m = (vec)((bits & isplat(0x7fffff)) | isplat(0x3f000000)); // in [1/2, 1)
	mask low = less(m, splat(0.707106781186547524f));
	e = choose(low, e - splat(1), e);
	m = choose(low, m + m, m) - splat(1);
	vec z = m * m;
	vec y = (HORNER(m, log_poly) * m) * z;
	y = multiply_add(e, splat(LN2_LO), y);
	y = multiply_add(splat(-0.5f), z, y);
	y = multiply_add(e, splat(LN2_HI), m + y);
	y = choose(less(x, splat(INFINITY)), y, x); // +Inf and NaN stay
	vec edge = choose(less(x, splat(0)), splat(NAN), splat(-INFINITY));
	return choose(less_equal(x, splat(0)), edge, y);
}

static INLINE vec vtanh(vec x) {
	vec a = absolute(x), z = x * x;
	vec small = multiply_add(HORNER(z, tanh_poly) * z, x, x);
	vec large = splat(1) - splat(2) / (vexp(a + a) + splat(1));
	return choose(less(a, splat(0.625f)), small, bits_or(large, sign_of(x)));
}

static INLINE vec vsigmoid(vec x) { return splat(1) / (splat(1) + vexp((vec)((ivec)x ^ isplat(INT32_MIN)))); }

// sin_cos_turns: sine and cosine of 2 pi u, u in [0, 1).
static INLINE void sin_cos_turns(vec u, vec *sine, vec *cosine) {
	vec t = multiply_add(u, splat(4), splat(ROUND_MAGIC));
	ivec q = (ivec)t;
	vec f = multiply_add(t - splat(ROUND_MAGIC), splat(-0.25f), u);
	vec a = f * splat(6.28318530717958647692f), z = a * a;
	vec s = multiply_add(HORNER(z, sin_poly) * z, a, a);
	vec c = multiply_add(HORNER(z, cos_poly) * z, z, multiply_add(z, splat(-0.5f), splat(1)));
	mask odd = has_bit(q, 1);
	vec first = choose(odd, c, s), second = choose(odd, s, c);
	*sine = (vec)((ivec)first ^ shift_left(q & isplat(2), 30));
	*cosine = (vec)((ivec)second ^ shift_left((q + isplat(1)) & isplat(2), 30));
}

// gauss computes the distribution function and the density of the standard normal distribution.
static const float gauss_poly[] = {-1.8817262724e-2f, 9.0295597911e-2f, -1.4839255810e-1f, 7.0669792593e-2f, 4.8889574828e-4f,
                                   5.3909402341e-2f,  9.0653516352e-2f, 1.1176333576e-1f,  1.2476464361e-1f, 1.2466463447e-1f};

static INLINE void gauss(vec x, vec *cdf, vec *pdf) {
	vec a = absolute(x);
	a = choose(less(splat(14), a), splat(14), a);
	vec s = a * a, lost = multiply_add(a, a, -s);
	vec e = vexp(splat(-0.5f) * s) * multiply_add(splat(-0.5f), lost, splat(1));
	vec t = splat(1) / multiply_add(splat(0.3125f), a, splat(1));
	vec tail = e * (t * HORNER(t, gauss_poly));
	*cdf = choose(less(x, splat(0)), tail, splat(1) - tail);
	*pdf = e * splat(0.398942280401432678f);
}

static float log_of(float x) { return vlog(splat(x))[0]; }

#endif
