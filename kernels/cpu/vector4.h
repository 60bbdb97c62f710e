// What the instruction sets with 4 floats a vector share.
#define VL 4
#define TILE_ROWS_1 12
#define TILE_ROWS_2 6
#define TILE_ROWS_3 4
#define TILE_MOST_ROWS 12
typedef float vec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));
typedef float loose_vec __attribute__((vector_size(16), aligned(4), may_alias));
typedef ivec mask;

static INLINE vec splat(float x) { return (vec){x, x, x, x}; }
static INLINE mask less(vec a, vec b) { return a < b; }
static INLINE mask less_equal(vec a, vec b) { return a <= b; }
static INLINE mask has_bit(ivec x, int32_t bit) { return (x & bit) != 0; }
static INLINE vec choose(mask m, vec a, vec b) { return (vec)((m & (ivec)a) | (~m & (ivec)b)); }

typedef struct {
	ivec low, high;
} wide;

static INLINE wide multiply_wide(ivec a, uint32_t m) {
	wide r;
	for (int i = 0; i < VL; i++) {
		uint64_t p = (uint64_t)(uint32_t)a[i] * m;
		r.low[i] = (int32_t)p, r.high[i] = (int32_t)(p >> 32);
	}
	return r;
}

#include "plain_parts.h"
