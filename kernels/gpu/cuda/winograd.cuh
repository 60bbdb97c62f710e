// Winograd's form F(2x2, 3x3) of the convolutions: a transform, 16 products as in products.cuh, and a transform of their sums.
#ifndef GMEL_WINOGRAD_CUH
#define GMEL_WINOGRAD_CUH

#include "convs.cuh"

enum { WINO_TAPS = 3, WINO_IN = 4, WINO_OUT = 2, WINO_SUMS = WINO_IN * WINO_IN };

// The transforms along one direction: in numbers to out numbers. The letters are those of kernels.OpConv.
struct wino_v {
	static const int in = WINO_IN, out = WINO_IN;
	static DEVICE void along(const float *d, float *v) { v[0] = d[0] - d[2], v[1] = d[1] + d[2], v[2] = d[2] - d[1], v[3] = d[3] - d[1]; }
};
struct wino_u {
	static const int in = WINO_TAPS, out = WINO_IN;
	static DEVICE void along(const float *g, float *u) {
		float s = g[0] + g[2];
		u[0] = g[0], u[1] = (s + g[1]) * .5f, u[2] = (s - g[1]) * .5f, u[3] = g[2];
	}
};
struct wino_y {
	static const int in = WINO_IN, out = WINO_OUT;
	static DEVICE void along(const float *m, float *y) { y[0] = m[0] + m[1] + m[2], y[1] = m[1] - m[2] + m[3]; }
};
struct wino_z {
	static const int in = WINO_OUT, out = WINO_IN;
	static DEVICE void along(const float *y, float *z) { z[0] = y[0], z[1] = y[0] + y[1], z[2] = y[0] - y[1], z[3] = y[1]; }
};
struct wino_w {
	static const int in = WINO_IN, out = WINO_TAPS;
	static DEVICE void along(const float *u, float *w) {
		float half = (u[1] + u[2]) * .5f;
		w[0] = u[0] + half, w[1] = (u[1] - u[2]) * .5f, w[2] = half + u[3];
	}
};

// both_ways applies T along y, then along x: get(y, x) is an input, and put(i, t) takes output i, row by row.
template <class T, class Get, class Put> DEVICE void both_ways(Get get, Put put) {
	float down[T::in][T::out];
	UNROLL for (int x = 0; x < T::in; x++) {
		float column[T::in];
		UNROLL for (int y = 0; y < T::in; y++) column[y] = get(y, x);
		T::along(column, down[x]);
	}
	UNROLL for (int y = 0; y < T::out; y++) {
		float row[T::in], out[T::out];
		UNROLL for (int x = 0; x < T::in; x++) row[x] = down[x][y];
		T::along(row, out);
		UNROLL for (int x = 0; x < T::out; x++) put(y * T::out + x, out[x]);
	}
}

// tiling is images [height,width,c] under tiles of a result [down,across]. The first tile reads from (first_y, first_x) on.
struct tiling {
	int64_t images, height, width, c, first_y, first_x, down, across;

	BOTH int64_t rows() const { return ceil_div(down, WINO_OUT); }
	BOTH int64_t columns() const { return ceil_div(across, WINO_OUT); }
	BOTH int64_t tiles() const { return images * rows() * columns(); }

	// corner is the pixel that a tile reads from, of an image.
	struct corner {
		const float *image;
		int64_t y, x;
	};
	DEVICE corner of_tile(const float *x, int64_t t) const {
		int64_t line = t / columns();
		return {x + line / rows() * height * width * c, line % rows() * WINO_OUT + first_y, t % columns() * WINO_OUT + first_x};
	}
	// transform writes the sums of channel k of a tile to out, plane floats apart.
	template <class T> DEVICE void transform(const corner &at, int64_t k, float *out, int64_t plane) const {
		both_ways<T>(
			[&](int i, int j) {
				int64_t down = at.y + i, across = at.x + j;
				return down >= 0 && down < height && across >= 0 && across < width ? at.image[(down * width + across) * c + k] : 0;
			},
			[&](int i, float v) { out[i * plane] = v; });
	}
	// The same of tile t; x is the images.
	template <class T> DEVICE void transform(const float *x, int64_t t, int64_t k, float *out, int64_t plane) const { transform<T>(of_tile(x, t), k, out, plane); }
};

// The pixels of x under those of y, those of y themselves, and those of dy under those of dx.
BOTH tiling under_y(const desc &d) {
	axis y = axis_y(d), x = axis_x(d);
	return {d.dim[CONV_B], y.in, x.in, d.dim[CONV_C], -y.pad, -x.pad, y.out, x.out};
}
BOTH tiling of_y(const desc &d) {
	axis y = axis_y(d), x = axis_x(d);
	return {d.dim[CONV_B], y.out, x.out, d.dim[CONV_F], 0, 0, y.out, x.out};
}
BOTH tiling under_x(const desc &d) {
	axis y = axis_y(d), x = axis_x(d);
	return {d.dim[CONV_B], y.out, x.out, d.dim[CONV_F], y.pad - WINO_TAPS + 1, x.pad - WINO_TAPS + 1, y.in, x.in};
}

// winograd_sums is y, or dx, as a problem of products.cuh: M[sums,tiles,n] = V[sums,tiles,c] U[sums,c,n]. Its scratch memory
// is before that of the product. Direct is the direct form, whose epilogue it has.
template <class Direct, bool BACKWARD> struct winograd_sums {
	static BOTH tiling tiling_of(const desc &d) { return BACKWARD ? under_x(d) : under_y(d); }
	static BOTH int64_t groups(const desc &) { return WINO_SUMS; }
	static BOTH int64_t most_rows(const desc &d) { return tiling_of(d).tiles(); }
	static BOTH int64_t width(const desc &d) { return Direct::width(d); }
	static BOTH int64_t terms(const desc &d) { return tiling_of(d).c; }
	static BOTH int64_t blocks(const desc &d) { return larger(1, ceil_div(terms(d), BLOCK_K)); }
	static BOTH int64_t scratch(const desc &d) { return WINO_SUMS * (most_rows(d) * terms(d) + terms(d) * width(d) + most_rows(d) * width(d)); }
	static BOTH int64_t before(const desc &d) { return most_rows(d) * terms(d) + terms(d) * width(d); }
	static BOTH int64_t after(const desc &d) { return most_rows(d) * width(d); }

	const view &v;
	int64_t group, rows, columns, c;
	float *pixels, *taps, *sums; // V, U and M

	DEVICE winograd_sums(const view &v, int64_t group)
		: v(v), group(group), rows(most_rows(*v.d)), columns(width(*v.d)), c(terms(*v.d)), pixels(v.shared - scratch(*v.d)),
		  taps(pixels + WINO_SUMS * rows * c), sums(taps + WINO_SUMS * c * columns) {}
	DEVICE int64_t chains() const { return blocks(*v.d); }
	DEVICE span block(int64_t b) const { return {b * BLOCK_K, smaller((b + 1) * BLOCK_K, c)}; }
	DEVICE matrix a() const { return matrix_of(pixels + group * rows * c, c, rows, true); }
	DEVICE matrix b() const { return matrix_of(taps + group * c * columns, columns, columns, false); }
	DEVICE epilogue end() const { return raw(sums + group * rows * columns, rows, columns); }

	// prepare transforms channel i % c of tile i / c, or after all of these a pair of channels of the taps.
	DEVICE void prepare(int64_t i) const {
		if (i < rows * c) tiling_of(*v.d).template transform<wino_v>(v.arg(0), i / c, i % c, pixels + i, rows * c);
		else prepare_taps(i - rows * c);
	}
	DEVICE void prepare_taps(int64_t i) const {
		float w[WINO_TAPS * WINO_TAPS];
		read_taps(i / columns, i % columns, w);
		transform_taps(w, taps + i, c * columns);
	}
	// read_taps reads the taps from one channel to another, by rows.
	DEVICE void read_taps(int64_t from, int64_t to, float *w) const {
		const float *first = v.arg(1) + (BACKWARD ? to * c + from : from * columns + to);
		UNROLL for (int q = 0; q < WINO_TAPS * WINO_TAPS; q++) w[q] = first[(BACKWARD ? 8 - q : q) * c * columns];
	}
	// transform_taps writes their sums to out, plane floats apart.
	static DEVICE void transform_taps(const float *w, float *out, int64_t plane) {
		both_ways<wino_u>([&](int y, int x) { return w[y * WINO_TAPS + x]; }, [&](int s, float u) { out[s * plane] = u; });
	}
	// finish writes channel i % n of the pixels of tile i / n.
	DEVICE void finish(int64_t i) const {
		const float *m = sums + i;
		int64_t plane = rows * columns;
		finish(i / columns, i % columns, [=](int s) { return m[s * plane]; });
	}
	// finish writes channel j of the pixels of tile t from sum(0) to sum(15).
	template <class Sum> DEVICE void finish(int64_t t, int64_t j, Sum sum) const {
		tiling g = tiling_of(*v.d);
		int64_t line = t / g.columns();
		int64_t image = line / g.rows(), y0 = line % g.rows() * WINO_OUT, x0 = t % g.columns() * WINO_OUT;
		epilogue e = Direct(v, 0).end();
		both_ways<wino_y>([&](int y, int x) { return sum(y * WINO_IN + x); },
		                  [&](int q, float value) {
			                  int64_t y = y0 + q / WINO_OUT, x = x0 + q % WINO_OUT;
			                  if (y < g.down && x < g.across) e.put(((image * g.down + y) * g.across + x) * columns, j, value);
		                  });
	}
};

// winograd_grad_w is dw likewise: sums[sums,c,f] = V[sums,tiles,c] Z[sums,tiles,f], added over the tiles.
struct winograd_grad_w {
	static BOTH int64_t groups(const desc &) { return WINO_SUMS; }
	static BOTH int64_t most_rows(const desc &d) { return d.dim[CONV_C]; }
	static BOTH int64_t width(const desc &d) { return d.dim[CONV_F]; }
	static BOTH int64_t terms(const desc &d) { return of_y(d).tiles(); }
	static BOTH int64_t blocks(const desc &d) { return larger(1, ceil_div(terms(d), WINOGRAD_BLOCK)); }
	static BOTH int64_t scratch(const desc &d) { return WINO_SUMS * (terms(d) * (most_rows(d) + width(d)) + after(d)); }
	static BOTH int64_t before(const desc &d) { return terms(d) * (most_rows(d) + width(d)); }
	static BOTH int64_t after(const desc &d) { return most_rows(d) * width(d); }

	const view &v;
	int64_t group, rows, columns, tiles;
	float *x, *dy, *sums;

	DEVICE winograd_grad_w(const view &v, int64_t group)
		: v(v), group(group), rows(most_rows(*v.d)), columns(width(*v.d)), tiles(terms(*v.d)), x(v.shared - scratch(*v.d)),
		  dy(x + WINO_SUMS * tiles * rows), sums(dy + WINO_SUMS * tiles * columns) {}
	DEVICE int64_t chains() const { return blocks(*v.d); }
	DEVICE span block(int64_t b) const { return {b * WINOGRAD_BLOCK, smaller((b + 1) * WINOGRAD_BLOCK, tiles)}; }
	DEVICE matrix a() const { return matrix_of(x + group * tiles * rows, rows, rows, false); }
	DEVICE matrix b() const { return matrix_of(dy + group * tiles * columns, columns, columns, false); }
	DEVICE epilogue end() const { return raw(sums + group * rows * columns, rows, columns); }

	DEVICE void prepare(int64_t i) const {
		int64_t n = tiles * rows, j = i - n;
		if (i < n) under_y(*v.d).transform<wino_v>(v.arg(0), i / rows, i % rows, x + i, n);
		else of_y(*v.d).transform<wino_z>(v.arg(1), j / columns, j % columns, dy + j, tiles * columns);
	}
	DEVICE void finish(int64_t i) const {
		const float *u = sums + i;
		float *dw = v.arg(2) + i;
		int64_t plane = rows * columns;
		both_ways<wino_w>([&](int y, int x) { return u[(y * WINO_IN + x) * plane]; }, [&](int k, float t) { v.put(dw + k * plane, t); });
	}
};

// transformed runs prepare, the product, and finish.
template <class P, class Product> struct transformed {
	static const int phases = Product::phases + 2, threads = Product::threads, resident = Product::resident;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) {
		if (phase == 0) return ceil_div(P::before(d), threads);
		return phase == phases - 1 ? ceil_div(P::after(d), threads) : Product::tasks(d, phase - 1);
	}
	static int64_t shared(const desc &d) { return P::scratch(d) + Product::shared(d); }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		view inner = v;
		inner.shared += P::scratch(*v.d);
		int64_t i = task * threads + threadIdx.x;
		if (phase == 0) {
			if (i < P::before(*v.d)) P(inner, 0).prepare(i);
		} else if (phase == phases - 1) {
			if (i < P::after(*v.d)) P(inner, 0).finish(i);
		} else {
			Product::run(inner, phase - 1, task);
		}
	}
};

// at_once is winograd_sums in one launch, for small images: a block of threads transforms the pixels of a few tiles and the taps to a few
// channels, has all their sums in registers, and transforms these. Blocks repeat each other's transforms. The sums of up to BLOCK_K
// terms are chains from zero, as in the product, so the bits are the same.
template <class P> struct at_once {
	enum { TILES = 4, CHANNELS = 16, DEPTH = 16, EACH = DEPTH / TILES };
	struct __align__(16) place {
		float x[WINO_SUMS + 4]; // with space between, so that stores have few bank conflicts
	};
	static const int phases = 1, threads = TILES * CHANNELS, resident = 4;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(P::most_rows(d), TILES) * ceil_div(P::width(d), CHANNELS); }
	static int64_t shared(const desc &) { return 0; }

	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ place pixels[TILES][DEPTH];
		__shared__ float taps[WINO_SUMS][DEPTH][CHANNELS];
		P p(v, 0);
		tiling g = P::tiling_of(*v.d);
		int64_t across = ceil_div(p.columns, CHANNELS), tile = task / across * TILES, to = task % across * CHANNELS;
		int mine = threadIdx.x / CHANNELS, j = threadIdx.x % CHANNELS; // the tile, and the channel, read and written
		static_assert(DEPTH == CHANNELS, "a thread transforms the pixels of its tile");
		tiling::corner at = g.of_tile(v.arg(0), smaller(tile + mine, p.rows - 1));
		float sum[WINO_SUMS];
		UNROLL for (int s = 0; s < WINO_SUMS; s++) sum[s] = 0;
		ROLLED for (int64_t from = 0; from < p.c; from += DEPTH) {
			int depth = (int)smaller(DEPTH, p.c - from);
			float w[EACH][WINO_TAPS * WINO_TAPS]; // all loads are under way before the first number is used
			UNROLL for (int i = 0; i < EACH; i++) // those of the last channel again in place of what follows it
				p.read_taps(from + smaller(mine + i * TILES, depth - 1), smaller(to + j, p.columns - 1), w[i]);
			if (tile + mine < p.rows && j < depth) g.template transform<wino_v>(at, from + j, pixels[mine][j].x, 1);
			UNROLL for (int i = 0; i < EACH; i++) p.transform_taps(w[i], &taps[0][mine + i * TILES][j], DEPTH * CHANNELS);
			__syncthreads();
			ROLLED for (int k = 0; k < depth; k++) {
				float x[WINO_SUMS];
				UNROLL for (int s = 0; s < WINO_SUMS; s += 4) spread(*(const float4 *)&pixels[mine][k].x[s], x + s);
				UNROLL for (int s = 0; s < WINO_SUMS; s++) sum[s] = fmaf(x[s], taps[s][k][j], sum[s]);
			}
			__syncthreads();
		}
		if (tile + mine < p.rows && to + j < p.columns) p.finish(tile + mine, to + j, [&](int s) { return sum[s]; });
	}
};

// winograd_kernel selects the tile of the product by its columns.
template <class P, class Tile> const kernel *winograd_kernel(bool split) {
	if (split) return kernel_of<transformed<P, split_product<P, Tile>>>();
	return kernel_of<transformed<P, whole_product<P, Tile, true>>>();
}
template <class P> const kernel *winograd_kernel(launch &l) {
	bool split = choose_tile(l, amount_of<P>(l.d, P::terms(l.d))).split;
	return P::width(l.d) > 16 ? winograd_kernel<P, tile<64, 64, 16, 8, 4>>(split) : winograd_kernel<P, tile<128, 16, 16, 4, 4>>(split);
}
template <class P> const kernel *winograd_sums_kernel(launch &l) {
	if (choose_at_once(l, amount_of<P>(l.d, P::terms(l.d)), at_once<P>::tasks(l.d, 0))) return kernel_of<at_once<P>>();
	return winograd_kernel<P>(l);
}

inline const kernel *winograd_kernel_of(launch &l) {
	switch (l.d.op) {
	case OP_CONV: return winograd_sums_kernel<winograd_sums<conv, false>>(l);
	case OP_CONV_GRAD_X: return winograd_sums_kernel<winograd_sums<conv_grad_x, true>>(l);
	case OP_CONV_GRAD_W: return winograd_kernel<winograd_grad_w>(l);
	}
	return NULL;
}

#endif
