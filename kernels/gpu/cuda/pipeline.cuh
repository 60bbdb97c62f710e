// A pipeline of products on tensor cores in bf16: panels of the factors are in shared memory in STAGES stages, of which one
// is in use while the others arrive.
//
// Who brings the panels is up to the caller, who has a feed for each factor:
//
//	DEVICE void fetch(uint4 *panel, int k, int n); // begins to bring terms [k, k + DEPTH) of n to a panel: by copy_chunk, or to registers
//	DEVICE void store(uint4 *panel);               // ends it: what is in registers goes to the panel
//
// fetch gets k = 0, DEPTH, 2 DEPTH, ... in order. Where there is no row or term, a panel has zeros. A panel has its chunks where
// its `chunks` says; a factor whose neighbours in memory are neighbours along k has chunks along k, another one across.
#ifndef GMEL_PIPELINE_CUH
#define GMEL_PIPELINE_CUH

#include "mma.cuh"

namespace pipe {

enum { STAGES = 3, DEPTH = 32, CHUNK_TERMS = 8 }; // DEPTH: terms of a panel; a chunk of eight bf16 is 16 bytes

// chunks is a panel of DEPTH terms of SIZE rows. A line has neighbours in memory: the terms of a row (ALONG), or the rows of
// a term. The chunks of a line are permuted by its number, so that one chunk of eight neighbouring lines is in all banks:
// reads of fragments and writes of lines have no bank conflicts.
template <int SIZE, bool ALONG> struct chunks {
	static const int lines = ALONG ? SIZE : (int)DEPTH, across = (ALONG ? (int)DEPTH : SIZE) / CHUNK_TERMS, count = lines * across;

	static DEVICE int place(int line, int chunk) {
		const int turn = across < 8 ? across : 8;
		return line * across + (chunk ^ (line / (8 / turn) % turn));
	}
};

// fragments reads the words of four fragments of 8 x 8 terms for mma_tile: those of the rows [row, row + 16) and the terms
// [k, k + 16). In the order (row, k), (row + 8, k), (row, k + 8), (row + 8, k + 8) they are a left factor. In the order (row, k),
// (row, k + 8), (row + 8, k), (row + 8, k + 8) they are two right factors of eight columns, each in neighbouring registers.
template <int SIZE, bool ALONG, bool LEFT> DEVICE void fragments(uint32_t (&w)[4], const uint4 *panel, int row, int k) {
	int lane = threadIdx.x % 32, first = lane / 8 % 2, second = lane / 16;
	int lower = LEFT ? first : second, deeper = LEFT ? second : first; // half of the rows, of the terms
	if constexpr (ALONG) load_matrices<false>(w, panel, chunks<SIZE, ALONG>::place(row + lower * 8 + lane % 8, k / CHUNK_TERMS + deeper));
	else load_matrices<true>(w, panel, chunks<SIZE, ALONG>::place(k + deeper * 8 + lane % 8, row / CHUNK_TERMS + lower));
}

// stage is a panel of each factor.
template <int ROWS, int COLUMNS> struct stage {
	uint4 a[ROWS * DEPTH / CHUNK_TERMS], b[COLUMNS * DEPTH / CHUNK_TERMS];
};

// sums are those of a warp: TILES x 16 rows and COLUMNS x 8 columns, as mma_tile has them.
template <int TILES, int COLUMNS> struct sums {
	float x[TILES][COLUMNS][4];

	DEVICE void set(float to) {
		UNROLL for (int i = 0; i < TILES; i++)
			UNROLL for (int j = 0; j < COLUMNS; j++)
				UNROLL for (int r = 0; r < 4; r++) x[i][j][r] = to;
	}
	DEVICE void add(const sums &s) {
		UNROLL for (int i = 0; i < TILES; i++)
			UNROLL for (int j = 0; j < COLUMNS; j++)
				UNROLL for (int r = 0; r < 4; r++) x[i][j][r] += s.x[i][j][r];
	}
	// multiply adds the products of panels; row and column are those of the warp in the tile.
	template <int ROWS, int WIDTH, bool ALONG_A, bool ALONG_B> DEVICE void multiply(const stage<ROWS, WIDTH> &s, int row, int column) {
		static_assert(COLUMNS % 2 == 0, "fragments of right factors are read in pairs");
		UNROLL for (int k = 0; k < DEPTH; k += 16) {
			uint32_t a[TILES][4];
			UNROLL for (int i = 0; i < TILES; i++) fragments<ROWS, ALONG_A, true>(a[i], s.a, row + 16 * i, k);
			UNROLL for (int j = 0; j < COLUMNS; j += 2) {
				uint32_t b[4];
				fragments<WIDTH, ALONG_B, false>(b, s.b, column + 8 * j, k);
				uint32_t first[2] = {b[0], b[1]}, second[2] = {b[2], b[3]};
				UNROLL for (int i = 0; i < TILES; i++) mma_tile<bf16>(x[i][j], a[i], first), mma_tile<bf16>(x[i][j + 1], a[i], second);
			}
		}
	}
};

// tile is ROWS x COLUMNS of the result for DOWN x ACROSS warps.
template <int ROWS, int COLUMNS, int DOWN, int ACROSS, bool ALONG_A, bool ALONG_B> struct tile {
	static const int threads = 32 * DOWN * ACROSS;
	typedef sums<ROWS / DOWN / 16, COLUMNS / ACROSS / 8> of_warp;

	// multiply adds the sum over n terms to total, in blocks of `block` terms, a multiple of DEPTH: the sum of each block begins
	// at zero. All threads of a block call it. Shared memory may be reused after a barrier.
	template <class A, class B> static DEVICE void multiply(of_warp &total, A &a, B &b, int n, int block) {
		__shared__ stage<ROWS, COLUMNS> ring[STAGES];
		int row = threadIdx.x / 32 / ACROSS * (ROWS / DOWN), column = threadIdx.x / 32 % ACROSS * (COLUMNS / ACROSS);
		of_warp sum;
		sum.set(0);
		int use = 1, fill = 0; // stages of the panel in use, and of the next one to bring
		int left = block;      // terms of the block from the panel in use on
		// The first STAGES - 1 rounds only bring panels.
		ROLLED for (int k = (1 - STAGES) * DEPTH; k < n; k += DEPTH) {
			wait_copies<STAGES - 2>();
			__syncthreads(); // the panel is there, and the one before it no longer in use
			int next = k + (STAGES - 1) * DEPTH;
			if (next < n) a.fetch(ring[fill].a, next, n), b.fetch(ring[fill].b, next, n);
			close_copies();
			if (k >= 0) sum.template multiply<ROWS, COLUMNS, ALONG_A, ALONG_B>(ring[use], row, column);
			if (next < n) a.store(ring[fill].a), b.store(ring[fill].b);
			use = use + 1 == STAGES ? 0 : use + 1, fill = fill + 1 == STAGES ? 0 : fill + 1;
			if (k >= 0 && ((left -= DEPTH) == 0 || k + DEPTH >= n)) total.add(sum), sum.set(0), left = block;
		}
	}
};

} // namespace pipe

#endif
