// Nearest-neighbour upsampling and pooling of [B,Y,X,C] by an integer factor f.
#ifndef GMEL_IMAGE_H
#define GMEL_IMAGE_H

// A task is a block of rows of the small image; the rows of all samples form one tall image.
static INLINE int64_t image_rows(const desc *d) {
	return maximum(1, TASK_ELEMENTS / maximum(1, d->dim[2] * d->dim[3] * d->dim[4] * d->dim[4]));
}
static int64_t image_tasks(const desc *d, int phase) { return ceil_div(d->dim[0] * d->dim[1], image_rows(d)); }

static void upsample_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t width = d->dim[2], c = d->dim[3], f = d->dim[4];
	range r = block_range(task, image_rows(d), d->dim[0] * d->dim[1]);
	vec scale = splat(d->scalar[0]);
	for (int64_t row = r.from * f; row < r.to * f; row++)
		for (int64_t i = 0; i < width * f; i++) {
			const float *x = argument(w, d, 0) + (row / f * width + i / f) * c;
			float *y = argument(w, d, 1) + (row * width * f + i) * c;
			for (int64_t j = 0; j < c; j += VL) put_part(y + j, scale * load_part(x + j, c - j), c - j, accumulates(d));
		}
}

static void pool_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t width = d->dim[2], c = d->dim[3], f = d->dim[4];
	range r = block_range(task, image_rows(d), d->dim[0] * d->dim[1]);
	for (int64_t pixel = r.from * width; pixel < r.to * width; pixel++) {
		const float *x = argument(w, d, 0) + (pixel / width * f * width * f + pixel % width * f) * c;
		float *y = argument(w, d, 1) + pixel * c;
		for (int64_t j = 0; j < c; j += VL) {
			vec s = splat(0);
			for (int64_t u = 0; u < f; u++)
				for (int64_t v = 0; v < f; v++) s = s + load_part(x + (u * width * f + v) * c + j, c - j);
			put_part(y + j, splat(d->scalar[0]) * s, c - j, accumulates(d));
		}
	}
}

#endif
