// OpConvGradW: dw is cut into tasks. Each task sums over all pixels of dy in order.
#ifndef GMEL_CONV_GRAD_H
#define GMEL_CONV_GRAD_H

// Channels of x are processed in groups, each with its own band. The band and the panel of a patch
// fit in the first-level cache, where every tap reuses them. Few channels are one group: their
// neighbouring pixels form one line of rows.
//
// A task has some groups and panels with all of their taps, so that it computes much from little
// copied data. Rows of taps are cut only if there would be fewer than FEW_TASKS tasks.
//
// dy is copied to panels if its pixels have more than FEW_PANELS panels of columns: one panel of
// them would compete for few sets of the first-level cache.
enum { TASK_GROUPS = 2 * CONV_ROWS / GROUP, TASK_PANELS = 2, FEW_TASKS = 4, FEW_PANELS = 2 };

// How dw is cut: by groups of channels, by panels of columns, by rows of taps.
typedef struct {
	walk s;
	int64_t n, groups, group_parts, column_parts, tap_parts;
} grad_shape;

static INLINE grad_shape grad_shape_of(const desc *d) {
	grad_shape g = {.s = conv_walk(d), .n = d->dim[CONV_F]};
	const walk *s = &g.s;
	if (g.n == 0 || s->in_c == 0) return (grad_shape){0};
	double flops = 2.0 * (double)(walk_rows(s) * s->out_x) * (double)(s->taps_y * s->taps_x * s->in_c * g.n);
	int64_t want = conv_want(flops);
	g.groups = s->in_c <= MANY ? 1 : ceil_div(s->in_c, GROUP);
	g.group_parts = minimum(want, ceil_div(g.groups, TASK_GROUPS));
	g.column_parts = minimum(ceil_div(want, g.group_parts), ceil_div(conv_panels(g.n), TASK_PANELS));
	g.tap_parts = minimum(ceil_div(minimum(want, FEW_TASKS), g.group_parts * g.column_parts), s->taps_y);
	return g;
}

static int64_t direct_grad_w_tasks(const desc *d) {
	grad_shape g = grad_shape_of(d);
	return g.group_parts * g.column_parts * g.tap_parts;
}

// One task: a part of dw. Its sums are in scratch as [group][tap row][line][rows of a line].
typedef struct {
	walk s; // with the rows of taps of this task
	range groups, columns, taps;
	int64_t group_count;
	int merged;           // there is only one group, and a row of taps is one line
	int in_place;         // the pixels of dy serve as rows of panels
	int64_t lines, line;  // lines of rows for each row of taps; rows of dw in a line
	int64_t width;        // floats of a row of sums
	int64_t group_floats; // of a band of one group
	int64_t *pixels;      // offset in the band of each pixel of a patch, in floats
	float *sums, *panels, *bands;
} grad_task;

static INLINE int64_t grad_sums(const grad_task *t) {
	return (t->groups.to - t->groups.from) * (t->taps.to - t->taps.from) * t->lines * t->line * t->width;
}

static INLINE grad_task grad_task_at(const grad_shape *g, int64_t task) {
	grad_task t = {.s = g->s};
	int64_t rest = task / g->group_parts;
	range panels = part_range(rest % g->column_parts, g->column_parts, conv_panels(g->n));
	t.groups = part_range(task % g->group_parts, g->group_parts, g->groups);
	t.columns = (range){panels.from * PANEL, minimum(panels.to * PANEL, g->n)};
	t.taps = part_range(rest / g->column_parts, g->tap_parts, g->s.taps_y);
	t.s.taps_y = t.taps.to - t.taps.from;
	t.s.first_y += t.taps.from;
	t.group_count = g->groups;
	t.merged = g->groups == 1;
	t.lines = t.merged ? 1 : t.s.taps_x;
	t.line = t.merged ? t.s.taps_x * t.s.in_c : GROUP;
	t.in_place = g->n % VL == 0 && g->n <= FEW_PANELS * PANEL;
	t.width = panels_width(t.columns.to - t.columns.from);
	t.group_floats = band_floats(&t.s, t.merged ? t.s.in_c : GROUP);
	return t;
}

// grad_panels is the size of a patch of dy in panels.
static INLINE int64_t grad_panels(const grad_task *t) { return t->in_place ? 0 : PATCH * t->width; }

enum { PIXEL_FLOATS = PATCH * sizeof(int64_t) / sizeof(float) };

// grad_floats includes a vector after the bands, because their last pixel is stored as a whole vector.
static INLINE int64_t grad_floats(const grad_task *t) {
	return PIXEL_FLOATS + grad_sums(t) + grad_panels(t) + (t->groups.to - t->groups.from) * t->group_floats + VL;
}

// grad_place assigns the parts of the scratch.
static INLINE void grad_place(grad_task *t, float *local) {
	t->pixels = (int64_t *)local;
	t->sums = local + PIXEL_FLOATS;
	t->panels = t->sums + grad_sums(t);
	t->bands = t->panels + grad_panels(t);
}

static int64_t direct_grad_w_local(const desc *d) {
	grad_shape g = grad_shape_of(d);
	int64_t floats = 0;
	for (int64_t i = 0; i < direct_grad_w_tasks(d); i++) {
		grad_task t = grad_task_at(&g, i);
		floats = maximum(floats, grad_floats(&t));
	}
	return floats;
}

static INLINE channels grad_channels(const grad_task *t, int64_t group) {
	if (t->merged) return (channels){0, t->s.in_c, t->s.in_c};
	range c = part_range(group, t->group_count, t->s.in_c);
	return (channels){c.from, c.to, GROUP};
}

// The data of the next patch. Each tile prefetches one cache line of it at every pixel.
typedef struct {
	const float *dy, *x;
	int64_t dy_step, x_step; // floats to the next pixel
	int64_t dy_left, x_left; // floats of a pixel not fetched yet
} grad_ahead;

static INLINE grad_ahead grad_ahead_at(const grad_task *t, const float *x, const float *dy, int64_t n, int64_t index) {
	const walk *s = &t->s;
	if (index >= patch_count(s)) return (grad_ahead){.dy = dy, .x = x};
	patch p = patch_at(s, index);
	int64_t y = maximum(p.rows.from % s->out_y * s->step_y + s->first_y, 0), row = p.rows.from / s->out_y * s->in_y + y;
	int64_t from = grad_channels(t, t->groups.from).from, to = grad_channels(t, t->groups.to - 1).to;
	return (grad_ahead){
		.dy = dy + (p.rows.from * s->out_x + p.columns.from) * n + t->columns.from, .dy_step = n, .dy_left = t->columns.to - t->columns.from,
		.x = x + (row * s->in_x + p.columns.from * s->step_x) * s->in_c + from, .x_step = s->step_x * s->in_c, .x_left = to - from};
}

// grad_ahead_next returns the next cache line to prefetch, or the same one again after the last.
static INLINE const float *grad_ahead_next(grad_ahead *a, int64_t *step) {
	const float *p = a->dy_left > 0 ? a->dy : a->x;
	*step = a->dy_left > 0 ? a->dy_step : a->x_left > 0 ? a->x_step : 0;
	if (a->dy_left > 0)
		a->dy += LINE, a->dy_left -= LINE;
	else if (a->x_left > 0)
		a->x += LINE, a->x_left -= LINE;
	return p;
}

// grad_line adds the products of a patch to the rows of a line, which begins at in->x.
static INLINE void grad_line(grad_input in, grad_ahead *ahead, int64_t rows, int64_t width) {
	int64_t tiles = ceil_div(rows, CONV_ROWS);
	const float *x = in.x;
	float *sums = in.sums;
	for (int64_t t = 0; t < tiles; t++) {
		range r = part_range(t, tiles, rows);
		in.x = x + r.from;
		in.sums = sums + r.from * in.ld;
		in.ahead = grad_ahead_next(ahead, &in.ahead_step);
		grad_tiles[width / VL - 1][r.to - r.from - 1](&in);
	}
}

// grad_panel adds the products of a patch to the sums of one panel, which begin at sums.
static INLINE void grad_panel(const grad_task *t, const band *b, grad_input *in, grad_ahead *ahead, float *sums) {
	int64_t width = in->width;
	for (int64_t g = t->groups.from; g < t->groups.to; g++) {
		channels c = grad_channels(t, g);
		int64_t rows = t->merged ? t->line : c.to - c.from;
		const float *group = b->p + (g - t->groups.from) * t->group_floats;
		for (int64_t y = 0; y < t->s.taps_y; y++)
			for (int64_t x = 0; x < t->lines; x++, sums += t->line * t->width) {
				in->sums = sums;
				in->x = group + y * b->row + x * b->pixel;
				grad_line(*in, ahead, rows, width);
			}
	}
}

// grad_pack copies the columns of n neighbouring pixels of dy to panels, pixel by pixel, in the order
// of memory.
static INLINE void grad_pack(const grad_task *t, const float *dy, int64_t n, int64_t ld) {
	int64_t columns = t->columns.to - t->columns.from, whole = columns / PANEL * PANEL, last = t->width - whole;
	for (int64_t i = 0; i < n; i++, dy += ld) {
		for (int64_t j = 0; j < whole; j += PANEL)
			UNROLL for (int v = 0; v < CONV_VECS; v++) store(t->panels + j * n + i * PANEL + v * VL, load(dy + j + v * VL));
		for (int64_t j = 0; j < last; j += VL) store(t->panels + whole * n + i * last + j, load_part(dy + whole + j, columns - whole - j));
	}
}

// grad_pixels lists the offsets of the pixels of a patch in the band.
static INLINE void grad_pixels(const grad_task *t, const band *b, const patch *area) {
	int64_t *p = t->pixels, step = t->s.step_x * b->pixel;
	for (int64_t r = area->rows.from; r < area->rows.to; r++) {
		int64_t at = band_at(b, &t->s, r, area->columns.from);
		for (int64_t x = area->columns.from; x < area->columns.to; x++, at += step) *p++ = at;
	}
}

// grad_patch adds the products of a patch; its pixels are neighbours in dy.
static void grad_patch(const grad_task *t, const float *x, const float *dy, int64_t n, int64_t index) {
	patch area = patch_at(&t->s, index);
	int64_t columns = area.columns.to - area.columns.from, rows = area.rows.to - area.rows.from;
	band b = {0};
	for (int64_t g = t->groups.from; g < t->groups.to; g++) {
		channels c = grad_channels(t, g);
		b = copy_band(&t->s, x, &area, &c, t->bands + (g - t->groups.from) * t->group_floats);
	}
	b.p = t->bands; // the bands of all groups have the same layout
	grad_pixels(t, &b, &area);
	grad_input in = {.pixels = t->pixels, .pixel_count = rows * columns, .ld = t->width, .add = index > 0};
	const float *own = dy + (area.rows.from * t->s.out_x + area.columns.from) * n + t->columns.from;
	if (!t->in_place) grad_pack(t, own, rows * columns, n);
	grad_ahead ahead = grad_ahead_at(t, x, dy, n, index + 1);
	for (int64_t j = 0; j < t->width; j += PANEL) {
		in.width = conv_width(t->width - j);
		in.panel = t->in_place ? own + j : t->panels + j * rows * columns;
		in.panel_step = t->in_place ? n : in.width;
		grad_panel(t, &b, &in, &ahead, t->sums + j);
	}
}

// grad_store writes the sums to dw.
static void grad_store(const grad_task *t, const desc *d, float *dw) {
	int64_t n = d->dim[CONV_F], in_c = d->dim[CONV_C], columns = t->columns.to - t->columns.from;
	const float *sums = t->sums;
	for (int64_t g = t->groups.from; g < t->groups.to; g++)
		for (int64_t y = t->taps.from; y < t->taps.to; y++)
			for (int64_t x = 0; x < t->lines; x++, sums += t->line * t->width) {
				channels c = grad_channels(t, g);
				int64_t rows = t->merged ? t->line : c.to - c.from;
				float *out = dw + ((y * d->dim[CONV_KX] + x) * in_c + c.from) * n + t->columns.from;
				for (int64_t i = 0; i < rows; i++)
					for (int64_t j = 0; j < columns; j += VL)
						put_part(out + i * n + j, load(sums + i * t->width + j), columns - j, accumulates(d));
			}
}

static void direct_grad_w_run(const worker *w, const desc *d, int64_t task) {
	grad_shape g = grad_shape_of(d);
	grad_task t = grad_task_at(&g, task);
	grad_place(&t, w->local);
	int64_t patches = patch_count(&t.s);
	if (patches == 0) memset(t.sums, 0, grad_sums(&t) * sizeof(float));
	for (int64_t i = 0; i < patches; i++) grad_patch(&t, w->arena + d->arg[0], w->arena + d->arg[1], d->dim[CONV_F], i);
	grad_store(&t, d, w->arena + d->arg[2]);
}

#endif
