// The inner loop of OpConvGradW: sums of the products of pixels of x and dy in registers.
#ifndef GMEL_CONV_GRAD_TILE_H
#define GMEL_CONV_GRAD_TILE_H

// A tile of dw[rows, vecs * VL]: neighbouring channels of x by columns of a panel of dy.
typedef struct {
	const float *x;
	const int64_t *pixels; // floats from x to each pixel
	int64_t pixel_count;
	const float *panel; // one row of width floats for each pixel
	int64_t width;      // of the panel
	int64_t panel_step; // floats from one row to the next
	float *sums;
	int64_t ld;
	const float *ahead; // prefetched meanwhile, one cache line for each pixel
	int64_t ahead_step;
	int add; // add to sums instead of overwriting them
} grad_input;

// grad_tile adds one block of the sum: a chain of fma for each element. One loop over a list of pixels
// is faster than a loop for each row of an image, because the processor mispredicts the end of rows.
static INLINE void grad_tile(const int rows, const int vecs, const grad_input *in) {
	vec sum[CONV_ROWS][CONV_VECS];
	const float *b = in->panel, *origin = in->x, *ahead = in->ahead;
	const int64_t step = in->ahead_step, panel_step = in->panel_step;
	UNROLL for (int i = 0; i < rows; i++)
		UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = splat(0);
	for (const int64_t *p = in->pixels, *end = p + in->pixel_count; p < end; p++, b += panel_step) {
		const float *x = origin + *p;
		__builtin_prefetch(ahead);
		ahead += step;
		vec column[CONV_VECS];
		UNROLL for (int j = 0; j < vecs; j++) column[j] = load(b + j * VL);
		UNROLL for (int i = 0; i < rows; i++) {
			vec pixel = splat(x[i]);
			UNROLL for (int j = 0; j < vecs; j++) sum[i][j] = multiply_add(pixel, column[j], sum[i][j]);
		}
	}
	UNROLL for (int i = 0; i < rows; i++)
		UNROLL for (int j = 0; j < vecs; j++) {
			float *to = in->sums + i * in->ld + j * VL;
			store(to, in->add ? load(to) + sum[i][j] : sum[i][j]);
		}
}

typedef void (*grad_tile_fn)(const grad_input *);

#define GRAD_TILE(rows, vecs) \
	static __attribute__((noinline)) void grad_tile_##rows##_##vecs(const grad_input *in) { grad_tile(rows, vecs, in); }
#define GRAD_NAME(rows, vecs) grad_tile_##rows##_##vecs,
#if TILE_ROWS_2 > 6
#define GRAD_HEIGHTS(X, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v) X(7, v) X(8, v)
#else
#define GRAD_HEIGHTS(X, v) X(1, v) X(2, v) X(3, v) X(4, v) X(5, v) X(6, v)
#endif
GRAD_HEIGHTS(GRAD_TILE, 1) GRAD_HEIGHTS(GRAD_TILE, 2)
static const grad_tile_fn grad_tiles[CONV_VECS][CONV_ROWS] = {{GRAD_HEIGHTS(GRAD_NAME, 1)}, {GRAD_HEIGHTS(GRAD_NAME, 2)}};

#endif
