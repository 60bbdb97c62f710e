// The three convolutions as problems of products.cuh.
#ifndef GMEL_CONVS_CUH
#define GMEL_CONVS_CUH

#include "conv.cuh"

// y[B OY OX, F] = f(windows of x [.., KY KX C] w[KY KX C, F] + bias[F]); acc after the bias.
struct conv {
	static BOTH int64_t groups(const desc &) { return 1; }
	static BOTH int64_t most_rows(const desc &d) { return pixels_of(d); }
	static BOTH int64_t width(const desc &d) { return d.dim[CONV_F]; }
	static BOTH int64_t most_taps(const desc &d) { return d.dim[CONV_KY] * d.dim[CONV_KX]; }
	static BOTH int64_t terms(const desc &d) { return most_taps(d) * d.dim[CONV_C]; }
	// The images that windows are of.
	static BOTH int64_t pixels(const desc &d) { return d.dim[CONV_B] * d.dim[CONV_Y] * d.dim[CONV_X]; }
	static BOTH int64_t channels(const desc &d) { return d.dim[CONV_C]; }
	static BOTH int64_t blocks(const desc &d) { return larger(1, ceil_div(terms(d), BLOCK_K)); }

	const view &v;
	int64_t rows, columns;

	DEVICE conv(const view &v, int64_t) : v(v), rows(pixels_of(*v.d)), columns(v.dim(CONV_F)) {}
	DEVICE int64_t chains() const { return blocks(*v.d); }
	DEVICE span block(int64_t b) const { return {b * BLOCK_K, smaller((b + 1) * BLOCK_K, terms(*v.d))}; }
	DEVICE windows a() const {
		axis y = axis_y(*v.d), x = axis_x(*v.d);
		const float *p = v.arg(0);
		int64_t c = v.dim(CONV_C);
		return {p, rows, grid_of(y.out, x.out), window_of(x.taps, c), (int)-y.pad, (int)-x.pad, (int)y.stride, (int)x.stride, (int)y.in, (int)x.in,
		        c % 4 == 0 && aligned_for_float4(p)};
	}
	DEVICE matrix b() const { return matrix_of(v.arg(1), columns, columns, false); }
	DEVICE int64_t taps() const { return most_taps(*v.d); }
	// weight is the factor of a column at a tap of the window, counted by rows, and a channel.
	DEVICE float weight(int64_t tap, int64_t channel, int64_t column) const { return v.arg(1)[(tap * v.dim(CONV_C) + channel) * columns + column]; }
	DEVICE epilogue end() const {
		epilogue e = {};
		e.c = v.arg(3), e.bias = v.arg(2), e.ld = e.columns = columns, e.rows = rows;
		e.p = v.scalar(0), e.q = v.scalar(1), e.fn = v.d->fn;
		e.accumulate = v.accumulate, e.bias_first = true;
		e.set_vector();
		return e;
	}
};

// meets describes the pixels first, first + stride, ... of an axis. The same taps reach all of them: those from the
// last one down in steps of stride. It also has the output that the last tap belongs to at the first pixel.
struct meets {
	int first, pixels, taps, last, output;
};

// The rows and columns of an image, its taps and strides are below 2^31.
BOTH meets meets_of(const axis &a, int first) {
	int in = (int)a.in, all = (int)a.taps, stride = (int)a.stride, from = first + (int)a.pad;
	int r = from % stride, taps = r < all ? (all - 1 - r) / stride + 1 : 0;
	return {first, first < in ? (in - 1 - first) / stride + 1 : 0, taps, r + (taps - 1) * stride, from / stride - (taps - 1)};
}

// turned_kernel is an operand: row c has w[ky, kx, c, f] by terms (ky, kx descending, f).
struct turned_kernel {
	const float *p;
	int64_t rows;
	window w;                   // the taps that reach the pixels; f is in place of the channels
	int64_t last, down, across; // floats to the last of these taps, and between their rows and columns
	bool vector;

	struct line {
		const float *p; // NULL outside
		uint32_t from;
	};
	DEVICE bool along() const { return true; }
	DEVICE line at(int64_t row, int64_t from) const { return {row < rows ? p + last + row * w.channels.d : NULL, (uint32_t)from}; }
	DEVICE float4 four(const line &l, int k, int n) const {
		tap first = w.at(l.from + k);
		if (!l.p || k >= n) return make_float4(0, 0, 0, 0);
		return four_taps(w, first, n - k, vector, [&](const tap &t) -> const float * { return l.p - t.y * down - t.x * across + t.c; });
	}
};

// dx[B Y X, C] = windows of dy [.., taps F] turned w [taps F, C]. Pixels that the same taps reach are a
// group: there is one for each residue of row and column modulo the strides.
struct conv_grad_x {
	static BOTH int64_t groups_x(const desc &d) { return smaller(d.dim[CONV_STRIDE_X], larger(1, d.dim[CONV_X])); }
	static BOTH int64_t groups(const desc &d) { return smaller(d.dim[CONV_STRIDE_Y], larger(1, d.dim[CONV_Y])) * groups_x(d); }
	static BOTH int64_t most_rows(const desc &d) {
		return d.dim[CONV_B] * ceil_div(d.dim[CONV_Y], d.dim[CONV_STRIDE_Y]) * ceil_div(d.dim[CONV_X], d.dim[CONV_STRIDE_X]);
	}
	static BOTH int64_t width(const desc &d) { return d.dim[CONV_C]; }
	static BOTH int64_t most_taps(const desc &d) { return ceil_div(d.dim[CONV_KY], d.dim[CONV_STRIDE_Y]) * ceil_div(d.dim[CONV_KX], d.dim[CONV_STRIDE_X]); }
	static BOTH int64_t most_terms(const desc &d) { return most_taps(d) * d.dim[CONV_F]; }
	static BOTH int64_t pixels(const desc &d) { return pixels_of(d); }
	static BOTH int64_t channels(const desc &d) { return d.dim[CONV_F]; }
	static BOTH int64_t blocks(const desc &d) { return larger(1, ceil_div(most_terms(d), BLOCK_K)); }

	const view &v;
	axis down, across;
	meets y, x;
	int64_t rows, columns, terms;

	DEVICE conv_grad_x(const view &v, int64_t group)
		: v(v), down(axis_y(*v.d)), across(axis_x(*v.d)), y(meets_of(down, (int)group / (int)groups_x(*v.d))), x(meets_of(across, (int)group % (int)groups_x(*v.d))),
		  rows(v.dim(CONV_B) * y.pixels * x.pixels), columns(v.dim(CONV_C)), terms(y.taps * x.taps * v.dim(CONV_F)) {}
	DEVICE int64_t chains() const { return larger(1, ceil_div(terms, BLOCK_K)); }
	DEVICE span block(int64_t b) const { return {b * BLOCK_K, smaller((b + 1) * BLOCK_K, terms)}; }
	DEVICE windows a() const {
		const float *p = v.arg(0);
		int64_t f = v.dim(CONV_F);
		return {p, rows, grid_of(y.pixels, x.pixels), window_of(x.taps, f), (int)y.output, (int)x.output, 1, 1, (int)down.out, (int)across.out,
		        f % 4 == 0 && aligned_for_float4(p)};
	}
	DEVICE turned_kernel b() const {
		const float *p = v.arg(1);
		int64_t f = v.dim(CONV_F), each = columns * f;
		return {p, columns, window_of(x.taps, f), (y.last * across.taps + x.last) * each, down.stride * across.taps * each, across.stride * each,
		        f % 4 == 0 && aligned_for_float4(p)};
	}
	DEVICE int64_t taps() const { return y.taps * x.taps; }
	DEVICE float weight(int64_t tap, int64_t channel, int64_t column) const {
		int64_t ky = y.last - tap / x.taps * down.stride, kx = x.last - tap % x.taps * across.stride;
		return v.arg(1)[((ky * across.taps + kx) * columns + column) * v.dim(CONV_F) + channel];
	}
	DEVICE epilogue end() const {
		epilogue e = {};
		const float *aux = v.arg(2);
		int64_t at = (y.first * across.in + x.first) * columns;
		e.c = v.arg(3) + at, e.grad = v.has(FLAG_FN_GRAD), e.aux = e.grad ? aux + at : NULL;
		e.ld = e.columns = columns, e.rows = rows;
		e.p = v.scalar(0), e.q = v.scalar(1), e.fn = v.d->fn, e.accumulate = v.accumulate;
		e.spread_out = groups(*v.d) > 1;
		e.grid = grid_of(y.pixels, x.pixels), e.step_x = across.stride, e.step_y = down.stride * across.in, e.image = down.in * across.in;
		e.set_vector();
		return e;
	}
};

// dw[KY KX C, F] = sum over the pixels of y, in blocks of whole rows or of parts of a row.
struct conv_grad_w {
	static BOTH int64_t groups(const desc &) { return 1; }
	static BOTH int64_t most_rows(const desc &d) { return d.dim[CONV_KY] * d.dim[CONV_KX] * d.dim[CONV_C]; }
	static BOTH int64_t width(const desc &d) { return d.dim[CONV_F]; }
	static BOTH int64_t pieces(const desc &d) { return larger(1, ceil_div(axis_x(d).out, BLOCK_K)); }
	static BOTH int64_t rows_of_block(const desc &d) { return larger(1, BLOCK_K / larger(1, axis_x(d).out)); }
	static BOTH int64_t blocks(const desc &d) {
		int64_t lines = d.dim[CONV_B] * axis_y(d).out;
		return axis_x(d).out == 0 ? 1 : larger(1, ceil_div(lines, rows_of_block(d)) * pieces(d));
	}

	const view &v;
	int64_t rows, columns;

	DEVICE conv_grad_w(const view &v, int64_t) : v(v), rows(most_rows(*v.d)), columns(v.dim(CONV_F)) {}
	DEVICE int64_t chains() const { return blocks(*v.d); }
	DEVICE span block(int64_t b) const {
		int64_t n = pieces(*v.d), out = axis_x(*v.d).out, each = rows_of_block(*v.d) * out, end = pixels_of(*v.d);
		if (n == 1) return {b * each, smaller((b + 1) * each, end)};
		int64_t line = b / n * out, piece = b % n * BLOCK_K;
		return {line + piece, smaller(line + smaller(piece + BLOCK_K, out), end)};
	}
	DEVICE taps_of_pixels a() const {
		axis y = axis_y(*v.d), x = axis_x(*v.d);
		const float *p = v.arg(0);
		int64_t c = v.dim(CONV_C);
		return {p, rows, grid_of(y.out, x.out), window_of(x.taps, c), (int)y.stride, (int)x.stride, (int)y.pad, (int)x.pad, (int)y.in, (int)x.in,
		        c % 4 == 0 && aligned_for_float4(p)};
	}
	DEVICE matrix b() const { return matrix_of(v.arg(1), columns, columns, false); }
	DEVICE epilogue end() const {
		epilogue e = raw(v.arg(2), rows, columns);
		e.accumulate = v.accumulate;
		return e;
	}
};

// conv_kernel_by is the kernel of a convolution, NULL for other ops; Make::of<problem>(l, terms) makes one.
template <class Make> const kernel *conv_kernel_by(launch &l) {
	switch (l.d.op) {
	case OP_CONV: return Make::template of<conv>(l, conv::terms(l.d));
	case OP_CONV_GRAD_X: return Make::template of<conv_grad_x>(l, conv_grad_x::most_terms(l.d));
	case OP_CONV_GRAD_W: return Make::template of<conv_grad_w>(l, pixels_of(l.d));
	}
	return NULL;
}

#endif
