// Sums: vector sums of all elements or of rows, sums over rows, the finiteness check.
#ifndef GMEL_REDUCE_H
#define GMEL_REDUCE_H

static INLINE vec term_square(const void *x, int64_t i, int64_t n) {
	vec v = term_load(x, i, n);
	return v * v;
}
static INLINE vec term_absolute(const void *x, int64_t i, int64_t n) { return absolute(term_load(x, i, n)); }

static INLINE float sum_of_fn(uint32_t fn, const float *x, int64_t n) {
	switch (fn) {
	case FN_SQUARE: return vector_sum(term_square, x, n);
	case FN_ABS: return vector_sum(term_absolute, x, n);
	}
	return vector_sum(term_load, x, n);
}

// Phase 0 stores chunk sums in scratch, phase 1 adds them in order.
static int64_t sum_all_tasks(const desc *d, int phase) { return phase == 0 ? ceil_div(d->dim[0], CHUNK) : 1; }
static int64_t chunk_scratch(const desc *d) { return ceil_div(d->dim[0], CHUNK); }

static INLINE float sum_in_order(const float *x, int64_t n) {
	float total = n > 0 ? x[0] : 0;
	for (int64_t i = 1; i < n; i++) total += x[i];
	return total;
}

static void sum_all_run(const worker *w, const desc *d, int phase, int64_t task) {
	if (phase == 0) {
		range r = block_range(task, CHUNK, d->dim[0]);
		w->shared[task] = sum_of_fn(d->fn, argument(w, d, 0) + r.from, r.to - r.from);
	} else {
		put(argument(w, d, 1), d->scalar[0] * sum_in_order(w->shared, chunk_scratch(d)), accumulates(d));
	}
}

static void sum_rows_run(const worker *w, const desc *d, int phase, int64_t task) {
	const float *x = argument(w, d, 0);
	float *y = argument(w, d, 1);
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) put(y + i, d->scalar[0] * sum_of_fn(d->fn, x + i * n, n), accumulates(d));
}

// Sums over rows: phase 0 adds the rows of each chunk, phase 1 the chunks.
static INLINE int64_t row_chunks(const desc *d) { return ceil_div(d->dim[0], CHUNK_ROWS); }
static int64_t sum_cols_tasks(const desc *d, int phase) { return phase == 0 ? (d->dim[1] ? row_chunks(d) : 0) : ceil_div(d->dim[1], 1024); }
static int64_t sum_cols_shared(const desc *d) { return row_chunks(d) * d->dim[1]; }

enum { COLUMN_VECS = 4 };

// add_rows sums up to COLUMN_VECS vectors of columns over rows; f is a constant.
static INLINE void add_rows(const int fn, const float *x, int64_t rows, int64_t ld, int64_t n, float *out) {
	vec s[COLUMN_VECS];
	UNROLL for (int v = 0; v < COLUMN_VECS; v++) s[v] = splat(0);
	for (int64_t i = 0; i < rows; i++, x += ld) {
		if (n >= COLUMN_VECS * VL) {
			UNROLL for (int v = 0; v < COLUMN_VECS; v++) s[v] += apply(fn, load(x + v * VL), s[v], s[v]);
		} else {
			UNROLL for (int v = 0; v < COLUMN_VECS; v++)
				if (n > v * VL) s[v] += apply(fn, load_part(x + v * VL, n - v * VL), s[v], s[v]);
		}
	}
	UNROLL for (int v = 0; v < COLUMN_VECS; v++)
		if (n > v * VL) store_part(out + v * VL, s[v], n - v * VL);
}

static void sum_cols_chunk(const desc *d, const float *x, int64_t rows, float *out) {
	int64_t n = d->dim[1], ld = d->dim[2];
	for (int64_t j = 0; j < n; j += COLUMN_VECS * VL) {
		switch (d->fn) {
		case FN_SQUARE: add_rows(FN_SQUARE, x + j, rows, ld, n - j, out + j); break;
		case FN_ABS: add_rows(FN_ABS, x + j, rows, ld, n - j, out + j); break;
		default: add_rows(FN_IDENTITY, x + j, rows, ld, n - j, out + j);
		}
	}
}

static void sum_cols_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	if (phase == 0) {
		range r = block_range(task, CHUNK_ROWS, d->dim[0]);
		sum_cols_chunk(d, argument(w, d, 0) + r.from * d->dim[2], r.to - r.from, w->shared + task * n);
		return;
	}
	float *y = argument(w, d, 1);
	range c = block_range(task, 1024, n);
	for (int64_t j = c.from; j < c.to; j += VL) {
		vec total = row_chunks(d) ? load_part(w->shared + j, c.to - j) : splat(0);
		for (int64_t i = 1; i < row_chunks(d); i++) total += load_part(w->shared + i * n + j, c.to - j);
		put_part(y + j, splat(d->scalar[0]) * total, c.to - j, accumulates(d));
	}
}

// A number x is finite if x - x is 0.
static INLINE int all_finite(const float *x, int64_t n) {
	vec bad = splat(0);
	for (int64_t i = 0; i < n; i += VL) {
		vec v = load_part(x + i, n - i);
		bad = bits_or(bad, v - v);
	}
	float any = 0;
	UNROLL for (int l = 0; l < VL; l++) any = bad[l] == 0 ? any : 1;
	return any == 0;
}

static void check_finite_run(const worker *w, const desc *d, int phase, int64_t task) {
	if (phase == 0) {
		range r = block_range(task, CHUNK, d->dim[0]);
		w->shared[task] = (float)all_finite(argument(w, d, 0) + r.from, r.to - r.from);
		return;
	}
	float finite = 1, *y = argument(w, d, 1);
	for (int64_t i = 0; i < chunk_scratch(d); i++) finite = w->shared[i] < finite ? w->shared[i] : finite;
	if (!(accumulates(d) && *y < finite)) *y = finite;
}

#endif
