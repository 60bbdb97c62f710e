// Rows of a table by index.
#ifndef GMEL_GATHER_H
#define GMEL_GATHER_H

static void gather_rows_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	range r = row_range(d, task);
	for (int64_t i = r.from; i < r.to; i++) {
		float *y = argument(w, d, 2) + i * n;
		int64_t from = index_of(argument(w, d, 1)[i], d->dim[2]);
		if (from >= 0) {
			memcpy(y, argument(w, d, 0) + from * n, n * sizeof *y);
			continue;
		}
		for (int64_t j = 0; j < n; j++) y[j] = NAN;
	}
}

// A task owns a range of rows of the table and, in small tables, of columns. It scans all indices, so
// that equal indices are applied in order. More than a few tasks would only repeat the scan.
enum { SCATTER_TASKS = 8, SCATTER_ELEMENTS = 1 << 15, SCATTER_COLUMNS = 16 };

static INLINE int64_t scatter_row_parts(const desc *d) {
	return d->dim[0] * d->dim[1] < SCATTER_ELEMENTS ? 1 : minimum(SCATTER_TASKS, maximum(1, d->dim[2]));
}

static INLINE int64_t scatter_column_parts(const desc *d) {
	if (d->dim[0] * d->dim[1] < SCATTER_ELEMENTS) return 1;
	return maximum(1, minimum(SCATTER_TASKS / scatter_row_parts(d), d->dim[1] / SCATTER_COLUMNS));
}

static int64_t scatter_rows_tasks(const desc *d, int phase) { return scatter_row_parts(d) * scatter_column_parts(d); }

static void scatter_rows_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t n = d->dim[1];
	int64_t columns = scatter_column_parts(d);
	range own = part_range(task / columns, scatter_row_parts(d), d->dim[2]), c = part_range(task % columns, columns, n);
	for (int64_t i = 0; i < d->dim[0]; i++) {
		int64_t to = index_of(argument(w, d, 1)[i], d->dim[2]);
		if (to < own.from || to >= own.to) continue;
		const float *x = argument(w, d, 0) + i * n;
		float *y = argument(w, d, 2) + to * n;
		for (int64_t j = c.from; j < c.to; j += VL) put_part(y + j, load_part(x + j, c.to - j), c.to - j, accumulates(d));
	}
}

#endif
