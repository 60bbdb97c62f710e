// Winograd's form F(2x2, 3x3) of OpConv and OpConvGradX: transforms of tiles and weights, and 16 products between them.
#ifndef GMEL_WINOGRAD_H
#define GMEL_WINOGRAD_H

// A tile has WINO_OUT x WINO_OUT pixels of the result and WINO_SUMS sums, WINO_IN to a row.
enum { WINO_TAPS = 3, WINO_IN = 4, WINO_OUT = 2, WINO_SUMS = WINO_IN * WINO_IN };

// A patch has so few tiles that their transforms stay in the second-level cache, in whole tiles of the product.
enum { WINO_TILES = 28 / TILE_ROWS_2 * TILE_ROWS_2 };

// wino_plane is the distance between sums, at least n: an odd number of cache lines, so that the 16 sums are in different sets.
static INLINE int64_t wino_plane(int64_t n) { return (ceil_div(n, LINE) | 1) * LINE; }

static INLINE int is_winograd(const desc *d) { return (d->flags & FLAG_WINOGRAD) != 0; }

// The tiles of all images are numbered row by row.
typedef struct {
	walk s; // the pixels that are read; its taps are those of the result
	int64_t rows, columns, count;
} wino_grid;

static INLINE wino_grid wino_grid_of(const walk *s) {
	wino_grid g = {.s = *s, .rows = ceil_div(s->out_y, WINO_OUT), .columns = ceil_div(s->out_x, WINO_OUT)};
	g.count = s->batch * g.rows * g.columns;
	return g;
}

// Tiles that are neighbours in a row of tiles.
typedef struct {
	int64_t image, y, x, n; // the first pixel of the result, and the number of tiles
} wino_line;

static INLINE wino_line wino_line_at(const wino_grid *g, int64_t from, int64_t to) {
	int64_t row = from / g->columns, column = from % g->columns;
	return (wino_line){row / g->rows, row % g->rows * WINO_OUT, column * WINO_OUT, minimum(to - from, g->columns - column)};
}

// Rows of an image under a line of tiles.
typedef struct {
	const float *row[WINO_IN];
	int64_t step[WINO_IN]; // floats to the next pixel; 0 where the row is zeros
	int64_t first, in_x;   // the column of the first pixel that is read
} wino_rows;

// wino_rows_at are the first n rows under a line. zeros has as many floats as a pixel.
static INLINE wino_rows wino_rows_at(const walk *s, const wino_line *l, const float *x, const float *zeros, const int n) {
	wino_rows r = {.first = l->x + s->first_x, .in_x = s->in_x};
	for (int i = 0; i < n; i++) {
		int64_t y = l->y + s->first_y + i;
		int inside = y >= 0 && y < s->in_y;
		r.row[i] = inside ? x + (l->image * s->in_y + y) * s->in_x * s->in_c : zeros;
		r.step[i] = inside ? s->in_c : 0;
	}
	return r;
}

// wino_column is V of the pixels of column x along y: sums [from, to) of them.
static INLINE void wino_column(const int from, const int to, const wino_rows *r, int64_t x, int64_t c, int64_t left, vec *v) {
	vec d[WINO_IN];
	int inside = x >= 0 && x < r->in_x;
	UNROLL for (int i = 0; i < WINO_IN; i++) d[i] = inside ? load_part(r->row[i] + x * r->step[i] + c, left) : splat(0);
	vec all[WINO_IN] = {d[0] - d[2], d[1] + d[2], d[2] - d[1], d[3] - d[1]};
	UNROLL for (int i = from; i < to; i++) v[i - from] = all[i];
}

// wino_input transforms the pixels under n tiles, in channels c to c + VL, of which left exist. The sums of row `from` to
// row `to` of a tile are plane floats apart, and the tiles ld floats. Two columns of a tile are those of the next one.
static INLINE void wino_input(const int from, const int to, const wino_rows *r, int64_t n, int64_t c, int64_t left, float *out, int64_t plane, int64_t ld) {
	vec v[WINO_IN][WINO_IN];
	wino_column(from, to, r, r->first, c, left, v[0]);
	wino_column(from, to, r, r->first + 1, c, left, v[1]);
	for (int64_t t = 0; t < n; t++, out += ld) {
		int64_t x = r->first + t * WINO_OUT;
		wino_column(from, to, r, x + 2, c, left, v[2]);
		wino_column(from, to, r, x + 3, c, left, v[3]);
		UNROLL for (int i = 0; i < to - from; i++) {
			float *row = out + i * WINO_IN * plane;
			store(row, v[0][i] - v[2][i]);
			store(row + plane, v[1][i] + v[2][i]);
			store(row + 2 * plane, v[2][i] - v[1][i]);
			store(row + 3 * plane, v[3][i] - v[1][i]);
			v[0][i] = v[2][i], v[1][i] = v[3][i];
		}
	}
}

// wino_channels transforms n tiles in channels [from, to) of the input; sums as in wino_input.
static INLINE void wino_channels(const int row, const int row_end, const wino_rows *r, int64_t n, range c, float *out, int64_t plane, int64_t ld) {
	int64_t at = c.from;
	for (; at + VL <= c.to; at += VL) wino_input(row, row_end, r, n, at, VL, out + at - c.from, plane, ld);
	if (at < c.to) wino_input(row, row_end, r, n, at, c.to - at, out + at - c.from, plane, ld);
}

// A convolution in this form. Patches of tiles and parts of the panels are its tasks.
typedef struct {
	conv_part p;
	wino_grid g;
	int64_t patches, parts;
	int64_t ld; // floats of the transformed channels of a tile
} wino;

// wino_panels is the number of panels of n columns.
static INLINE int64_t wino_panels(int64_t n) { return n == 0 ? 0 : 1 + ceil_div(maximum(n - TILE_VECS * VL, 0), PANEL); }

static INLINE wino wino_of(const desc *d) {
	wino m = {.p = conv_part_at(d, 0)};
	const walk *s = &m.p.s;
	m.g = wino_grid_of(s);
	m.patches = ceil_div(m.g.count, WINO_TILES);
	double flops = 2.0 * WINO_SUMS * (double)m.g.count * (double)(s->in_c * m.p.n);
	if (m.patches > 0) m.parts = minimum(ceil_div(conv_want(flops), m.patches), wino_panels(m.p.n));
	m.ld = panels_width(s->in_c);
	return m;
}

static int64_t wino_tasks(const desc *d, int phase) {
	wino m = wino_of(d);
	int64_t tasks = m.patches * m.parts;
	return phase == 0 ? (tasks > 0) * wino_panels(m.p.n) : tasks;
}

// wino_panel is the offset of the transformed weights [sums][channels][width] of panel i; all before it have PANEL columns.
static INLINE int64_t wino_panel(const wino *m, int64_t i) { return i * WINO_SUMS * wino_plane(m->p.s.in_c * PANEL); }

static int64_t wino_shared(const desc *d) {
	wino m = wino_of(d);
	return wino_panel(&m, wino_panels(m.p.n)) + WINO_SUMS * wino_plane(m.p.s.in_c * VL);
}

static int64_t wino_local(const desc *d) {
	wino m = wino_of(d);
	int64_t panel = minimum(panels_width(m.p.n), TILE_VECS * VL);
	int64_t sums = m.ld + WINO_SUMS * (wino_plane(WINO_TILES * m.ld) + wino_plane(WINO_TILES * panel));
	return maximum(WINO_TAPS * WINO_TAPS * wino_plane(m.p.s.in_c * panel), sums);
}

// wino_taps is U along one direction.
static INLINE void wino_taps(const vec *g, vec *u) {
	vec sum = g[0] + g[2], half = splat(0.5f);
	u[0] = g[0], u[1] = (sum + g[1]) * half, u[2] = (sum - g[1]) * half, u[3] = g[2];
}

// wino_weights transforms the weights of a panel to [sums][channels][width].
static void wino_weights(const worker *w, const desc *d, const wino *m, int64_t panel) {
	const conv_part *p = &m->p;
	int64_t in_c = p->s.in_c, j = panel * PANEL, width = panel_width(p->n - j), tap_floats = d->dim[CONV_C] * d->dim[CONV_F], plane = wino_plane(in_c * width);
	float *out = w->shared + wino_panel(m, panel);
	for (int64_t t = 0; t < WINO_TAPS * WINO_TAPS; t++) {
		int64_t y = p->tap_y + t / WINO_TAPS * p->tap_step_y, x = p->tap_x + t % WINO_TAPS * p->tap_step_x;
		matrix tap = {w->arena + d->arg[1] + (y * WINO_TAPS + x) * tap_floats, d->dim[CONV_F], d->op == OP_CONV_GRAD_X};
		pack_panel(minimum(p->n - j, width), in_c, matrix_at(tap, 0, j), w->local + t * plane, width);
	}
	for (int64_t i = 0; i < in_c * width; i += VL) {
		vec u[WINO_TAPS][WINO_IN], row[WINO_TAPS], all[WINO_IN];
		UNROLL for (int x = 0; x < WINO_TAPS; x++) {
			UNROLL for (int y = 0; y < WINO_TAPS; y++) row[y] = load(w->local + (y * WINO_TAPS + x) * plane + i);
			wino_taps(row, u[x]);
		}
		UNROLL for (int y = 0; y < WINO_IN; y++) {
			UNROLL for (int x = 0; x < WINO_TAPS; x++) row[x] = u[x][y];
			wino_taps(row, all);
			UNROLL for (int x = 0; x < WINO_IN; x++) store(out + (y * WINO_IN + x) * plane + i, all[x]);
		}
	}
}

// wino_multiply computes the sums [sums][tiles][width] of a panel of weights.
static void wino_multiply(const wino *m, int64_t tiles, const float *v, const float *u, int64_t width, float *sums) {
	int64_t in_c = m->p.s.in_c, plane_v = wino_plane(tiles * m->ld), plane_u = wino_plane(in_c * width), plane = wino_plane(tiles * width);
	for (int64_t s = 0; s < WINO_SUMS; s++) {
		finish f = {.c = sums + s * plane, .ldc = width};
		for (int64_t k = 0; k == 0 || k < in_c; k += BLOCK_K) {
			tile_run t = {.kc = minimum(in_c - k, BLOCK_K), .b = u + s * plane_u + k * width, .ldb = width, .n = width};
			f.accumulate = k > 0;
			product_panel(tiles, (matrix){v + s * plane_v + k, m->ld, 0}, t, width, &f);
		}
	}
}

// wino_pixels is Y of the sums of a tile from column j of its panel on.
static INLINE void wino_pixels(const float *sums, int64_t plane, vec *y) {
	vec half[WINO_OUT][WINO_IN];
	UNROLL for (int x = 0; x < WINO_IN; x++) {
		const float *column = sums + x * plane;
		vec a = load(column), b = load(column + 4 * plane), c = load(column + 8 * plane), d = load(column + 12 * plane);
		half[0][x] = a + b + c, half[1][x] = b - c + d;
	}
	UNROLL for (int i = 0; i < WINO_OUT; i++) {
		const vec *h = half[i];
		y[i * WINO_OUT] = h[0] + h[1] + h[2], y[i * WINO_OUT + 1] = h[1] - h[2] + h[3];
	}
}

// wino_finish writes n channels, from channel j on, of the pixels of tiles [tiles.from, tiles.to).
static INLINE void wino_finish(const wino *m, range tiles, const conv_finish *f, const float *sums, int64_t j, int64_t n, int64_t width) {
	const conv_part *p = &m->p;
	int64_t plane = wino_plane((tiles.to - tiles.from) * width);
	float pixels[WINO_OUT * WINO_OUT][TILE_VECS * VL] __attribute__((aligned(64)));
	for (int64_t t = tiles.from; t < tiles.to;) {
		wino_line l = wino_line_at(&m->g, t, tiles.to);
		int64_t to = l.image * p->to_image + l.y * p->to_y, rows = minimum(p->s.out_y - l.y, WINO_OUT);
		for (int64_t end = t + l.n; t < end; t++, l.x += WINO_OUT, sums += width) {
			for (int64_t i = 0; i < width; i += VL) {
				vec y[WINO_OUT * WINO_OUT];
				wino_pixels(sums + i, plane, y);
				UNROLL for (int q = 0; q < WINO_OUT * WINO_OUT; q++) store(pixels[q] + i, y[q]);
			}
			int64_t columns = minimum(p->s.out_x - l.x, WINO_OUT);
			for (int64_t y = 0; y < rows; y++)
				for (int64_t x = 0; x < columns; x++) conv_finish_row(f, pixels[y * WINO_OUT + x], to + y * p->to_y + (l.x + x) * p->to_x, j, n);
		}
	}
}

// wino_patch computes panels [panels.from, panels.to) of the pixels of tiles [tiles.from, tiles.to).
static void wino_patch(const worker *w, const desc *d, const wino *m, range tiles, range panels) {
	const walk *s = &m->p.s;
	int64_t count = tiles.to - tiles.from;
	float *zeros = w->local, *v = zeros + m->ld, *sums = v + WINO_SUMS * wino_plane(count * m->ld);
	memset(zeros, 0, m->ld * sizeof *zeros);
	for (int64_t t = tiles.from, n; t < tiles.to; t += n) {
		wino_line l = wino_line_at(&m->g, t, tiles.to);
		wino_rows r = wino_rows_at(s, &l, w->arena + d->arg[0], zeros, WINO_IN);
		n = l.n;
		wino_channels(0, WINO_IN, &r, n, (range){0, s->in_c}, v + (t - tiles.from) * m->ld, wino_plane(count * m->ld), m->ld);
	}
	conv_finish f = conv_finish_of(w, d, &m->p);
	for (int64_t i = panels.from; i < panels.to; i++) {
		int64_t j = i * PANEL, width = panel_width(m->p.n - j);
		wino_multiply(m, count, v, w->shared + wino_panel(m, i), width, sums);
		wino_finish(m, tiles, &f, sums, j, minimum(m->p.n - j, width), width);
	}
}

static void wino_run(const worker *w, const desc *d, int phase, int64_t task) {
	wino m = wino_of(d);
	if (phase == 0) {
		wino_weights(w, d, &m, task);
		return;
	}
	range tiles = part_range(task / m.parts, m.patches, m.g.count), panels = part_range(task % m.parts, m.parts, wino_panels(m.p.n));
	wino_patch(w, d, &m, tiles, panels);
}

#endif
