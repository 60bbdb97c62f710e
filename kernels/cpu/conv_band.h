// Bands: the part of the input that some rows of outputs read, with its halo of zeros.
#ifndef GMEL_CONV_BAND_H
#define GMEL_CONV_BAND_H

// Rows of outputs are numbered through all images. A walk describes them and the inputs they read.
// The gradient by x has one walk for each offset within the stride.
typedef struct {
	int64_t batch, in_y, in_x, in_c; // the input
	int64_t taps_y, taps_x;
	int64_t out_y, out_x;     // outputs of one image
	int64_t step_y, step_x;   // inputs from one output to the next
	int64_t first_y, first_x; // the input under the first tap of the first output, negative in the halo
} walk;

// A patch is some rows and columns of outputs.
typedef struct {
	range rows, columns;
} patch;

// Patches hold about PATCH pixels; in OpConvGradW they are the blocks of the sum.
enum { PATCH = BLOCK_K, CONV_TASK_FLOPS = 4 << 20 };

static INLINE int64_t walk_rows(const walk *s) { return s->batch * s->out_y; }
static INLINE int64_t patch_height(const walk *s) { return maximum(1, PATCH / maximum(1, s->out_x)); }
static INLINE int64_t patch_columns(const walk *s) { return ceil_div(s->out_x, PATCH); }
static INLINE int64_t patch_count(const walk *s) { return ceil_div(walk_rows(s), patch_height(s)) * patch_columns(s); }

// conv_want is the number of tasks that are worth their overhead.
static INLINE int64_t conv_want(double flops) { return flops < 64.0 * CONV_TASK_FLOPS ? (int64_t)(flops / CONV_TASK_FLOPS) + 1 : 64; }

static INLINE patch patch_at(const walk *s, int64_t i) {
	int64_t columns = patch_columns(s);
	return (patch){block_range(i / columns, patch_height(s), walk_rows(s)), block_range(i % columns, PATCH, s->out_x)};
}

// A band is the input of a patch in memory, image by image. Each image has the rows that the patch
// reads.
typedef struct {
	const float *p;
	int64_t pixel, row;             // floats from one pixel, one row to the next
	int64_t first, offset, columns; // row of outputs, its row in its image and column at which p begins
	int64_t first_height, height;   // rows of the first image and of whole images
} band;

// The number of inputs that n neighbouring outputs read.
static INLINE int64_t seen(int64_t n, int64_t step, int64_t taps) { return (n - 1) * step + taps; }

// band_at is the offset in the band of the first input of an output.
static INLINE int64_t band_at(const band *b, const walk *s, int64_t row, int64_t column) {
	int64_t images = row / s->out_y - b->first / s->out_y, y = row % s->out_y;
	int64_t above = images == 0 ? (y - b->offset) * s->step_y : b->first_height + (images - 1) * b->height + y * s->step_y;
	return above * b->row + (column - b->columns) * s->step_x * b->pixel;
}

// in_place reports that no output reads the halo, so that the input itself is the band.
static INLINE int in_place(const walk *s) {
	return s->first_y >= 0 && s->first_x >= 0 && s->first_y + seen(s->out_y, s->step_y, s->taps_y) <= s->in_y &&
	       s->first_x + seen(s->out_x, s->step_x, s->taps_x) <= s->in_x;
}

static INLINE band band_in_place(const walk *s, const float *x) {
	int64_t row = s->in_x * s->in_c;
	return (band){.p = x + s->first_y * row + s->first_x * s->in_c, .pixel = s->in_c, .row = row, .first_height = s->in_y, .height = s->in_y};
}

// band_floats bounds the size of a band with pixels of c floats.
static INLINE int64_t band_floats(const walk *s, int64_t c) {
	int64_t rows = minimum(patch_height(s), walk_rows(s)), columns = minimum(PATCH, s->out_x);
	if (rows == 0 || columns == 0) return 0;
	int64_t images = (rows + s->out_y - 2) / s->out_y + 1;
	return (rows * s->step_y + images * s->taps_y) * seen(columns, s->step_x, s->taps_x) * c;
}

// Channels [from, to) of the input are copied to pixels of size floats.
typedef struct {
	int64_t from, to, size;
} channels;

// A group of many channels: the channels of a tile, or of several tiles that fill a vector.
enum { GROUP = VL % CONV_ROWS ? CONV_ROWS : VL, MANY = 16 };

// copy_pixels copies n pixels: all of their channels, or a group of more than MANY. It copies whole
// vectors; the floats of x after the group are not used.
static INLINE void copy_pixels(float *out, const float *x, int64_t n, int64_t in_c, const channels *c) {
	if (c->size == in_c && c->to - c->from == in_c) {
		memcpy(out, x, n * in_c * sizeof *x);
		return;
	}
	const float *from = x + c->from, *last = from + (n - 1) * in_c;
	for (; from < last; from += in_c, out += GROUP)
		UNROLL for (int j = 0; j < GROUP; j += VL) store(out + j, load(from + j));
	for (int64_t j = 0; j < c->to - c->from; j += VL) store(out + j, load_part(from + j, c->to - c->from - j));
}

// copy_row copies the inputs [x.from, x.to) of row y of an image, and zeros outside of it.
static void copy_row(float *out, const walk *s, const float *image, int64_t y, range x, const channels *c) {
	range inside = {minimum(maximum(x.from, 0), x.to), maximum(minimum(x.to, s->in_x), x.from)};
	if (y < 0 || y >= s->in_y || inside.from >= inside.to) {
		memset(out, 0, (x.to - x.from) * c->size * sizeof *out);
		return;
	}
	memset(out, 0, (inside.from - x.from) * c->size * sizeof *out);
	copy_pixels(out + (inside.from - x.from) * c->size, image + (y * s->in_x + inside.from) * s->in_c, inside.to - inside.from, s->in_c, c);
	memset(out + (inside.to - x.from) * c->size, 0, (x.to - inside.to) * c->size * sizeof *out);
}

// copy_band copies the part of x that a patch reads.
static band copy_band(const walk *s, const float *x, const patch *p, const channels *c, float *out) {
	int64_t left = p->columns.from * s->step_x + s->first_x, width = seen(p->columns.to - p->columns.from, s->step_x, s->taps_x);
	band b = {.p = out, .pixel = c->size, .row = width * c->size, .first = p->rows.from, .offset = p->rows.from % s->out_y,
	          .columns = p->columns.from, .height = seen(s->out_y, s->step_y, s->taps_y)};
	for (int64_t r = p->rows.from; r < p->rows.to;) {
		int64_t image = r / s->out_y, end = minimum(p->rows.to, (image + 1) * s->out_y), height = seen(end - r, s->step_y, s->taps_y);
		int64_t top = r % s->out_y * s->step_y + s->first_y;
		for (int64_t y = top; y < top + height; y++, out += b.row)
			copy_row(out, s, x + image * s->in_y * s->in_x * s->in_c, y, (range){left, left + width}, c);
		if (r == p->rows.from) b.first_height = height;
		r = end;
	}
	return b;
}

#endif
