// AVX2 with FMA: 8 floats a vector, tiles of 12 x 8, 6 x 16 and 4 x 24.
#if defined(__x86_64__)
#if !defined(__clang__)
#pragma GCC target("avx2,fma")
#endif
#include <immintrin.h>

#include "template_begin.h"
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#endif

#define VL 8
#define TILE_ROWS_1 12
#define TILE_ROWS_2 6
#define TILE_ROWS_3 4
#define TILE_MOST_ROWS 12
typedef float vec __attribute__((vector_size(32)));
typedef int32_t ivec __attribute__((vector_size(32)));
typedef float loose_vec __attribute__((vector_size(32), aligned(4), may_alias));
typedef ivec mask;

static INLINE vec splat(float x) { return _mm256_set1_ps(x); }
static INLINE vec multiply_add(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static INLINE vec square_root(vec x) { return _mm256_sqrt_ps(x); }
static INLINE mask less(vec a, vec b) { return (mask)_mm256_cmp_ps(a, b, _CMP_LT_OQ); }
static INLINE mask less_equal(vec a, vec b) { return (mask)_mm256_cmp_ps(a, b, _CMP_LE_OQ); }
static INLINE mask has_bit(ivec x, int32_t bit) { return (x & bit) != 0; }
static INLINE vec choose(mask m, vec a, vec b) { return _mm256_blendv_ps(b, a, (vec)m); }

typedef struct {
	ivec low, high;
} wide;

// The multiplication uses even lanes only; odd lanes are moved there and back.
static INLINE wide multiply_wide(ivec a, uint32_t m) {
	__m256i factor = _mm256_set1_epi32((int)m), x = (__m256i)a;
	__m256i even = _mm256_mul_epu32(x, factor), odd = _mm256_mul_epu32(_mm256_srli_epi64(x, 32), factor);
	return (wide){.low = (ivec)_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa),
	              .high = (ivec)_mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa)};
}

#if defined(__SANITIZE_ADDRESS__)
#include "plain_parts.h"
#else
// A window of this table is the mask of the first n lanes.
static const int32_t mask_window[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
static INLINE __m256i first_lanes(int n) { return _mm256_loadu_si256((const __m256i *)(mask_window + 8 - n)); }
static INLINE vec load_first(const float *p, int n) { return _mm256_maskload_ps(p, first_lanes(n)); }

// Three plain stores: masked ones are slow on some processors.
static INLINE void store_first(float *p, vec v, int n) {
	__m128 four = _mm256_castps256_ps128(v);
	if (n & 4) {
		_mm_storeu_ps(p, four);
		four = _mm256_extractf128_ps(v, 1);
		p += 4;
	}
	if (n & 2) {
		_mm_storel_pi((__m64 *)p, four);
		four = _mm_movehl_ps(four, four);
		p += 2;
	}
	if (n & 1) _mm_store_ss(p, four);
}
#endif

#define ISA_TABLE gmel_isa_avx2
#define ISA_NAME "avx2"
#include "template.h"
#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
