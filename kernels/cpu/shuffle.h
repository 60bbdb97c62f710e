// OpShuffle: random permutations by a Feistel network, every element by itself.
#ifndef GMEL_SHUFFLE_H
#define GMEL_SHUFFLE_H

enum { SHUFFLE_ROUNDS = 12, SHUFFLE_ELEMENTS = 64 }; // of a task

// A permutation of 0 .. a*b-1.
typedef struct {
	uint64_t a, b, number;
	uint32_t key0, key1, stream;
} feistel;

static int64_t shuffle_tasks(const desc *d, int phase) { return ceil_div(d->dim[0], SHUFFLE_ELEMENTS); }

// feistel_word is word 0 of one Philox block.
static uint32_t feistel_word(const feistel *f, uint64_t z, uint32_t round) {
	uint32_t c0 = (uint32_t)z, c1 = (uint32_t)f->number, c2 = 32 * (uint32_t)(f->number >> 32) + round, c3 = f->stream;
	uint32_t k0 = f->key0, k1 = f->key1;
	for (int i = 0; i < 10; i++) {
		uint64_t p0 = (uint64_t)c0 * 0xD2511F53u, p1 = (uint64_t)c2 * 0xCD9E8D57u;
		c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
		c1 = (uint32_t)p1;
		c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
		c3 = (uint32_t)p0;
		k0 += 0x9E3779B9u;
		k1 += 0xBB67AE85u;
	}
	return c0;
}

static uint64_t feistel_permute(const feistel *f, uint64_t x) {
	uint64_t l = x % f->a, r = x / f->a;
	for (uint32_t round = 0; round < SHUFFLE_ROUNDS; round += 2) {
		l = (l + feistel_word(f, r, round)) % f->a;
		r = (r + feistel_word(f, l, round + 1)) % f->b;
	}
	return r * f->a + l;
}

static void shuffle_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *counter = argument(w, d, 0);
	float *y = argument(w, d, 1);
	uint64_t n = (uint64_t)d->dim[1], first = (uint64_t)counter[0] * COUNTER_BASE + (uint64_t)counter[1];
	feistel f = {.a = 1, .key0 = (uint32_t)d->seed, .key1 = (uint32_t)(d->seed >> 32), .stream = d->stream};
	while (f.a * f.a < n) f.a++;
	f.b = (n + f.a - 1) / f.a;
	range r = block_range(task, SHUFFLE_ELEMENTS, d->dim[0]);
	for (int64_t i = r.from; i < r.to; i++) {
		uint64_t at = first + (uint64_t)i;
		f.number = at / n;
		uint64_t x = feistel_permute(&f, at % n);
		while (x >= n) x = feistel_permute(&f, x);
		y[i] = (float)x;
	}
}

#endif
