// Means and sums of squared deviations that a convolution adds up of its results, for the group normalisation after it
// (kernels/moments). They are [strips of rows, strips of columns, 2] in the memory of copies.
#ifndef GMEL_MOMENTS_CUH
#define GMEL_MOMENTS_CUH

#include "convs.cuh"

enum { STRIP_NUMBERS = GMEL_STRIP_ROWS * GMEL_STRIP_CHANNELS };

// has_moments says of which problems a norm may read the results.
template <class P> constexpr bool has_moments = std::is_same<P, conv>::value;

// over_lanes adds what the lanes of a warp have whose number differs in the bits of mask.
template <int mask> DEVICE float over_lanes(float x) {
	UNROLL for (int by = 16; by > 0; by /= 2)
		if (mask & by) x += __shfl_xor_sync(0xffffffffu, x, by);
	return x;
}

// strip_moments writes those of the results p at (row0, column0), of which [rows, columns] exist. Deviations are from the mean of the
// strip, so a large mean costs no digits. The order of sums depends on the strip only. All lanes of a warp call it.
template <class Tile> DEVICE void strip_moments(float2 *to, const product<Tile> &p, int64_t row0, int64_t column0, int64_t rows, int64_t columns) {
	static_assert(Tile::my_rows * 16 == GMEL_STRIP_ROWS, "a warp has the rows of a strip");
	int64_t row = row0 + Tile::warp_row();
	bool leads = row < rows && (Tile::lane() & ~2) == 0; // a lane for each of the two strips of eight columns
	UNROLL for (int j = 0; j < Tile::my_columns; j += 4) {
		float sum = 0, square = 0;
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int c = 0; c < 4; c++) sum += p.sum[i][j + c];
		float mean = over_lanes<~2>(sum) / STRIP_NUMBERS;
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int c = 0; c < 4; c++) {
				float d = p.sum[i][j + c] - mean;
				square = fmaf(d, d, square);
			}
		square = over_lanes<~2>(square);
		int64_t column = column0 + Tile::column(j);
		if (leads && column < columns)
			to[row / GMEL_STRIP_ROWS * (columns / GMEL_STRIP_CHANNELS) + column / GMEL_STRIP_CHANNELS] = make_float2(mean, square);
	}
}

// write_moments writes those of a tile of results of a problem, if a norm reads them.
template <class P, class Tile> DEVICE void write_moments(const P &p, const product<Tile> &results, int64_t row0, int64_t column0) {
	if constexpr (has_moments<P>) {
		float2 *to = (float2 *)p.v.copy(GMEL_MOMENTS);
		if (to) strip_moments(to, results, row0, column0, p.rows, p.columns);
	}
}

#endif
