// Philox4x32-10 (Salmon et al. 2011), as package philox.
#ifndef GMEL_PHILOX_H
#define GMEL_PHILOX_H

// The fixed part of a stream: the key and three counter words.
typedef struct {
	uint32_t key0, key1, low, high, stream;
} philox_stream;

static INLINE philox_stream stream_of(const desc *d, const float *counter) {
	return (philox_stream){(uint32_t)d->seed, (uint32_t)(d->seed >> 32), (uint32_t)counter[1], (uint32_t)counter[0], d->stream};
}

enum { PHILOX_ROUNDS = 10 };
#define PHILOX_M0 0xD2511F53u // factors, and what a round adds to the key
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u

// philox_word is word 0 of block i.
static uint32_t philox_word(const philox_stream *s, uint32_t i) {
	uint32_t c0 = i, c1 = s->low, c2 = s->high, c3 = s->stream, k0 = s->key0, k1 = s->key1;
	for (int round = 0; round < PHILOX_ROUNDS; round++) {
		uint64_t p0 = (uint64_t)c0 * PHILOX_M0, p1 = (uint64_t)c2 * PHILOX_M1;
		c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)p1;
		c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)p0;
		k0 += PHILOX_W0;
		k1 += PHILOX_W1;
	}
	return c0;
}

// philox_batch draws LANES blocks from number i on: word w of block b is out[4 b + w].
static INLINE void philox_batch(const philox_stream *s, uint32_t i, uint32_t *out) {
	enum { WORDS = 4 };
	for (int first = 0; first < LANES; first += VL) {
		ivec c0 = add_wrapping(lane_numbers(), isplat((int32_t)(i + (uint32_t)first))), c1 = isplat((int32_t)s->low);
		ivec c2 = isplat((int32_t)s->high), c3 = isplat((int32_t)s->stream);
		uint32_t k0 = s->key0, k1 = s->key1;
		for (int round = 0; round < PHILOX_ROUNDS; round++) {
			wide p0 = multiply_wide(c0, PHILOX_M0), p1 = multiply_wide(c2, PHILOX_M1);
			c0 = p1.high ^ c1 ^ isplat((int32_t)k0);
			c1 = p1.low;
			c2 = p0.high ^ c3 ^ isplat((int32_t)k1);
			c3 = p0.low;
			k0 += PHILOX_W0;
			k1 += PHILOX_W1;
		}
		float rows[WORDS * VL] __attribute__((aligned(64))); // only moved, so any type would do
		store(rows, (vec)c0), store(rows + VL, (vec)c1), store(rows + 2 * VL, (vec)c2), store(rows + 3 * VL, (vec)c3);
		for (int l = 0; l < VL; l += 4) transpose4(rows + l, VL, (float *)out + WORDS * (first + l), WORDS);
	}
}

// uniform_of is in [0, 1), a multiple of 2^-24, exact.
static INLINE float uniform_of(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

#endif
