// Elementary functions and random numbers of the step: math.go and kernels/philox, operation
// by operation, without branches so that loops over lanes become vectors. Contraction of
// a*b+c must be off.
#ifndef GMEL_WORLD_MATH_H
#define GMEL_WORLD_MATH_H

#include <string.h>

#include "world.h"

#ifndef WORLD_FN // a compiler for a GPU says __device__, and __host__ too where its host needs a function
#define WORLD_FN static inline __attribute__((always_inline, unused))
#define WORLD_HOST_TOO WORLD_FN
#define WORLD_OPTION static __attribute__((unused)) // of options: the compiler may leave them out of line
#define WORLD_APART static __attribute__((noinline, unused)) // always out of line
// The step never takes the root of a negative number. Without this declaration GCC keeps a call
// that could set errno, and with it no loop becomes vectors.
float sqrtf(float x) __attribute__((const));
#define WORLD_SQRT(x) sqrtf(x)
#if defined(__clang__)
#define WORLD_UNROLL _Pragma("clang loop unroll(full)")
#else
#define WORLD_UNROLL _Pragma("GCC unroll 16")
#endif
#endif

#define WORLD_LN2 0.693147180559945309f
#define WORLD_LOG2E 1.44269504088896341f

WORLD_FN uint32_t world_bits(float x) {
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}

WORLD_FN float world_float(uint32_t u) {
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}

WORLD_FN float world_min(float a, float b) { return a < b ? a : b; }
WORLD_FN float world_max(float a, float b) { return a > b ? a : b; }

WORLD_FN float world_log2(float x) {
	const uint32_t sqrt_half = 0x3f3504f3u;
	uint32_t bits = world_bits(x) + (0x3f800000u - sqrt_half);
	float e = (float)((int32_t)(bits >> 23) - 127);
	float m = world_float((bits & 0x007fffffu) + sqrt_half);
	float f = m - 1;
	float s = f / (2 + f);
	float z = s * s;
	float r = z * (float)(2. / 9);
	r = z * (r + (float)(2. / 7));
	r = z * (r + (float)(2. / 5));
	r = z * (r + (float)(2. / 3));
	float half = (0.5f * f) * f;
	float ln = f - (half - s * (half + r));
	return ln * WORLD_LOG2E + e;
}

WORLD_FN float world_exp2(float x) {
	float y = world_min(world_max(x, -126.f), 127.99999f);
	int32_t n = (int32_t)(y + 128.5f);
	float r = y - (float)(n - 128);
	float p = r * 1.5252734e-05f + 1.5403530e-04f;
	p = r * p + 1.3333558e-03f;
	p = r * p + 9.6181291e-03f;
	p = r * p + 5.5504109e-02f;
	p = r * p + 2.4022651e-01f;
	p = r * p + WORLD_LN2;
	p = r * p + 1;
	float twice = n == 256 ? 2.f : 1.f; // 2^128 is not a float: scale in two steps
	float scale = world_float((uint32_t)(n == 256 ? 254 : n - 1) << 23);
	return x < -126.f ? 0.f : p * scale * twice;
}

WORLD_FN void world_sincos(float u, float *sine, float *cosine) {
	int32_t q = (int32_t)(4 * u + 0.5f);
	float r = u - 0.25f * (float)q;
	float x = r * 6.28318530717958648f;
	float z = x * x;
	float s = z * (float)(1. / 362880) - (float)(1. / 5040);
	s = z * s + (float)(1. / 120);
	s = z * s - (float)(1. / 6);
	s = x + x * (z * s);
	float c = z * (float)(-1. / 3628800) + (float)(1. / 40320);
	c = z * c - (float)(1. / 720);
	c = z * c + (float)(1. / 24);
	c = z * c - 0.5f;
	c = 1 + z * c;
	uint32_t a = world_bits(s), b = world_bits(c), odd = 0u - ((uint32_t)q & 1u);
	uint32_t first = (a & ~odd) | (b & odd), second = (b & ~odd) | (a & odd);
	*sine = world_float(first ^ (((uint32_t)q & 2u) << 30));
	*cosine = world_float(second ^ ((((uint32_t)q + 1u) & 2u) << 30));
}

WORLD_FN float world_uniform(uint32_t u) { return (float)(int32_t)(u >> 8) * 0x1p-24f; }
WORLD_FN float world_uniform_open(uint32_t u) { return (float)(int32_t)((u >> 8) + 1) * 0x1p-24f; }

WORLD_FN void world_philox(const uint32_t key[2], uint32_t c[4]) {
	uint32_t k0 = key[0], k1 = key[1], c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
	WORLD_UNROLL for (int round = 0; round < 10; round++) {
		uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
		c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)p1;
		c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)p0;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	c[0] = c0, c[1] = c1, c[2] = c2, c[3] = c3;
}

// Streams of draw.go.
enum {
	STREAM_PLACE = 0, STREAM_LINK = 1, STREAM_TASK = 2, STREAM_LIMIT = 3, STREAM_ARRIVAL = 5, STREAM_GOAL = 6, STREAM_DRIFT = 7,
	STREAM_SPOT = 10, STREAM_GOAL_SPOT = 11, STREAM_WINDOW = 12, STREAM_FADING = 16, STREAM_BURST = 64
};

WORLD_FN float world_exponential(uint32_t u) { return -(world_log2(world_uniform_open(u)) * WORLD_LN2); }

WORLD_FN float world_normal(uint32_t u, uint32_t v) {
	float sine, cosine;
	world_sincos(world_uniform(v), &sine, &cosine);
	return WORLD_SQRT(2 * world_exponential(u)) * cosine;
}

#define WORLD_FADE_FLOOR 1e-7f

WORLD_FN float world_rayleigh(uint32_t u) { return world_max(world_exponential(u), WORLD_FADE_FLOOR); }

WORLD_FN float world_rice(uint32_t u, uint32_t v, float specular, float scatter) {
	float sine, cosine;
	world_sincos(world_uniform(v), &sine, &cosine);
	float r = scatter * WORLD_SQRT(world_exponential(u));
	float re = specular + r * cosine;
	float im = r * sine;
	return world_max(re * re + im * im, WORLD_FADE_FLOOR);
}

#define WORLD_MIN_SE 1e-6f

WORLD_FN float world_efficiency(float snr, float most) {
	return world_max(world_min(world_log2(1 + snr), most), WORLD_MIN_SE);
}

#endif
