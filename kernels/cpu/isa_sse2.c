// SSE2, which every 64-bit x86 processor has: 4 floats a vector. It has no fma; multiply_add
// computes the result of fma in double precision.
#if defined(__x86_64__)
#include <emmintrin.h>

#include "template_begin.h"

#include "vector4.h"

// sum_to_odd is p + c rounded to odd: if p + c is not a double, the result is that one of the two
// nearest doubles whose last bit is 1. The error of the rounded sum (Knuth's two-sum) says on which
// side of it the true sum is. It is NaN if the sum is infinite or NaN.
static INLINE __m128d sum_to_odd(__m128d p, __m128d c) {
	__m128d s = _mm_add_pd(p, c), part = _mm_sub_pd(s, p);
	__m128d error = _mm_add_pd(_mm_sub_pd(p, _mm_sub_pd(s, part)), _mm_sub_pd(c, part));
	__m128d inexact = _mm_and_pd(_mm_cmpneq_pd(error, _mm_setzero_pd()), _mm_cmpord_pd(error, error));
	__m128i one = _mm_srli_epi64(_mm_castpd_si128(inexact), 63);
	__m128i away = _mm_and_si128(_mm_srli_epi64(_mm_castpd_si128(_mm_xor_pd(error, s)), 63), one);
	return _mm_castsi128_pd(_mm_or_si128(_mm_sub_epi64(_mm_castpd_si128(s), away), one));
}

static INLINE __m128 multiply_add_low(__m128 a, __m128 b, __m128 c) {
	return _mm_cvtpd_ps(sum_to_odd(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c)));
}

// The product of two floats is exact in double. A sum that is rounded to odd in double, which has
// more than two extra bits, and then to float is correctly rounded (S. Boldo & G. Melquiond,
// Emulation of a FMA and correctly rounded sums, 2008). A call costs little in comparison; inlined
// everywhere it would double the compile time.
static __attribute__((noinline)) vec multiply_add(vec a, vec b, vec c) {
	__m128 x = (__m128)a, y = (__m128)b, z = (__m128)c;
	__m128 high = multiply_add_low(_mm_movehl_ps(x, x), _mm_movehl_ps(y, y), _mm_movehl_ps(z, z));
	return (vec)_mm_movelh_ps(multiply_add_low(x, y, z), high);
}
static INLINE vec square_root(vec x) { return (vec)_mm_sqrt_ps((__m128)x); }

#define ISA_TABLE gmel_isa_sse2
#define ISA_NAME "sse2"
#include "template.h"
#endif
