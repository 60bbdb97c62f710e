// Indices of pixels and taps without divisions: all divisors are known before the loops begin.
#ifndef GMEL_IMPLICIT_GEMM_CUH
#define GMEL_IMPLICIT_GEMM_CUH

#include "device.cuh"

// divisor divides whole numbers below 2^31 by d: n / d = n m / 2^(31+l), where l = ceil(log2 d) and
// m = floor(2^(31+l) / d) + 1 (Granlund & Montgomery, Division by Invariant Integers, 1994).
struct divisor {
	uint32_t d, m;
	int shift; // l - 1

	DEVICE uint32_t of(uint32_t n) const { return d == 1 ? n : __umulhi(n, m) >> shift; }
};

// divisor_of makes a divisor below 2^31. It replaces 0 by 1: without pixels or terms nothing is divided.
DEVICE divisor divisor_of(int64_t by) {
	uint32_t d = by > 0 ? (uint32_t)by : 1;
	int l = d == 1 ? 0 : 32 - __clz((int)(d - 1));
	return {d, (uint32_t)(((uint64_t)1 << (31 + l)) / d + 1), l - 1};
}

struct pixel {
	int64_t image;
	int y, x;
};

// pixel_grid has `down` x `across` pixels in each image, numbered row by row.
struct pixel_grid {
	divisor down, across;

	DEVICE pixel at(int64_t i) const {
		int64_t each = (int64_t)down.d * across.d, image = i / each;
		uint32_t rest = (uint32_t)(i - image * each), y = across.of(rest);
		return {image, (int)y, (int)(rest - y * across.d)};
	}
	// after is the pixel n after p.
	DEVICE pixel after(const pixel &p, int n) const {
		uint32_t x = (uint32_t)(p.x + n), line = across.of(x), y = (uint32_t)p.y + line, images = down.of(y);
		return {p.image + images, (int)(y - images * down.d), (int)(x - line * across.d)};
	}
};

DEVICE pixel_grid grid_of(int64_t down, int64_t across) { return {divisor_of(down), divisor_of(across)}; }

// tap is a term of a window: (row, column, channel).
struct tap {
	int y, x, c;
};

// window has `across` taps in a row, each with `channels` channels. Its terms are numbered in the order (row, column, channel).
struct window {
	divisor across, channels;

	DEVICE tap at(uint32_t term) const {
		uint32_t i = channels.of(term), y = across.of(i);
		return {(int)y, (int)(i - y * across.d), (int)(term - i * channels.d)};
	}
	DEVICE tap after(tap t) const {
		if (++t.c < (int)channels.d) return t;
		t.c = 0;
		if (++t.x == (int)across.d) t.x = 0, t.y++;
		return t;
	}
};

DEVICE window window_of(int64_t across, int64_t channels) { return {divisor_of(across), divisor_of(channels)}; }

#endif
