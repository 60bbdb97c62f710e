// OpMoments: two passes over the selected elements, each a vector sum.
#ifndef GMEL_MOMENTS_H
#define GMEL_MOMENTS_H

#define SMALLEST_DEVIATION 1e-6f

// Phases: chunk sums and counts; the mean; chunk sums of squared distances; the result.
// Scratch: sums and counts of the chunks, then the mean and the number selected.
static int64_t moments_chunks(const desc *d) { return ceil_div(d->dim[0] * d->dim[1], CHUNK); }
static int64_t moments_tasks(const desc *d, int phase) { return phase % 2 == 0 ? moments_chunks(d) : 1; }
static int64_t moments_shared(const desc *d) { return 2 * moments_chunks(d) + 2; }

typedef struct {
	const float *x, *w;
	vec mean;
} moments_terms;

static INLINE vec moments_select(const moments_terms *t, int64_t i, int64_t n, vec v) {
	if (!t->w) return keep_first(v, n);
	vec weight = load_part(t->w + i, n), none = splat(0);
	// A NaN weight selects the element, like every number except 0.
	return choose(less_equal(weight, none), choose(less_equal(none, weight), none, v), v);
}

static INLINE vec moments_value(const void *context, int64_t i, int64_t n) {
	const moments_terms *t = context;
	return moments_select(t, i, n, load_part(t->x + i, n));
}

static INLINE vec moments_square(const void *context, int64_t i, int64_t n) {
	const moments_terms *t = context;
	vec distance = load_part(t->x + i, n) - t->mean;
	return moments_select(t, i, n, distance * distance);
}

static int64_t moments_elements(const worker *w, const desc *d) {
	float count = *argument(w, d, 2);
	if (!(count > 0)) return 0;
	return (count > (float)d->dim[0] ? d->dim[0] : (int64_t)count) * d->dim[1];
}

static int64_t count_selected(const float *w, int64_t n) {
	if (!w) return n;
	int64_t selected = 0;
	for (int64_t i = 0; i < n; i++) selected += w[i] != 0;
	return selected;
}

static void moments_chunk(const worker *w, const desc *d, int phase, int64_t task, int64_t elements) {
	range r = block_range(task, CHUNK, elements);
	if (r.from >= r.to) return;
	int64_t chunks = moments_chunks(d), n = r.to - r.from;
	moments_terms t = {argument(w, d, 0) + r.from, argument(w, d, 1), splat(w->shared[2 * chunks])};
	if (t.w) t.w += r.from;
	if (phase == 0) {
		w->shared[task] = vector_sum(moments_value, &t, n);
		w->shared[chunks + task] = (float)count_selected(t.w, n);
	} else {
		w->shared[task] = vector_sum(moments_square, &t, n);
	}
}

static void moments_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t elements = moments_elements(w, d), chunks = moments_chunks(d), used = ceil_div(elements, CHUNK);
	float *mean = w->shared + 2 * chunks, *selected = mean + 1, *y = argument(w, d, 3);
	if (phase % 2 == 0) {
		moments_chunk(w, d, phase, task, elements);
		return;
	}
	float sum = sum_in_order(w->shared, used);
	if (phase == 1) {
		int64_t n = 0;
		for (int64_t i = 0; i < used; i++) n += (int64_t)w->shared[chunks + i];
		*selected = (float)n;
		*mean = sum / *selected;
		return;
	}
	float deviation = sqrtf(sum / *selected);
	int plain = *selected == 0 || deviation < SMALLEST_DEVIATION;
	y[0] = plain ? 0 : *mean;
	y[1] = plain ? 1 : deviation;
}

#endif
