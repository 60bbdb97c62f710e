// Dropout with the uniforms of OpUniform.
#ifndef GMEL_DROPOUT_H
#define GMEL_DROPOUT_H

static void dropout_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *x = argument(w, d, 0);
	float *y = argument(w, d, 2);
	vec p = splat(d->scalar[0]), keep = splat(1 / (1 - d->scalar[0]));
	philox_stream s = stream_of(d, argument(w, d, 1));
	uint32_t words[BATCH];
	range r = element_range(d, task);
	for (int64_t i = r.from; i < r.to; i += BATCH) {
		draw_batch(&s, 4 * d->dim[1] + i, minimum(BATCH, r.to - i), words);
		for (int64_t l = 0; l < minimum(BATCH, r.to - i); l += VL) {
			int64_t n = r.to - i - l;
			vec v = choose(less(uniform_vec(words + l), p), splat(0), load_part(x + i + l, n) * keep);
			put_part(y + i + l, v, n, accumulates(d));
		}
	}
}

#endif
