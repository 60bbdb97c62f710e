// Vectors of VL floats, the same for every instruction set. The including file has defined
// VL, the type mask, and:
//   splat, multiply_add (one rounding), square_root, load_first, store_first,
//   less, less_equal, has_bit, choose (mask ? a : b), multiply_wide (32 x 32 -> 64 bits)
// See isa_avx2.c for the shortest example. Operators + - * / act on vectors; compiler options
// forbid contracting them.
#ifndef GMEL_SIMD_H
#define GMEL_SIMD_H

static INLINE vec load(const float *p) { return *(const loose_vec *)p; }
static INLINE void store(float *p, vec v) { *(loose_vec *)p = v; }

// load_part reads n floats, followed by zeros; n may exceed VL.
static INLINE vec load_part(const float *p, int64_t n) { return n >= VL ? load(p) : load_first(p, (int)n); }
static INLINE void store_part(float *p, vec v, int64_t n) {
	if (n >= VL)
		store(p, v);
	else
		store_first(p, v, (int)n);
}

static INLINE vec bits_and(vec a, vec b) { return (vec)((ivec)a & (ivec)b); }
static INLINE vec bits_or(vec a, vec b) { return (vec)((ivec)a | (ivec)b); }

// isplat uses splat, because compilers turn it into one broadcast, but not a loop.
static INLINE ivec isplat(int32_t x) {
	float bits;
	memcpy(&bits, &x, sizeof bits);
	return (ivec)splat(bits);
}
static INLINE vec sign_of(vec x) { return (vec)((ivec)x & isplat(INT32_MIN)); }
static INLINE vec absolute(vec x) { return (vec)((ivec)x & isplat(INT32_MAX)); }

// Lanes of integers must wrap around; C guarantees that for unsigned integers only.
typedef uint32_t uvec __attribute__((vector_size(4 * VL)));
static INLINE ivec add_wrapping(ivec a, ivec b) { return (ivec)((uvec)a + (uvec)b); }
static INLINE ivec shift_left(ivec x, int bits) { return (ivec)((uvec)x << bits); }

static INLINE vec to_float(ivec x) { return __builtin_convertvector(x, vec); }

static INLINE ivec lane_numbers(void) {
	ivec v;
	UNROLL for (int i = 0; i < VL; i++) v[i] = i;
	return v;
}

// first_of is v in the first n elements and other in the rest.
static INLINE vec first_of(vec v, int64_t n, vec other) {
	ivec first = lane_numbers() < isplat((int32_t)n);
	return n >= VL ? v : (vec)(((ivec)v & first) | ((ivec)other & ~first));
}
static INLINE vec keep_first(vec v, int64_t n) { return first_of(v, n, splat(0)); }

// larger is a > b ? a : b, so b if one is NaN.
static INLINE vec larger(vec a, vec b) { return choose(less(b, a), a, b); }

// A vector sum has 16 virtual lanes whatever VL is.
enum { LANE_VECS = LANES / VL };
typedef struct {
	vec v[LANE_VECS];
} lane_set;

static INLINE void lanes_clear(lane_set *s) { UNROLL for (int i = 0; i < LANE_VECS; i++) s->v[i] = splat(0); }

typedef float vec4 __attribute__((vector_size(16)));
typedef int32_t ivec4 __attribute__((vector_size(16)));
#if defined(__clang__)
#define SHUFFLE4(v, a, b, c, d) __builtin_shufflevector(v, v, a, b, c, d)
#else
#define SHUFFLE4(v, a, b, c, d) __builtin_shuffle(v, (ivec4){a, b, c, d})
#endif

// lanes_fold adds lane l+8 to l, then l+4, l+2, l+1.
static INLINE float lanes_fold(const lane_set *s) {
	float x[LANES] __attribute__((aligned(64)));
	UNROLL for (int i = 0; i < LANE_VECS; i++) store(x + i * VL, s->v[i]);
	const vec4 *q = (const vec4 *)x;
	vec4 four = (q[0] + q[2]) + (q[1] + q[3]);
	four += SHUFFLE4(four, 2, 3, 2, 3);
	return four[0] + four[1];
}

// A term returns elements i .. i+n-1 of a vector sum, followed by +0; n <= VL.
typedef vec (*term)(const void *context, int64_t i, int64_t n);

static INLINE float chunk_sum(term f, const void *context, int64_t from, int64_t to) {
	lane_set s;
	lanes_clear(&s);
	int64_t i = from;
	for (; i + LANES <= to; i += LANES)
		UNROLL for (int l = 0; l < LANE_VECS; l++) s.v[l] += f(context, i + l * VL, VL);
	UNROLL for (int l = 0; l < LANE_VECS; l++) {
		int64_t n = to - i - l * VL;
		if (n > 0) s.v[l] += f(context, i + l * VL, n < VL ? n : VL);
	}
	return lanes_fold(&s);
}

// vector_sum adds the chunk sums of n terms in ascending order.
static INLINE float vector_sum(term f, const void *context, int64_t n) {
	if (n <= 0) return 0;
	float total = chunk_sum(f, context, 0, n < CHUNK ? n : CHUNK);
	for (int64_t c = CHUNK; c < n; c += CHUNK) total += chunk_sum(f, context, c, n - c < CHUNK ? n : c + CHUNK);
	return total;
}

static INLINE vec term_load(const void *x, int64_t i, int64_t n) { return load_part((const float *)x + i, n); }

static INLINE float vector_sum_of(const float *x, int64_t n) { return vector_sum(term_load, x, n); }

static INLINE vec4 larger4(vec4 a, vec4 b) {
	ivec4 m = a > b;
	return (vec4)(((ivec4)a & m) | ((ivec4)b & ~m));
}

// largest_lane is the maximum of a vector without NaN.
static INLINE float largest_lane(vec v) {
	float x[VL] __attribute__((aligned(64)));
	store(x, v);
	const vec4 *q = (const vec4 *)x;
	vec4 m = q[0];
	UNROLL for (int i = 1; i < VL / 4; i++) m = larger4(q[i], m);
	m = larger4(m, SHUFFLE4(m, 2, 3, 0, 1));
	return m[0] > m[1] ? m[0] : m[1];
}

// largest_of is the maximum of n floats (a multiple of VL); NaN is skipped.
static INLINE float largest_of(const float *x, int64_t n) {
	vec m = splat(-INFINITY);
	for (int64_t i = 0; i < n; i += VL) m = larger(load(x + i), m);
	return largest_lane(m);
}

// transpose4 moves element k of row j to element j of row k, 4 x 4 of them.
static INLINE void transpose4(const float *b, int64_t ld, float *out, int64_t width) {
	vec4 r0, r1, r2, r3;
	memcpy(&r0, b, 16), memcpy(&r1, b + ld, 16), memcpy(&r2, b + 2 * ld, 16), memcpy(&r3, b + 3 * ld, 16);
#if defined(__clang__)
#define MIX(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define MIX(x, y, ...) __builtin_shuffle(x, y, (ivec4){__VA_ARGS__})
#endif
	vec4 t0 = MIX(r0, r1, 0, 4, 1, 5), t1 = MIX(r0, r1, 2, 6, 3, 7), t2 = MIX(r2, r3, 0, 4, 1, 5), t3 = MIX(r2, r3, 2, 6, 3, 7);
	vec4 c0 = MIX(t0, t2, 0, 1, 4, 5), c1 = MIX(t0, t2, 2, 3, 6, 7), c2 = MIX(t1, t3, 0, 1, 4, 5), c3 = MIX(t1, t3, 2, 3, 6, 7);
	memcpy(out, &c0, 16), memcpy(out + width, &c1, 16), memcpy(out + 2 * width, &c2, 16), memcpy(out + 3 * width, &c3, 16);
}

// transpose_square moves SQUARE x SQUARE elements likewise.
#if VL == 8
enum { SQUARE = 8 };
#if defined(__clang__)
#define MIX8(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define MIX8(x, y, ...) __builtin_shuffle(x, y, (ivec){__VA_ARGS__})
#endif
static INLINE void transpose_square(const float *b, int64_t ld, float *out, int64_t width) {
	vec r[8], s[8];
	UNROLL for (int i = 0; i < 8; i++) r[i] = load(b + i * ld);
	UNROLL for (int i = 0; i < 4; i++) {
		s[2 * i] = MIX8(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
		s[2 * i + 1] = MIX8(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
	}
	UNROLL for (int i = 0; i < 8; i += 4)
		UNROLL for (int j = 0; j < 2; j++) {
			r[i + 2 * j] = MIX8(s[i + j], s[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
			r[i + 2 * j + 1] = MIX8(s[i + j], s[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
		}
	UNROLL for (int i = 0; i < 4; i++) {
		store(out + i * width, MIX8(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11));
		store(out + (i + 4) * width, MIX8(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15));
	}
}
#else
enum { SQUARE = 4 };
static INLINE void transpose_square(const float *b, int64_t ld, float *out, int64_t width) { transpose4(b, ld, out, width); }
#endif

#endif
