// Random numbers: four elements from every Philox block.
#ifndef GMEL_RANDOM_H
#define GMEL_RANDOM_H

// Words are drawn in batches, then transformed as vectors. A batch is long enough for its first
// words to have left the store buffer when they are read.
enum { BATCH = 512, DRAW = 4 * LANES };

static INLINE void draw_batch(const philox_stream *s, int64_t i, int64_t n, uint32_t *words) {
	for (int64_t b = 0; b < n; b += DRAW) philox_batch(s, (uint32_t)((i + b) / 4), words + b);
}

// uniform_vec converts VL words to uniforms.
static INLINE vec uniform_vec(const uint32_t *words) {
	ivec w;
	memcpy(&w, words, sizeof w);
	return to_float((w >> 8) & isplat(0xffffff)) * splat(0x1p-24f);
}

// floor_of rounds down numbers between 0 and 2^31.
static INLINE vec floor_of(vec x) { return to_float(__builtin_convertvector(x, ivec)); }

static void rand_int_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *y = argument(w, d, 2);
	vec bound = splat(*argument(w, d, 0));
	philox_stream s = stream_of(d, argument(w, d, 1));
	uint32_t words[BATCH];
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		draw_batch(&s, i, minimum(BATCH, r.to - i), words);
		for (int64_t l = 0; l < minimum(BATCH, r.to - i); l += VL) {
			vec v = floor_of(uniform_vec(words + l) * bound);
			store_part(y + i + l, choose(less(v, bound), v, bound - splat(1)), r.to - i - l);
		}
	}
}

static void uniform_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *y = argument(w, d, 1);
	vec low = splat(d->scalar[0]), span = splat(d->scalar[1]) - low;
	philox_stream s = stream_of(d, argument(w, d, 0));
	uint32_t words[BATCH];
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		draw_batch(&s, i, minimum(BATCH, r.to - i), words);
		for (int64_t l = 0; l < minimum(BATCH, r.to - i); l += VL)
			store_part(y + i + l, low + span * uniform_vec(words + l), r.to - i - l);
	}
}

// normal_batch turns pairs of words into pairs of normals: cosine first, then sine.
static INLINE void normal_batch(const uint32_t *words, int64_t n, float mean, float std, float *out) {
	enum { PAIRS = BATCH / 2 };
	float radius[PAIRS], turn[PAIRS], first[PAIRS], second[PAIRS];
	int64_t pairs = ceil_div(n, DRAW) * DRAW / 2; // whole draws
	for (int64_t l = 0; l < pairs; l++) {
		radius[l] = (float)((words[2 * l] >> 8) + 1) * 0x1p-24f;
		turn[l] = uniform_of(words[2 * l + 1]);
	}
	for (int64_t l = 0; l < pairs; l += VL) {
		vec sine, cosine, length = square_root(splat(-2) * vlog(load(radius + l)));
		sin_cos_turns(load(turn + l), &sine, &cosine);
		store(first + l, splat(mean) + splat(std) * (length * cosine));
		store(second + l, splat(mean) + splat(std) * (length * sine));
	}
	for (int64_t l = 0; l < pairs; l++) {
		out[2 * l] = first[l];
		out[2 * l + 1] = second[l];
	}
}

static void normal_run(const worker *w, const desc *d, int phase, int64_t task) {
	float *y = argument(w, d, 1), out[BATCH];
	philox_stream s = stream_of(d, argument(w, d, 0));
	uint32_t words[BATCH];
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		int64_t n = minimum(BATCH, r.to - i);
		draw_batch(&s, i, n, words);
		normal_batch(words, n, d->scalar[0], d->scalar[1], out);
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
