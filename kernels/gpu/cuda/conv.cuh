// Convolutions as products of matrices whose left factor is read from images (implicit GEMM, NHWC).
#ifndef GMEL_CONV_CUH
#define GMEL_CONV_CUH

#include "products.cuh"

// axis is one direction of a convolution; kernels.ConvOut gives out.
struct axis {
	int64_t in, out, taps, stride, pad;
};

BOTH axis axis_of(int64_t in, int64_t taps, int64_t stride, int64_t pad) {
	return {in, in + 2 * pad < taps ? 0 : (in + 2 * pad - taps) / stride + 1, taps, stride, pad};
}
BOTH axis axis_y(const desc &d) { return axis_of(d.dim[CONV_Y], d.dim[CONV_KY], d.dim[CONV_STRIDE_Y], d.dim[CONV_PAD_Y]); }
BOTH axis axis_x(const desc &d) { return axis_of(d.dim[CONV_X], d.dim[CONV_KX], d.dim[CONV_STRIDE_X], d.dim[CONV_PAD_X]); }
BOTH int64_t pixels_of(const desc &d) { return d.dim[CONV_B] * axis_y(d).out * axis_x(d).out; }

// A pixel of a lattice of down x across points in each image.
struct pixel {
	int64_t image;
	int y, x;
};

DEVICE pixel pixel_of(int64_t row, int64_t down, int64_t across) {
	int64_t each = down * across, image = row / each;
	uint32_t rest = (uint32_t)(row - image * each);
	return {image, (int)(rest / (uint32_t)across), (int)(rest % (uint32_t)across)};
}

// windows is an operand: row (image, a, b) is what a kernel sees in an image [height,width,channels] with its
// first tap at (first_y + a step_y, first_x + b step_x); terms are (tap row, tap column, channel).
struct windows {
	const float *p;
	int64_t rows, down, across, first_y, first_x, step_y, step_x, height, width, channels;
	uint32_t taps; // in a row
	bool vector;

	struct line {
		const float *image; // NULL outside
		int y, x;
		uint32_t from;
	};
	DEVICE bool along() const { return true; }
	DEVICE line at(int64_t row, int64_t from) const {
		if (row >= rows) return {NULL, 0, 0, 0};
		pixel at = pixel_of(row, down, across);
		return {p + at.image * height * width * channels, (int)(first_y + at.y * step_y), (int)(first_x + at.x * step_x), (uint32_t)from};
	}
	// here is the element of a term; NULL for the zeros around an image.
	DEVICE const float *here(const line &l, uint32_t term) const {
		uint32_t tap = term / (uint32_t)channels, c = term - tap * (uint32_t)channels, down = tap / taps;
		int y = l.y + (int)down, x = l.x + (int)(tap - down * taps);
		return y >= 0 && y < height && x >= 0 && x < width ? l.image + (y * width + x) * channels + c : NULL;
	}
	DEVICE float one(const line &l, int k, int n) const {
		const float *q = l.image && k < n ? here(l, l.from + k) : NULL;
		return q ? *q : 0;
	}
	DEVICE float4 four(const line &l, int k, int n) const {
		if (!vector) return make_float4(one(l, k, n), one(l, k + 1, n), one(l, k + 2, n), one(l, k + 3, n));
		const float *q = l.image && k < n ? here(l, l.from + k) : NULL;
		return q ? *(const float4 *)q : make_float4(0, 0, 0, 0);
	}
};

#endif
