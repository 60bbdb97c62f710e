// OpGAE: chains of advantages, from the last slot to the first, columns side by side.
#ifndef GMEL_GAE_H
#define GMEL_GAE_H

enum { GAE_COLUMNS = 128 }; // of a task

static int64_t gae_tasks(const desc *d, int phase) { return d->dim[0] ? ceil_div(d->dim[1], GAE_COLUMNS) : 0; }

// equal_to picks a where x is c, else b; b where x is NaN.
static INLINE vec equal_to(vec x, float c, vec a, vec b) {
	return choose(less_equal(x, splat(c)), choose(less_equal(splat(c), x), a, b), b);
}

static void gae_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *reward = argument(w, d, 0), *value = argument(w, d, 1), *next = argument(w, d, 2), *ended = argument(w, d, 3);
	float *a = argument(w, d, 4);
	vec gamma = splat(d->scalar[0]), c = splat(d->scalar[0] * d->scalar[1]);
	range r = block_range(task, GAE_COLUMNS, d->dim[1]);
	for (int64_t j = r.from; j < r.to; j += VL) {
		vec later = splat(0);
		for (int64_t t = d->dim[0] - 1; t >= 0; t--) {
			int64_t at = t * d->dim[1] + j, n = r.to - j;
			vec end = load_part(ended + at, n);
			vec follows = equal_to(end, TERMINATED, splat(0), gamma * load_part(next + at, n));
			vec rest = equal_to(end, GOES_ON, c * later, splat(0));
			later = ((load_part(reward + at, n) + follows) - load_part(value + at, n)) + rest;
			store_part(a + at, later, n);
		}
	}
}

#endif
