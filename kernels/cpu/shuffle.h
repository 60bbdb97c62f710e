// OpShuffle: random permutations by a Feistel network. Every element is computed independently.
#ifndef GMEL_SHUFFLE_H
#define GMEL_SHUFFLE_H

#include "philox.h"

enum { SHUFFLE_ROUNDS = 12, SHUFFLE_ELEMENTS = 64 }; // of a task

// The permutation `number` of 0 .. a*b-1.
typedef struct {
	philox_stream words;
	uint64_t a, b, number;
} feistel;

static int64_t shuffle_tasks(const desc *d, int phase) { return ceil_div(d->dim[0], SHUFFLE_ELEMENTS); }

// feistel_word is the Philox word for z. The counter contains the number of the permutation and the round.
static uint32_t feistel_word(const feistel *f, uint64_t z, uint32_t round) {
	philox_stream s = f->words;
	s.low = (uint32_t)f->number, s.high = 32 * (uint32_t)(f->number >> 32) + round;
	return philox_word(&s, (uint32_t)z);
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
	feistel f = {.words = stream_of(d, counter), .a = 1};
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
