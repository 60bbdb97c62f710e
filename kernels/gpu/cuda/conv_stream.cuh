// Convolutions in bf16 through the pipeline of pipeline.cuh. A first phase rounds the factors once, to chunks of eight channels in
// scratch memory. Sums are in fp32; blocks of terms are those of fp32, added in order.
#ifndef GMEL_CONV_STREAM_CUH
#define GMEL_CONV_STREAM_CUH

#include "conv_feeds.cuh"
#include "convs.cuh"

enum { MOST = 1 << 29 }; // chunks, and rows of a result, that 32 bits can count

// rounded_pixels are [pixels, channels] in chunks, filled up with zeros.
struct rounded_pixels {
	int64_t channels, each, count; // chunks of a pixel, and of all

	BOTH rounded_pixels(int64_t pixels, int64_t channels) : channels(channels), each(ceil_div(channels, pipe::CHUNK_TERMS)), count(pixels * each) {}
	DEVICE uint4 chunk(const float *p, int64_t i) const {
		bool vector = channels % 4 == 0 && aligned_for_float4(p);
		if (channels % pipe::CHUNK_TERMS == 0) return of(p + i * pipe::CHUNK_TERMS, pipe::CHUNK_TERMS, vector);
		int64_t pixel = i / each, from = (i - pixel * each) * pipe::CHUNK_TERMS;
		return of(p + pixel * channels + from, (int)smaller(channels - from, pipe::CHUNK_TERMS), vector);
	}
	// of rounds eight neighbours, of which n exist.
	static DEVICE uint4 of(const float *p, int n, bool vector) {
		float x[pipe::CHUNK_TERMS];
		spread(four_of(p, n, vector), x), spread(four_of(p + 4, n - 4, vector), x + 4);
		return rounded(x);
	}
	static DEVICE uint4 rounded(const float (&x)[pipe::CHUNK_TERMS]) {
		return make_uint4(bf16::word(x), bf16::word(x + 2), bf16::word(x + 4), bf16::word(x + 6));
	}
};

// streamed is how a convolution goes through the pipeline: its factors, count chunks of them, and
//
//	static bool possible(const desc &d);                // blocks of terms consist of chunks
//	DEVICE uint4 chunk(const view &v, int64_t i) const; // chunk i, rounded
//	multiply<ROWS, COLUMNS, Pipeline>(total, p, chunks, at, blocks) // adds blocks of terms of a tile
//
// This is that of conv and conv_grad_x: images, then for each group its window [taps channels, columns].
template <class P> struct streamed {
	static const bool along = true; // terms are neighbours in the left factor
	rounded_pixels images;
	int64_t columns, terms, count; // chunks of a term; terms of a group

	static BOTH int64_t channels(const desc &d) { return P::channels(d); }
	BOTH streamed(const desc &d)
		: images(P::pixels(d), channels(d)), columns(ceil_div(P::width(d), pipe::CHUNK_TERMS)), terms(P::most_taps(d) * images.each * pipe::CHUNK_TERMS),
		  count(images.count + P::groups(d) * terms * columns) {}
	static bool possible(const desc &d) {
		return (channels(d) % pipe::CHUNK_TERMS == 0 || P::blocks(d) == 1) && d.dim[CONV_KY] <= MOST_TAPS && d.dim[CONV_KX] <= MOST_TAPS &&
		       P::most_rows(d) < MOST && streamed(d).count < MOST;
	}
	DEVICE uint4 chunk(const view &v, int64_t i) const {
		return i < images.count ? images.chunk(v.arg(0), i) : window(v, i - images.count);
	}
	DEVICE uint4 window(const view &v, int64_t i) const {
		int64_t line = i / columns, term = line % terms, padded = images.each * pipe::CHUNK_TERMS, tap = term / padded, channel = term - tap * padded;
		P p(v, line / terms);
		float x[pipe::CHUNK_TERMS];
		UNROLL for (int j = 0; j < pipe::CHUNK_TERMS; j++) {
			int64_t column = (i - line * columns) * pipe::CHUNK_TERMS + j;
			x[j] = column < p.columns && channel < images.channels && tap < p.taps() ? p.weight(tap, channel, column) : 0;
		}
		return rounded_pixels::rounded(x);
	}
	template <int ROWS, int COLUMNS, class Pipeline>
	DEVICE void multiply(typename Pipeline::of_warp &total, const P &p, const uint4 *chunks, const place &at, const span &blocks) const {
		int64_t from = blocks.from * BLOCK_K, to = blocks.to == p.chains() ? p.taps() * images.each * pipe::CHUNK_TERMS : blocks.to * BLOCK_K;
		window_feed<ROWS, Pipeline::threads> a(chunks, p.a(), images.each, at.row, from);
		lines_feed<COLUMNS, Pipeline::threads> b(chunks + images.count + at.group * terms * columns, columns, at.column, from);
		Pipeline::multiply(total, a, b, (int)(to - from), p.chains() == 1 ? 1 << 30 : (int)BLOCK_K);
	}
};

// That of conv_grad_w: x, then dy. Rows (tap, channel) consist of chunks, and a block of terms of whole panels.
template <> struct streamed<conv_grad_w> {
	static const bool along = false;
	rounded_pixels x, dy;
	int64_t count;

	BOTH streamed(const desc &d)
		: x(d.dim[CONV_B] * d.dim[CONV_Y] * d.dim[CONV_X], d.dim[CONV_C]), dy(pixels_of(d), d.dim[CONV_F]), count(x.count + dy.count) {}
	static BOTH int64_t terms_of_block(const desc &d) { return conv_grad_w::rows_of_block(d) * axis_x(d).out; }
	static bool possible(const desc &d) {
		return d.dim[CONV_C] % pipe::CHUNK_TERMS == 0 && conv_grad_w::pieces(d) == 1 && terms_of_block(d) % pipe::DEPTH == 0 &&
		       conv_grad_w::most_rows(d) < MOST && streamed(d).count < MOST;
	}
	DEVICE uint4 chunk(const view &v, int64_t i) const { return i < x.count ? x.chunk(v.arg(0), i) : dy.chunk(v.arg(1), i - x.count); }
	template <int ROWS, int COLUMNS, class Pipeline>
	DEVICE void multiply(typename Pipeline::of_warp &total, const conv_grad_w &p, const uint4 *chunks, const place &at, const span &blocks) const {
		int64_t from = p.block(blocks.from).from, to = p.block(blocks.to - 1).to;
		taps_feed<ROWS, Pipeline::threads> a(chunks, p.a(), at.row, from);
		lines_feed<COLUMNS, Pipeline::threads> b(chunks + x.count, dy.each, at.column, from);
		Pipeline::multiply(total, a, b, (int)(to - from), (int)larger(pipe::DEPTH, terms_of_block(*p.v.d)));
	}
};

// streaming is a tile with the interface of tensor_tile. Its product reads chunks, which are in scratch memory before the sums of
// blocks.
template <int ROWS, int COLUMNS, int DOWN, int ACROSS> struct streaming : tensor_tile<bf16, ROWS, COLUMNS, DOWN, ACROSS> {
	static const int resident = 512 / tensor_tile<bf16, ROWS, COLUMNS, DOWN, ACROSS>::threads;
};

template <int ROWS, int COLUMNS, int DOWN, int ACROSS> struct product<streaming<ROWS, COLUMNS, DOWN, ACROSS>> {
	typedef streaming<ROWS, COLUMNS, DOWN, ACROSS> Tile;
	float sum[Tile::my_rows][Tile::my_columns];

	template <class P> DEVICE void blocks(const P &p, const place &at, int64_t first, int64_t end) {
		typedef pipe::tile<ROWS, COLUMNS, DOWN, ACROSS, streamed<P>::along, false> pipeline;
		typename pipeline::of_warp total;
		total.set(0);
		streamed<P> s(*p.v.d);
		s.template multiply<ROWS, COLUMNS, pipeline>(total, p, (const uint4 *)p.v.shared - s.count, at, {first, end});
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) sum[i][j] = total.x[i][j / 4][j % 4];
	}
	DEVICE void trade() { trade_halves(sum); }
};

// streamed_product is a tensor_product after a phase that rounds its factors.
template <class P, class Tile> struct streamed_product {
	typedef tensor_product<P, Tile> multiply;
	enum { EACH = 4 }; // chunks that a thread rounds
	static const int phases = 1 + multiply::phases, threads = Tile::threads, resident = Tile::resident;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) {
		return phase > 0 ? multiply::tasks(d, phase - 1) : ceil_div(streamed<P>(d).count, EACH * threads);
	}
	static int64_t shared(const desc &d) { return multiply::shared(d) + 4 * streamed<P>(d).count; }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		streamed<P> s(*v.d);
		if (phase > 0) {
			view sums = v;
			sums.shared += 4 * s.count;
			return multiply::run(sums, phase - 1, task);
		}
		uint4 *to = (uint4 *)v.shared;
		int64_t i = task * EACH * threads + threadIdx.x;
		ROLLED for (int e = 0; e < EACH && i < s.count; e++, i += threads) to[i] = s.chunk(v, i);
	}
};

// in_stream makes the kernels of convolutions in bf16.
struct in_stream {
	template <class P> static const kernel *of(launch &l, int64_t terms) {
		if (!streamed<P>::possible(l.d)) return in_tensor<bf16, 64>::of<P>(l, terms);
		switch (choose_conv_tile(l, amount_of<P>(l.d, terms)).tile) {
		case 0: return kernel_of<streamed_product<P, streaming<128, 64, 4, 2>>>();
		case 1: return kernel_of<streamed_product<P, streaming<64, 32, 2, 1>>>();
		}
		return kernel_of<streamed_product<P, streaming<128, 16, 4, 1>>>();
	}
};

#endif
