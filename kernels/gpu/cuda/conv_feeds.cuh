// The feeds of convolutions for pipeline.cuh: chunks of eight channels in bf16, from scratch memory to shared memory by cp.async.
// A thread computes once for a tile where its rows begin. Then it goes on by additions.
#ifndef GMEL_CONV_FEEDS_CUH
#define GMEL_CONV_FEEDS_CUH

#include "conv.cuh"
#include "pipelined.cuh"

// place_of_thread is where a thread has its first chunk of a panel. Its chunk e is e * WORKERS chunks further: chunks::place repeats
// after eight lines.
template <class Chunks, int WORKERS> DEVICE int place_of_thread() {
	static_assert(WORKERS % Chunks::across == 0 && (WORKERS / Chunks::across % 8 == 0 || Chunks::count <= WORKERS), "a thread has one chunk of several lines");
	return Chunks::place(threadIdx.x / Chunks::across, threadIdx.x % Chunks::across);
}

// MOST_TAPS is the most rows of a window and the most columns, so that 32 bits have one for each.
enum { MOST_TAPS = 16 };

// taps_inside has a bit for each tap of a line from `at` on, `at` + 1, ... that is in [0, size).
DEVICE uint32_t taps_inside(int at, int size) {
	int from = at < 0 ? -at : 0, to = size - at;
	from = from < MOST_TAPS ? from : (int)MOST_TAPS, to = to < 0 ? 0 : to < MOST_TAPS ? to : (int)MOST_TAPS;
	return (1u << to) - (1u << (from < to ? from : to));
}

// window_feed brings panels of SIZE rows of windows, whose terms are (tap row, tap column, channel).
template <int SIZE, int WORKERS> struct window_feed {
	typedef pipe::chunks<SIZE, true> chunks;
	static const int each = chunks::count / WORKERS;
	static_assert(chunks::count % WORKERS == 0, "the rows of a thread");
	const uint4 *images;
	int at[each];                // the chunk of the first tap of a row, possibly outside of the image
	uint32_t inside[each];       // a bit for each row of taps in the image, from bit MOST_TAPS on for each column; 0: there is no row
	int width, across, channels; // of the image; taps in a row of the window, chunks of a pixel
	int tap_y, tap_x, channel, to; // of the thread's chunk in the next panel

	// of_pixel is the chunks of a pixel, from the first term.
	DEVICE window_feed(const uint4 *images, const windows &w, int64_t of_pixel, int64_t first, int64_t from)
		: images(as_one(images)), width(w.width), across((int)w.w.across.d), channels((int)larger(1, of_pixel)), tap_y(0), tap_x(0),
		  channel((int)(from / pipe::CHUNK_TERMS) + chunk()), to(place_of_thread<chunks, WORKERS>()) {
		UNROLL for (int e = 0; e < each; e++) {
			uint32_t row = (uint32_t)first + (threadIdx.x + e * WORKERS) / chunks::across, down = row / w.grid.across.d, image = down / w.grid.down.d;
			int y = w.first_y + (int)(down - image * w.grid.down.d) * w.step_y, x = w.first_x + (int)(row - down * w.grid.across.d) * w.step_x;
			at[e] = (((int)image * w.height + y) * width + x) * channels;
			inside[e] = row < w.rows ? taps_inside(y, w.height) | taps_inside(x, width) << MOST_TAPS : 0;
		}
		settle();
	}
	static DEVICE int chunk() { return threadIdx.x % chunks::across; }
	// settle carries chunks beyond the last one of a pixel over to the next taps.
	DEVICE void settle() {
		while (channel >= channels) {
			channel -= channels;
			if (++tap_x == across) tap_x = 0, tap_y++;
		}
	}
	DEVICE void fetch(uint4 *panel, int k, int n) {
		bool term = k + chunk() * pipe::CHUNK_TERMS < n;
		uint32_t tap = 1u << tap_y | 1u << (MOST_TAPS + tap_x);
		int offset = (tap_y * width + tap_x) * channels + channel;
		UNROLL for (int e = 0; e < each; e++) {
			bool there = term && (tap & ~inside[e]) == 0;
			copy_chunk(panel + to + e * WORKERS, images + (at[e] + offset), there ? 16 : 0);
		}
		channel += chunks::across;
		settle();
	}
	DEVICE void store(uint4 *) const {}
};

// lines_feed brings panels of SIZE columns of a matrix [terms, columns].
template <int SIZE, int WORKERS> struct lines_feed {
	typedef pipe::chunks<SIZE, false> chunks;
	static const int each = (chunks::count + WORKERS - 1) / WORKERS, lines = WORKERS / chunks::across;
	const uint4 *p; // of the thread in the next panel
	int columns;    // chunks of a term
	int line, to;   // in the panel; the line is beyond all terms if there is no column

	DEVICE lines_feed(const uint4 *matrix, int64_t columns, int64_t first, int64_t from) : columns((int)columns), to(place_of_thread<chunks, WORKERS>()) {
		int64_t column = first / pipe::CHUNK_TERMS + threadIdx.x % chunks::across;
		line = column < columns ? threadIdx.x / chunks::across : 0x40000000;
		p = as_one(matrix + (from + threadIdx.x / chunks::across) * columns + column);
	}
	DEVICE void fetch(uint4 *panel, int k, int n) {
		UNROLL for (int e = 0; e < each; e++)
			if (chunks::count % WORKERS == 0 || (int)threadIdx.x + e * WORKERS < chunks::count)
				copy_chunk(panel + to + e * WORKERS, p + e * lines * columns, k + line + e * lines < n ? 16 : 0);
		p += pipe::DEPTH * columns;
	}
	DEVICE void store(uint4 *) const {}
};

// taps_feed brings panels of SIZE rows (tap row, tap column, channel), whose terms are the pixels of y.
template <int SIZE, int WORKERS> struct taps_feed {
	typedef pipe::chunks<SIZE, false> chunks;
	static const int each = chunks::count / WORKERS, lines = WORKERS / chunks::across;
	static_assert(chunks::count % WORKERS == 0, "the pixels of a thread");
	const uint4 *at;                                                   // the channels of the rows in the first pixel
	int image[each], y[each], x[each];                                 // pixels of y
	int tap_y, tap_x, to;                                              // the tap at pixel (0, 0), far outside if there is no row
	int height, width, down, across, step_y, step_x, channels, by, by_y; // of x; of y; chunks of a pixel; rows and columns to the next panel

	DEVICE taps_feed(const uint4 *images, const taps_of_pixels &a, int64_t first, int64_t from)
		: to(place_of_thread<chunks, WORKERS>()), height(a.height), width(a.width), down((int)a.grid.down.d), across((int)a.grid.across.d),
		  step_y(a.stride_y), step_x(a.stride_x), channels((int)a.w.channels.d / pipe::CHUNK_TERMS), by(pipe::DEPTH % across), by_y(pipe::DEPTH / across) {
		uint32_t row = (uint32_t)first + threadIdx.x % chunks::across * pipe::CHUNK_TERMS, tap = row / a.w.channels.d, line = tap / a.w.across.d;
		tap_y = row < a.rows ? (int)line - a.pad_y : -0x40000000, tap_x = (int)(tap - line * a.w.across.d) - a.pad_x;
		at = as_one(images + (row - tap * a.w.channels.d) / pipe::CHUNK_TERMS);
		UNROLL for (int e = 0; e < each; e++) {
			uint32_t pixel = (uint32_t)from + threadIdx.x / chunks::across + e * lines, of_y = pixel / across;
			image[e] = of_y / down, y[e] = of_y % down, x[e] = pixel % across;
		}
	}
	DEVICE void fetch(uint4 *panel, int k, int n) {
		UNROLL for (int e = 0; e < each; e++) {
			int of_y = y[e] * step_y + tap_y, of_x = x[e] * step_x + tap_x;
			bool there = k + (int)threadIdx.x / chunks::across + e * lines < n && (uint32_t)of_y < (uint32_t)height && (uint32_t)of_x < (uint32_t)width;
			copy_chunk(panel + to + e * WORKERS, at + (there ? ((image[e] * height + of_y) * width + of_x) * channels : 0), there ? 16 : 0);
			x[e] += by, y[e] += by_y;
			if (x[e] >= across) x[e] -= across, y[e]++;
			while (y[e] >= down) y[e] -= down, image[e]++;
		}
	}
	DEVICE void store(uint4 *) const {}
};

#endif
