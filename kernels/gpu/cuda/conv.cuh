// Convolutions as products of matrices whose left factor is read from images (implicit GEMM, NHWC).
#ifndef GMEL_CONV_CUH
#define GMEL_CONV_CUH

#include "products.cuh"

// axis is one direction of a convolution; out is computed by kernels.ConvOut.
struct axis {
	int64_t in, out, taps, stride, pad;
};

BOTH axis axis_of(int64_t in, int64_t taps, int64_t stride, int64_t pad, int64_t end) {
	int64_t length = in + 2 * pad + end;
	return {in, length < taps ? 0 : (length - taps) / stride + 1, taps, stride, pad};
}
BOTH axis axis_y(const desc &d) { return axis_of(d.dim[CONV_Y], d.dim[CONV_KY], d.dim[CONV_STRIDE_Y], d.dim[CONV_PAD_Y], d.dim[CONV_END]); }
BOTH axis axis_x(const desc &d) { return axis_of(d.dim[CONV_X], d.dim[CONV_KX], d.dim[CONV_STRIDE_X], d.dim[CONV_PAD_X], d.dim[CONV_END]); }
BOTH int64_t pixels_of(const desc &d) { return d.dim[CONV_B] * axis_y(d).out * axis_x(d).out; }

// four_taps reads four terms, of which n exist; the first one is t. at returns the address of a term, or NULL for the zeros
// around an image. With vector, all four exist and are contiguous.
template <class At> DEVICE float4 four_taps(const window &w, tap t, int n, bool vector, At at) {
	if (vector) {
		const float *p = at(t);
		return p ? *(const float4 *)p : make_float4(0, 0, 0, 0);
	}
	float x[4];
	UNROLL for (int i = 0; i < 4; i++) {
		const float *p = i < n ? at(t) : NULL;
		x[i] = p ? *p : 0;
		t = w.after(t);
	}
	return make_float4(x[0], x[1], x[2], x[3]);
}

// windows is an operand: row (image, a, b) is the window of an image [height,width,channels] whose first tap is
// at (first_y + a step_y, first_x + b step_x); terms are (tap row, tap column, channel).
struct windows {
	const float *p;
	int64_t rows;
	pixel_grid grid;
	window w;
	int first_y, first_x, step_y, step_x, height, width;
	bool vector;

	struct line {
		const float *image; // NULL outside
		int y, x;
		uint32_t from;
	};
	DEVICE bool along() const { return true; }
	DEVICE line at(int64_t row, int64_t from) const {
		if (row >= rows) return {NULL, 0, 0, (uint32_t)from};
		pixel at = grid.at(row);
		return {p + at.image * height * width * w.channels.d, first_y + at.y * step_y, first_x + at.x * step_x, (uint32_t)from};
	}
	DEVICE float4 four(const line &l, int k, int n) const {
		tap first = w.at(l.from + k); // the same for all lines of a thread, hence before the branch
		if (!l.image || k >= n) return make_float4(0, 0, 0, 0);
		return four_taps(w, first, n - k, vector, [&](const tap &t) -> const float * {
			int y = l.y + t.y, x = l.x + t.x;
			return y >= 0 && y < height && x >= 0 && x < width ? l.image + (int64_t)(y * width + x) * w.channels.d + t.c : NULL;
		});
	}
};

// taps_of_pixels is an operand: row (ky, kx, c) has the values of x that this tap reads for the pixels of y. The
// pixels are the terms.
struct taps_of_pixels {
	const float *p;
	int64_t rows;
	pixel_grid grid;
	window w;
	int stride_y, stride_x, pad_y, pad_x, height, width;
	bool vector;

	struct line {
		pixel first; // of the terms
		tap t;       // of the row
		int there;   // rows from here on, at most 4
	};
	DEVICE bool along() const { return false; }
	DEVICE line at(int64_t row, int64_t from) const { return {grid.at(from), w.at((uint32_t)row), (int)smaller(rows - row, 4)}; }
	DEVICE float4 four(const line &l, int k, int n) const {
		pixel at = grid.after(l.first, k);
		if (k >= n || l.there <= 0) return make_float4(0, 0, 0, 0);
		const float *image = p + at.image * height * width * w.channels.d;
		int down = at.y * stride_y - pad_y, across = at.x * stride_x - pad_x;
		return four_taps(w, l.t, l.there, vector, [&](const tap &t) -> const float * {
			int y = down + t.y, x = across + t.x;
			return y >= 0 && y < height && x >= 0 && x < width ? image + (int64_t)(y * width + x) * w.channels.d + t.c : NULL;
		});
	}
};

#endif
