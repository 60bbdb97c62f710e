// AVX-512: 16 floats a vector, tiles of 14 x 16, 14 x 32 and 9 x 48.
#if defined(__x86_64__)
#if defined(GMEL_EMULATE_AVX512)
#include <stdint.h>
#include "avx512_emulated.h"
#elif !defined(__clang__)
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma,prefer-vector-width=512")
#endif
#include <immintrin.h>

#include "template_begin.h"
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#endif

#define VL 16
#define TILE_ROWS_1 14
#define TILE_ROWS_2 14
#define TILE_ROWS_3 9
#define TILE_MOST_ROWS 14
typedef float vec __attribute__((vector_size(64)));
typedef int32_t ivec __attribute__((vector_size(64)));
typedef float loose_vec __attribute__((vector_size(64), aligned(4), may_alias));
typedef __mmask16 mask;

static INLINE vec splat(float x) { return _mm512_set1_ps(x); }
static INLINE vec multiply_add(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
static INLINE vec square_root(vec x) { return _mm512_sqrt_ps(x); }
static INLINE mask less(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static INLINE mask less_equal(vec a, vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ); }
static INLINE mask has_bit(ivec x, int32_t bit) { return _mm512_test_epi32_mask((__m512i)x, _mm512_set1_epi32(bit)); }
static INLINE vec choose(mask m, vec a, vec b) { return _mm512_mask_blend_ps(m, b, a); }

typedef struct {
	ivec low, high;
} wide;

// The multiplication uses even lanes only; odd lanes are moved there and back.
static INLINE wide multiply_wide(ivec a, uint32_t m) {
	__m512i factor = _mm512_set1_epi32((int)m), x = (__m512i)a;
	__m512i even = _mm512_mul_epu32(x, factor), odd = _mm512_mul_epu32(_mm512_srli_epi64(x, 32), factor);
	return (wide){.low = (ivec)_mm512_mask_blend_epi32(0xaaaa, even, _mm512_slli_epi64(odd, 32)),
	              .high = (ivec)_mm512_mask_blend_epi32(0xaaaa, _mm512_srli_epi64(even, 32), odd)};
}

#if defined(__SANITIZE_ADDRESS__)
#include "plain_parts.h"
#else
static INLINE mask first_lanes(int n) { return (mask)((1u << n) - 1); }
static INLINE vec load_first(const float *p, int n) { return _mm512_maskz_loadu_ps(first_lanes(n), p); }
static INLINE void store_first(float *p, vec v, int n) { _mm512_mask_storeu_ps(p, first_lanes(n), v); }
#endif

#define ISA_TABLE gmel_isa_avx512
#define ISA_NAME "avx512"
#include "template.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
