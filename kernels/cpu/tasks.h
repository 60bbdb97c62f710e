// How ops are cut into tasks: blocks of elements or of rows. They depend on the descriptor alone.
#ifndef GMEL_TASKS_H
#define GMEL_TASKS_H

// A task should take microseconds: longer than a barrier, but shorter than a program.
enum { TASK_ELEMENTS = CHUNK, TASK_ROW_ELEMENTS = 2048 };

typedef struct {
	int64_t from, to;
} range;

static INLINE int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
static INLINE int64_t minimum(int64_t a, int64_t b) { return a < b ? a : b; }
static INLINE int64_t maximum(int64_t a, int64_t b) { return a > b ? a : b; }

static INLINE range block_range(int64_t task, int64_t size, int64_t n) {
	return (range){task * size, minimum((task + 1) * size, n)};
}

// part_range is part i of n elements that are cut into equal parts.
static INLINE range part_range(int64_t i, int64_t parts, int64_t n) { return (range){n * i / parts, n * (i + 1) / parts}; }

static INLINE float *argument(const worker *w, const desc *d, int i) { return d->arg[i] == ABSENT ? NULL : w->arena + d->arg[i]; }
static INLINE int accumulates(const desc *d) { return (d->flags & FLAG_ACCUMULATE) != 0; }

static INLINE void put(float *out, float value, int accumulate) { *out = accumulate ? *out + value : value; }
static INLINE void put_part(float *out, vec value, int64_t n, int accumulate) {
	store_part(out, accumulate ? load_part(out, n) + value : value, n);
}

static int64_t one_task(const desc *d, int phase) { return 1; }

// Elementwise ops: Dim[0] elements.
static int64_t element_tasks(const desc *d, int phase) { return ceil_div(d->dim[0], TASK_ELEMENTS); }
static INLINE range element_range(const desc *d, int64_t task) { return block_range(task, TASK_ELEMENTS, d->dim[0]); }

// Ops on the rows of [M, N] = Dim[0], Dim[1].
static INLINE int64_t rows_per_task(const desc *d) { return maximum(1, TASK_ROW_ELEMENTS / maximum(d->dim[1], 8)); }
static int64_t row_tasks(const desc *d, int phase) { return ceil_div(d->dim[0], rows_per_task(d)); }
static INLINE range row_range(const desc *d, int64_t task) { return block_range(task, rows_per_task(d), d->dim[0]); }

// row_of is row i of a matrix with n columns, or NULL if the matrix is NULL.
static INLINE float *row_of(float *x, int64_t i, int64_t n) { return x ? x + i * n : NULL; }

// index_of converts an index stored as a float; -1 when it is outside 0 <= i < n.
static INLINE int64_t index_of(float v, int64_t n) { return v >= 0 && v < (float)n ? (int64_t)v : -1; }

#endif
