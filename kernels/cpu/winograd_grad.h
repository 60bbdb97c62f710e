// Winograd's form of OpConvGradW: products of transformed pixels of x and dy, summed over tiles, and their transform to dw.
#ifndef GMEL_WINOGRAD_GRAD_H
#define GMEL_WINOGRAD_GRAD_H

// Each task computes a row of the 16 sums of some channels of x and dy, so that only the transforms of the parts are repeated.
// Phase 1 transforms the sums of WINO_GRAD_ROWS channels of x.
enum { WINO_C = 64, WINO_F = 64, WINO_GRAD_ROWS = 8 };

typedef struct {
	wino_grid g;        // of the pixels of x under the tiles of dy
	walk dy;            // the pixels of dy
	int64_t c, f, ld;   // channels; floats from one row of sums to the next
	int64_t c_parts, f_parts;
} wino_grad;

static INLINE wino_grad wino_grad_of(const desc *d) {
	wino_grad m = {.c = d->dim[CONV_C], .f = d->dim[CONV_F]};
	walk s = conv_walk(d);
	m.g = wino_grid_of(&s);
	m.dy = (walk){.batch = s.batch, .in_y = s.out_y, .in_x = s.out_x, .in_c = m.f, .out_y = s.out_y, .out_x = s.out_x};
	m.ld = panels_width(m.f);
	int64_t want = conv_want(2.0 * WINO_SUMS * (double)m.g.count * (double)(m.c * m.f));
	m.f_parts = minimum(ceil_div(want, WINO_IN), ceil_div(m.f, WINO_F));
	m.c_parts = m.f_parts == 0 ? 0 : minimum(ceil_div(want, WINO_IN * m.f_parts), ceil_div(m.c, WINO_C));
	return m;
}

static int64_t wino_grad_tasks(const desc *d, int phase) {
	wino_grad m = wino_grad_of(d);
	if (m.c == 0 || m.f == 0) return 0;
	return phase == 0 ? WINO_IN * m.c_parts * m.f_parts : ceil_div(m.c, WINO_GRAD_ROWS);
}

static int64_t wino_grad_shared(const desc *d) {
	wino_grad m = wino_grad_of(d);
	return WINO_SUMS * m.c * m.ld;
}

static int64_t wino_grad_local(const desc *d) {
	wino_grad m = wino_grad_of(d);
	int64_t c = panels_width(m.c), f = m.ld;
	return maximum(c, f) + WINO_IN * (wino_plane(WINOGRAD_BLOCK * c) + wino_plane(WINOGRAD_BLOCK * f));
}

// wino_grad_x transforms the pixels of x under a block of tiles to [sums of a row][tiles][channels].
static INLINE void wino_grad_x(const int row, const wino_grad *m, const float *x, range tiles, range c, const float *zeros, float *out) {
	int64_t count = tiles.to - tiles.from, ld = panels_width(c.to - c.from);
	for (int64_t t = tiles.from, n; t < tiles.to; t += n) {
		wino_line l = wino_line_at(&m->g, t, tiles.to);
		wino_rows r = wino_rows_at(&m->g.s, &l, x, zeros, WINO_IN);
		n = l.n;
		wino_channels(row, row + 1, &r, n, c, out + (t - tiles.from) * ld, wino_plane(count * ld), ld);
	}
}

// wino_grad_column is sum `row` of Z of the two pixels of column x along y.
static INLINE vec wino_grad_column(const int row, const wino_rows *r, int64_t x, int64_t c, int64_t left) {
	vec y[WINO_OUT];
	int inside = x < r->in_x;
	UNROLL for (int i = 0; i < WINO_OUT; i++) y[i] = inside ? load_part(r->row[i] + x * r->step[i] + c, left) : splat(0);
	return row == 0 ? y[0] : row == 1 ? y[0] + y[1] : row == 2 ? y[0] - y[1] : y[1];
}

// wino_grad_tiles transforms n tiles of dy in channels c to c + VL, of which left exist.
static INLINE void wino_grad_tiles(const int row, const wino_rows *r, int64_t n, int64_t c, int64_t left, float *out, int64_t plane, int64_t ld) {
	for (int64_t t = 0; t < n; t++, out += ld) {
		int64_t x = r->first + t * WINO_OUT;
		vec a = wino_grad_column(row, r, x, c, left), b = wino_grad_column(row, r, x + 1, c, left);
		store(out, a), store(out + plane, a + b), store(out + 2 * plane, a - b), store(out + 3 * plane, b);
	}
}

// wino_grad_dy transforms a block of tiles of dy to panels: [sums of a row][panels][tiles][width].
static INLINE void wino_grad_dy(const int row, const wino_grad *m, const float *dy, range tiles, range f, const float *zeros, float *out) {
	int64_t count = tiles.to - tiles.from, plane = wino_plane(count * panels_width(f.to - f.from));
	for (int64_t t = tiles.from, n; t < tiles.to; t += n) {
		wino_line l = wino_line_at(&m->g, t, tiles.to);
		wino_rows r = wino_rows_at(&m->dy, &l, dy, zeros, WINO_OUT);
		n = l.n;
		for (int64_t j = f.from, width; j < f.to; j += width) {
			width = panel_width(f.to - j);
			float *panel = out + (j - f.from) * count + (t - tiles.from) * width;
			for (int64_t i = 0; i < width; i += VL) {
				int64_t left = f.to - j - i;
				if (left >= VL) wino_grad_tiles(row, &r, n, j + i, VL, panel + i, plane, width);
				else wino_grad_tiles(row, &r, n, j + i, left, panel + i, plane, width);
			}
		}
	}
}

// wino_grad_row adds the blocks of tiles of a row of the sums.
static INLINE void wino_grad_row(const int row, const worker *w, const desc *d, const wino_grad *m, range c, range f) {
	int64_t ld = panels_width(c.to - c.from), width = panels_width(f.to - f.from);
	float *zeros = w->local, *v = zeros + maximum(panels_width(m->c), m->ld), *z = v + WINO_IN * wino_plane(WINOGRAD_BLOCK * ld);
	memset(zeros, 0, (v - zeros) * sizeof *zeros);
	for (int64_t t = 0; t == 0 || t < m->g.count; t += WINOGRAD_BLOCK) {
		range tiles = {t, minimum(t + WINOGRAD_BLOCK, m->g.count)};
		int64_t count = tiles.to - tiles.from;
		wino_grad_x(row, m, w->arena + d->arg[0], tiles, c, zeros, v);
		wino_grad_dy(row, m, w->arena + d->arg[1], tiles, f, zeros, z);
		for (int64_t s = 0; s < WINO_IN; s++) {
			finish add = {.c = w->shared + ((row * WINO_IN + s) * m->c + c.from) * m->ld + f.from, .ldc = m->ld, .accumulate = t > 0};
			product_block(c.to - c.from, width, count, (matrix){v + s * wino_plane(count * ld), ld, 1}, (panels){.p = z + s * wino_plane(count * width)}, &add);
		}
	}
}

static void wino_grad_sums(const worker *w, const desc *d, const wino_grad *m, int64_t task) {
	int64_t part = task / WINO_IN, c_panels = ceil_div(m->c, VL), f_panels = ceil_div(m->f, PANEL);
	range c = part_range(part % m->c_parts, m->c_parts, c_panels), f = part_range(part / m->c_parts, m->f_parts, f_panels);
	c = (range){c.from * VL, minimum(c.to * VL, m->c)}, f = (range){f.from * PANEL, minimum(f.to * PANEL, m->f)};
	switch (task % WINO_IN) {
	case 0: wino_grad_row(0, w, d, m, c, f); break;
	case 1: wino_grad_row(1, w, d, m, c, f); break;
	case 2: wino_grad_row(2, w, d, m, c, f); break;
	default: wino_grad_row(3, w, d, m, c, f);
	}
}

// wino_grad_taps is W along one direction.
static INLINE void wino_grad_taps(const vec *u, vec *t) {
	vec half = splat(0.5f), even = (u[1] + u[2]) * half;
	t[0] = u[0] + even, t[1] = (u[1] - u[2]) * half, t[2] = even + u[3];
}

// wino_grad_store transforms the sums of channel c of x to dw.
static void wino_grad_store(const worker *w, const desc *d, const wino_grad *m, int64_t c) {
	int64_t plane = m->c * m->ld;
	for (int64_t j = 0; j < m->f; j += VL) {
		const float *sums = w->shared + c * m->ld + j;
		vec down[WINO_IN][WINO_TAPS], row[WINO_IN], taps[WINO_TAPS];
		UNROLL for (int x = 0; x < WINO_IN; x++) {
			UNROLL for (int y = 0; y < WINO_IN; y++) row[y] = load(sums + (y * WINO_IN + x) * plane);
			wino_grad_taps(row, down[x]);
		}
		UNROLL for (int y = 0; y < WINO_TAPS; y++) {
			UNROLL for (int x = 0; x < WINO_IN; x++) row[x] = down[x][y];
			wino_grad_taps(row, taps);
			UNROLL for (int x = 0; x < WINO_TAPS; x++)
				put_part(w->arena + d->arg[2] + ((y * WINO_TAPS + x) * m->c + c) * m->f + j, taps[x], m->f - j, accumulates(d));
		}
	}
}

static void wino_grad_run(const worker *w, const desc *d, int phase, int64_t task) {
	wino_grad m = wino_grad_of(d);
	if (phase == 0) {
		wino_grad_sums(w, d, &m, task);
		return;
	}
	range rows = block_range(task, WINO_GRAD_ROWS, m.c);
	for (int64_t c = rows.from; c < rows.to; c++) wino_grad_store(w, d, &m, c);
}

#endif
