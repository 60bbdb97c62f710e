// Random numbers: four elements from every Philox block.
#ifndef GMEL_RANDOM_H
#define GMEL_RANDOM_H

// Blocks are drawn into a buffer of BATCH elements, then transformed as vectors.
enum { BATCH = 4 * LANES };

static INLINE void draw_batch(const philox_stream *s, int64_t i, int64_t n, uint32_t *words) {
	for (int64_t b = 0; b < n; b += 4) {
		philox_words block = philox_block(s, (uint32_t)((i + b) / 4));
		memcpy(words + b, block.word, sizeof block.word);
	}
}

static void rand_int_run(const worker *w, const desc *d, int phase, int64_t task) {
	float bound = *argument(w, d, 0), *y = argument(w, d, 2);
	philox_stream s = stream_of(d, argument(w, d, 1));
	uint32_t words[BATCH];
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		int64_t n = minimum(BATCH, r.to - i);
		draw_batch(&s, i, n, words);
		for (int64_t l = 0; l < n; l++) {
			float v = floorf(uniform_of(words[l]) * bound);
			y[i + l] = v >= bound ? bound - 1 : v;
		}
	}
}

static void uniform_run(const worker *w, const desc *d, int phase, int64_t task) {
	float low = d->scalar[0], span = d->scalar[1] - d->scalar[0], *y = argument(w, d, 1);
	philox_stream s = stream_of(d, argument(w, d, 0));
	uint32_t words[BATCH];
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		int64_t n = minimum(BATCH, r.to - i);
		draw_batch(&s, i, n, words);
		for (int64_t l = 0; l < n; l++) y[i + l] = low + span * uniform_of(words[l]);
	}
}

// normal_batch turns pairs of words into pairs of normals: cosine first, then sine.
static INLINE void normal_batch(const uint32_t *words, float mean, float std, float *out) {
	enum { PAIRS = BATCH / 2 };
	float radius[PAIRS], turn[PAIRS], first[PAIRS], second[PAIRS];
	for (int l = 0; l < PAIRS; l++) {
		radius[l] = (float)((words[2 * l] >> 8) + 1) * 0x1p-24f;
		turn[l] = uniform_of(words[2 * l + 1]);
	}
	for (int l = 0; l < PAIRS; l += VL) {
		vec sine, cosine, length = square_root(splat(-2) * vlog(load(radius + l)));
		sin_cos_turns(load(turn + l), &sine, &cosine);
		store(first + l, splat(mean) + splat(std) * (length * cosine));
		store(second + l, splat(mean) + splat(std) * (length * sine));
	}
	for (int l = 0; l < PAIRS; l++) {
		out[2 * l] = first[l];
		out[2 * l + 1] = second[l];
	}
}

static void normal_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *y = argument(w, d, 1), out[BATCH];
	philox_stream s = stream_of(d, argument(w, d, 0));
	uint32_t words[BATCH] = {0};
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		int64_t n = minimum(BATCH, r.to - i);
		draw_batch(&s, i, n, words);
		normal_batch(words, d->scalar[0], d->scalar[1], out);
		memcpy(y + i, out, n * sizeof *out);
	}
}

static void count_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *c = argument(w, d, 0);
	uint64_t v = (uint64_t)c[0] * COUNTER_BASE + (uint64_t)c[1] + (uint64_t)d->dim[0];
	c[0] = (float)(v / COUNTER_BASE % COUNTER_BASE);
	c[1] = (float)(v % COUNTER_BASE);
}

#endif
