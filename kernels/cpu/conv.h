// OpConv and OpConvGradX: products of bands with packed weights.
#ifndef GMEL_CONV_H
#define GMEL_CONV_H

// A part of an output with its own taps. OpConv has one. In OpConvGradX there is a part for each
// offset of a pixel of dx within the stride. Each part is a convolution of dy with step 1 and the
// taps that reach it, in reverse order.
typedef struct {
	walk s;
	int64_t n;                           // output channels
	int64_t tap_y, tap_x, tap_step_y, tap_step_x; // taps of w, in the order of the sum
	int64_t to, to_image, to_y, to_x;    // floats to the first output, to the next image, row, column
	int64_t packed;                      // taps of earlier parts
} conv_part;

static INLINE int64_t conv_out(int64_t n, int64_t k, int64_t stride, int64_t zeros) {
	return n + zeros < k ? 0 : (n + zeros - k) / stride + 1;
}

// conv_walk is the walk of OpConv.
static INLINE walk conv_walk(const desc *d) {
	const int64_t *n = d->dim;
	return (walk){
		.batch = n[CONV_B], .in_y = n[CONV_Y], .in_x = n[CONV_X], .in_c = n[CONV_C], .taps_y = n[CONV_KY], .taps_x = n[CONV_KX],
		.out_y = conv_out(n[CONV_Y], n[CONV_KY], n[CONV_STRIDE_Y], 2 * n[CONV_PAD_Y] + n[CONV_END]),
		.out_x = conv_out(n[CONV_X], n[CONV_KX], n[CONV_STRIDE_X], 2 * n[CONV_PAD_X] + n[CONV_END]),
		.step_y = n[CONV_STRIDE_Y], .step_x = n[CONV_STRIDE_X], .first_y = -n[CONV_PAD_Y], .first_x = -n[CONV_PAD_X]};
}

static INLINE conv_part forward_part(const desc *d) {
	conv_part p = {.s = conv_walk(d), .n = d->dim[CONV_F], .tap_step_y = 1, .tap_step_x = 1};
	p.to_x = p.n, p.to_y = p.s.out_x * p.n, p.to_image = p.s.out_y * p.to_y;
	return p;
}

// One direction of a part of OpConvGradX: pixels from, from + stride, ...
typedef struct {
	int64_t taps, last_tap, first, outputs;
} parity;

static INLINE parity parity_of(int64_t from, int64_t n, int64_t k, int64_t stride, int64_t pad) {
	int64_t tap = (from + pad) % stride;
	parity p = {.outputs = ceil_div(n - from, stride)};
	if (tap >= k) return p;
	p.taps = (k - tap - 1) / stride + 1;
	p.last_tap = tap + (p.taps - 1) * stride;
	p.first = (from + pad - p.last_tap) / stride; // exact
	return p;
}

static INLINE conv_part backward_part(const desc *d, int64_t y, int64_t x) {
	const int64_t *n = d->dim;
	walk f = conv_walk(d);
	parity v = parity_of(y, n[CONV_Y], n[CONV_KY], f.step_y, n[CONV_PAD_Y]), h = parity_of(x, n[CONV_X], n[CONV_KX], f.step_x, n[CONV_PAD_X]);
	int64_t row = n[CONV_X] * n[CONV_C];
	return (conv_part){
		.s = {.batch = n[CONV_B], .in_y = f.out_y, .in_x = f.out_x, .in_c = n[CONV_F], .taps_y = v.taps, .taps_x = h.taps,
	              .out_y = v.outputs, .out_x = h.outputs, .step_y = 1, .step_x = 1, .first_y = v.first, .first_x = h.first},
		.n = n[CONV_C], .tap_y = v.last_tap, .tap_x = h.last_tap, .tap_step_y = -f.step_y, .tap_step_x = -f.step_x,
		.to = y * row + x * n[CONV_C], .to_image = n[CONV_Y] * row, .to_y = f.step_y * row, .to_x = f.step_x * n[CONV_C]};
}

static INLINE int64_t conv_part_rows(const desc *d) { return d->op == OP_CONV ? 1 : minimum(d->dim[CONV_STRIDE_Y], d->dim[CONV_Y]); }
static INLINE int64_t conv_part_columns(const desc *d) { return d->op == OP_CONV ? 1 : minimum(d->dim[CONV_STRIDE_X], d->dim[CONV_X]); }
static INLINE int64_t conv_part_count(const desc *d) { return conv_part_rows(d) * conv_part_columns(d); }
static INLINE int64_t conv_taps(const conv_part *p) { return p->s.taps_y * p->s.taps_x; }
static INLINE int64_t conv_terms(const conv_part *p) { return conv_taps(p) * p->s.in_c; }

static INLINE conv_part conv_part_at(const desc *d, int64_t i) {
	int64_t columns = conv_part_columns(d);
	return d->op == OP_CONV ? forward_part(d) : backward_part(d, i / columns, i % columns);
}

// conv_column_parts cuts the channels if there are few patches.
static INLINE int64_t conv_column_parts(const conv_part *p) {
	int64_t patches = patch_count(&p->s), panel_count = conv_panels(p->n);
	double flops = 2.0 * (double)(walk_rows(&p->s) * p->s.out_x) * (double)(conv_terms(p) * p->n);
	return patches == 0 ? 0 : minimum(ceil_div(conv_want(flops), patches), panel_count);
}

static INLINE int64_t conv_part_tasks(const conv_part *p) { return patch_count(&p->s) * conv_column_parts(p); }

static int64_t direct_tasks(const desc *d, int phase) {
	int64_t tasks = 0;
	for (int64_t i = 0; i < conv_part_count(d); i++) {
		conv_part p = conv_part_at(d, i);
		tasks += phase == 0 ? (conv_part_tasks(&p) > 0) * conv_panels(p.n) : conv_part_tasks(&p);
	}
	return tasks;
}

static int64_t direct_shared(const desc *d) {
	int64_t floats = 0;
	for (int64_t i = 0; i < conv_part_count(d); i++) {
		conv_part p = conv_part_at(d, i);
		floats += conv_terms(&p) * panels_width(p.n);
	}
	return floats;
}

enum { SPAN_FLOATS = sizeof(span) / sizeof(float) };

static INLINE int64_t conv_span_count(const conv_part *p) { return p->s.taps_y + ceil_div(conv_terms(p), BLOCK_K) + 1; }

static int64_t direct_local(const desc *d) {
	int64_t floats = 0;
	for (int64_t i = 0; i < conv_part_count(d); i++) {
		conv_part p = conv_part_at(d, i);
		floats = maximum(floats, conv_span_count(&p) * SPAN_FLOATS + (in_place(&p.s) ? 0 : band_floats(&p.s, p.s.in_c)));
	}
	return floats;
}

// conv_spans cuts the terms into blocks of BLOCK_K; each row of taps is a separate range of terms.
static int64_t conv_spans(const conv_part *p, const band *b, span *out) {
	int64_t count = 0, used = 0, length = p->s.taps_x * p->s.in_c;
	for (int64_t y = 0; y < p->s.taps_y; y++)
		for (int64_t k = 0, n; k < length; k += n) {
			n = minimum(length - k, BLOCK_K - used);
			used = (used + n) % BLOCK_K;
			out[count++] = (span){y * b->row + k, n, used == 0};
		}
	if (count == 0) out[count++] = (span){0, 0, 1};
	out[count - 1].ends = 1;
	return count;
}

// conv_pack packs one panel of the weights of a part.
static void conv_pack(const worker *w, const desc *d, const conv_part *p, int64_t panel) {
	int64_t tap_floats = d->dim[CONV_C] * d->dim[CONV_F], terms = conv_terms(p), j = panel * PANEL, width = conv_width(p->n - j);
	float *out = w->shared + p->packed * p->s.in_c * panels_width(p->n) + j * terms;
	for (int64_t t = 0; t < conv_taps(p); t++, out += p->s.in_c * width) {
		int64_t y = p->tap_y + t / p->s.taps_x * p->tap_step_y, x = p->tap_x + t % p->s.taps_x * p->tap_step_x;
		matrix tap = {w->arena + d->arg[1] + (y * d->dim[CONV_KX] + x) * tap_floats, d->dim[CONV_F], d->op == OP_CONV_GRAD_X};
		pack_panel(minimum(p->n - j, width), p->s.in_c, matrix_at(tap, 0, j), out, width);
	}
}

static INLINE conv_finish conv_finish_of(const worker *w, const desc *d, const conv_part *p) {
	int backward = d->op == OP_CONV_GRAD_X;
	float *aux = backward && (d->flags & FLAG_FN_GRAD) ? argument(w, d, 2) : NULL;
	return (conv_finish){
		.y = w->arena + d->arg[3] + p->to, .bias = backward ? NULL : argument(w, d, 2), .aux = aux ? aux + p->to : NULL,
		.accumulate = accumulates(d), .fn = (int)d->fn, .p0 = d->scalar[0], .p1 = d->scalar[1]};
}

// The offsets of the pixels of a patch in the band and in the output.
typedef struct {
	int64_t count, from[PATCH], to[PATCH];
} conv_pixels;

static INLINE void conv_list(const conv_part *p, const band *b, const patch *area, conv_pixels *list) {
	int64_t n = 0;
	for (int64_t r = area->rows.from; r < area->rows.to; r++) {
		int64_t from = band_at(b, &p->s, r, area->columns.from);
		int64_t to = r / p->s.out_y * p->to_image + r % p->s.out_y * p->to_y + area->columns.from * p->to_x;
		for (int64_t i = 0; i < area->columns.to - area->columns.from; i++, n++)
			list->from[n] = from + i * p->s.step_x * b->pixel, list->to[n] = to + i * p->to_x;
	}
	list->count = n;
}

// conv_panel computes n channels, from channel j on, of all pixels in the list.
static INLINE void conv_panel(conv_input *in, const conv_finish *f, const float *x, const conv_pixels *list, int64_t j, int64_t n) {
	float sums[CONV_ROWS * PANEL] __attribute__((aligned(64)));
	in->sums = sums, in->ld = PANEL;
	int64_t tiles = ceil_div(list->count, CONV_ROWS);
	for (int64_t t = 0; t < tiles; t++) {
		range q = part_range(t, tiles, list->count);
		for (int64_t i = q.from; i < q.to; i++) in->row[i - q.from] = x + list->from[i];
		conv_multiply(in, q.to - q.from, conv_width(n));
		for (int64_t i = q.from; i < q.to; i++) conv_finish_row(f, sums + (i - q.from) * PANEL, list->to[i], j, n);
	}
}

// conv_patch computes channels [c.from, c.to) of the pixels of a patch.
static void conv_patch(const worker *w, const desc *d, const conv_part *p, const patch *area, range c) {
	const walk *s = &p->s;
	span *spans = (span *)w->local;
	const float *x = w->arena + d->arg[0], *panels = w->shared + p->packed * s->in_c * panels_width(p->n);
	float *space = w->local + conv_span_count(p) * SPAN_FLOATS;
	band b = in_place(s) ? band_in_place(s, x) : copy_band(s, x, area, &(channels){0, s->in_c, s->in_c}, space);
	conv_finish f = conv_finish_of(w, d, p);
	conv_pixels list;
	conv_list(p, &b, area, &list);
	conv_input in = {.step = 1, .spans = spans, .span_count = conv_spans(p, &b, spans)};
	for (int64_t j = c.from; j < c.to; j += PANEL) {
		in.panel = panels + j * conv_terms(p);
		conv_panel(&in, &f, b.p, &list, j, minimum(c.to - j, PANEL));
	}
}

static void direct_run(const worker *w, const desc *d, int phase, int64_t task) {
	int64_t packed = 0;
	for (int64_t i = 0;; i++) {
		conv_part p = conv_part_at(d, i);
		p.packed = packed;
		int64_t parts = conv_column_parts(&p), tasks = conv_part_tasks(&p), panel_count = conv_panels(p.n);
		if (phase == 0 && tasks > 0) tasks = panel_count;
		if (task >= tasks) {
			task -= tasks, packed += conv_taps(&p);
			continue;
		}
		if (phase == 0) {
			conv_pack(w, d, &p, task);
			return;
		}
		patch area = patch_at(&p.s, task / parts);
		range panels = part_range(task % parts, parts, panel_count);
		conv_patch(w, d, &p, &area, (range){panels.from * PANEL, minimum(panels.to * PANEL, p.n)});
		return;
	}
}

#endif
