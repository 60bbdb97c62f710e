// The intrinsics that isa_avx512.c uses, in AVX2 and plain C, after the pseudocode in Intel's manual.
// They are for tests only (build tag emulate512): processors without AVX-512 then run all of its
// code, above all the code for 16 lanes.
#ifndef GMEL_AVX512_EMULATED_H
#define GMEL_AVX512_EMULATED_H

#pragma GCC target("avx2,fma")
#include <immintrin.h>

#define EMULATED static inline __attribute__((always_inline, unused))

typedef union {
	__m512 whole;
	__m256 half[2];
	float lane[16];
} floats512;

typedef union {
	__m512i whole;
	uint32_t lane[16];
	uint64_t wide[8];
} ints512;

EMULATED __m512 emulated_set1_ps(float x) { return (__m512){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

EMULATED __m512i emulated_set1_epi32(int x) {
	ints512 r;
	for (int i = 0; i < 16; i++) r.lane[i] = (uint32_t)x;
	return r.whole;
}

EMULATED __m512 emulated_fmadd_ps(__m512 a, __m512 b, __m512 c) {
	floats512 x = {a}, y = {b}, z = {c};
	for (int i = 0; i < 2; i++) z.half[i] = _mm256_fmadd_ps(x.half[i], y.half[i], z.half[i]);
	return z.whole;
}

EMULATED __m512 emulated_sqrt_ps(__m512 a) {
	floats512 x = {a};
	for (int i = 0; i < 2; i++) x.half[i] = _mm256_sqrt_ps(x.half[i]);
	return x.whole;
}

// The only predicates in use are less, and less or equal; both are false for NaN.
EMULATED __mmask16 emulated_cmp_ps_mask(__m512 a, __m512 b, int predicate) {
	floats512 x = {a}, y = {b};
	unsigned m = 0;
	for (int i = 0; i < 16; i++)
		m |= (unsigned)(predicate == _CMP_LT_OQ ? x.lane[i] < y.lane[i] : x.lane[i] <= y.lane[i]) << i;
	return (__mmask16)m;
}

EMULATED __mmask16 emulated_test_epi32_mask(__m512i a, __m512i b) {
	ints512 x = {a}, y = {b};
	unsigned m = 0;
	for (int i = 0; i < 16; i++) m |= (unsigned)((x.lane[i] & y.lane[i]) != 0) << i;
	return (__mmask16)m;
}

EMULATED __m512 emulated_mask_blend_ps(__mmask16 m, __m512 a, __m512 b) {
	floats512 x = {a}, y = {b};
	for (int i = 0; i < 16; i++) x.lane[i] = m >> i & 1 ? y.lane[i] : x.lane[i];
	return x.whole;
}

EMULATED __m512i emulated_mask_blend_epi32(__mmask16 m, __m512i a, __m512i b) {
	ints512 x = {a}, y = {b};
	for (int i = 0; i < 16; i++) x.lane[i] = m >> i & 1 ? y.lane[i] : x.lane[i];
	return x.whole;
}

EMULATED __m512i emulated_mul_epu32(__m512i a, __m512i b) {
	ints512 x = {a}, y = {b};
	for (int i = 0; i < 8; i++) x.wide[i] = (uint64_t)(uint32_t)x.wide[i] * (uint32_t)y.wide[i];
	return x.whole;
}

EMULATED __m512i emulated_srli_epi64(__m512i a, unsigned n) {
	ints512 x = {a};
	for (int i = 0; i < 8; i++) x.wide[i] >>= n;
	return x.whole;
}

EMULATED __m512i emulated_slli_epi64(__m512i a, unsigned n) {
	ints512 x = {a};
	for (int i = 0; i < 8; i++) x.wide[i] <<= n;
	return x.whole;
}

EMULATED __m512 emulated_maskz_loadu_ps(__mmask16 m, const float *p) {
	floats512 x;
	for (int i = 0; i < 16; i++) x.lane[i] = m >> i & 1 ? p[i] : 0;
	return x.whole;
}

EMULATED void emulated_mask_storeu_ps(float *p, __mmask16 m, __m512 a) {
	floats512 x = {a};
	for (int i = 0; i < 16; i++)
		if (m >> i & 1) p[i] = x.lane[i];
}

#define _mm512_set1_ps emulated_set1_ps
#define _mm512_set1_epi32 emulated_set1_epi32
#define _mm512_fmadd_ps emulated_fmadd_ps
#define _mm512_sqrt_ps emulated_sqrt_ps
#undef _mm512_cmp_ps_mask
#define _mm512_cmp_ps_mask emulated_cmp_ps_mask
#define _mm512_test_epi32_mask emulated_test_epi32_mask
#define _mm512_mask_blend_ps emulated_mask_blend_ps
#define _mm512_mask_blend_epi32 emulated_mask_blend_epi32
#define _mm512_mul_epu32 emulated_mul_epu32
#undef _mm512_srli_epi64
#define _mm512_srli_epi64 emulated_srli_epi64
#undef _mm512_slli_epi64
#define _mm512_slli_epi64 emulated_slli_epi64
#define _mm512_maskz_loadu_ps emulated_maskz_loadu_ps
#define _mm512_mask_storeu_ps emulated_mask_storeu_ps

#endif
