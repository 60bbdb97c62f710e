// Products of matrices in memory through the pipeline of pipeline.cuh. A factor comes from its copy in bf16, or is rounded on its
// way to shared memory. Sums are in fp32; blocks of BLOCK_K terms are added in order.
#ifndef GMEL_PIPELINED_CUH
#define GMEL_PIPELINED_CUH

#include "gemm.cuh"
#include "pipeline.cuh"
#include "tensor.cuh"

// matrix_feed brings panels of SIZE rows of a matrix: of its copy in bf16 by cp.async, or else in fp32 through registers. After the
// last number of a line, a copy has zeros up to a whole chunk if lines are along k.
template <int SIZE, bool ALONG, int WORKERS> struct matrix_feed {
	typedef pipe::chunks<SIZE, ALONG> chunks;
	static const int each = (chunks::count + WORKERS - 1) / WORKERS;
	const char *at[each]; // the chunks of this thread in the first panel
	int there[each];      // rows from here on; along k the terms before it, or more than any k if there is no row
	int64_t step;         // bytes of a term
	bool rounded, vector; // there is a copy; groups of four are aligned in fp32
	float4 hold[each][2];

	static DEVICE int slot(int e) { return threadIdx.x + e * WORKERS; }
	static DEVICE bool has(int e) { return chunks::count % WORKERS == 0 || slot(e) < chunks::count; }
	static DEVICE int line(int e) { return slot(e) / chunks::across; }
	static DEVICE int chunk(int e) { return slot(e) % chunks::across; }

	DEVICE matrix_feed(const copied &m, int64_t first, int64_t from) : rounded(m.copy != NULL), vector(m.vector) {
		const char *base = rounded ? (const char *)m.copy : (const char *)m.p;
		int64_t bytes = rounded ? 2 : 4, ld = rounded ? m.copy_ld : m.ld;
		step = ALONG ? bytes : bytes * ld;
		UNROLL for (int e = 0; e < each; e++) {
			int64_t row = first + (ALONG ? line(e) : chunk(e) * pipe::CHUNK_TERMS), term = from + (ALONG ? chunk(e) * pipe::CHUNK_TERMS : line(e));
			at[e] = base + bytes * (ALONG ? row * ld + term : row + term * ld);
			if (ALONG) there[e] = row < m.rows ? chunk(e) * pipe::CHUNK_TERMS : 0x7fffffff;
			else there[e] = (int)smaller(m.rows - row, pipe::CHUNK_TERMS);
		}
	}
	// exist is how many neighbours of a chunk exist; it may be below zero, or above eight.
	DEVICE int exist(int e, int k, int n) const { return ALONG ? n - k - there[e] : k + line(e) < n ? there[e] : 0; }

	DEVICE void fetch(uint4 *panel, int k, int n) {
		UNROLL for (int e = 0; e < each; e++) {
			if (!has(e)) continue;
			const char *p = at[e] + k * step;
			int there = exist(e, k, n);
			if (rounded) {
				uint4 &to = panel[chunks::place(line(e), chunk(e))];
				if (there > 0) copy_chunk(&to, p, sizeof to);
				else to = make_uint4(0, 0, 0, 0);
			} else {
				hold[e][0] = four_of((const float *)p, there, vector), hold[e][1] = four_of((const float *)p + 4, there - 4, vector);
			}
		}
	}
	DEVICE void store(uint4 *panel) const {
		if (rounded) return;
		UNROLL for (int e = 0; e < each; e++) {
			if (!has(e)) continue;
			uint2 low = halves_of(hold[e][0]), high = halves_of(hold[e][1]);
			panel[chunks::place(line(e), chunk(e))] = make_uint4(low.x, low.y, high.x, high.y);
		}
	}
};

// pipelined is a tile of the pipeline with the interface of tensor_tile. ALONG_A and ALONG_B say how the operands lie in memory.
template <int ROWS, int COLUMNS, int DOWN, int ACROSS, bool ALONG_A, bool ALONG_B> struct pipelined : tensor_tile<bf16, ROWS, COLUMNS, DOWN, ACROSS> {};

template <int ROWS, int COLUMNS, int DOWN, int ACROSS, bool ALONG_A, bool ALONG_B> struct product<pipelined<ROWS, COLUMNS, DOWN, ACROSS, ALONG_A, ALONG_B>> {
	typedef pipelined<ROWS, COLUMNS, DOWN, ACROSS, ALONG_A, ALONG_B> Tile;
	typedef pipe::tile<ROWS, COLUMNS, DOWN, ACROSS, ALONG_A, ALONG_B> pipeline;
	float sum[Tile::my_rows][Tile::my_columns];

	// blocks sets sum to the sum of the blocks of terms [first, end), which follow each other.
	template <class P> DEVICE void blocks(const P &p, const place &at, int64_t first, int64_t end) {
		int64_t from = p.block(first).from;
		int n = (int)(p.block(end - 1).to - from);
		matrix_feed<ROWS, ALONG_A, Tile::threads> a(p.a(), at.row, from);
		matrix_feed<COLUMNS, ALONG_B, Tile::threads> b(p.b(), at.column, from);
		typename pipeline::of_warp total;
		total.set(n > 0 ? -0.f : 0.f); // -0 plus x is x
		pipeline::multiply(total, a, b, n, BLOCK_K);
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) sum[i][j] = total.x[i][j / 4][j % 4];
	}
	DEVICE void trade() { trade_halves(sum); }
};

// in_pipeline makes the kernels of gemm in bf16.
struct in_pipeline {
	template <class P> static const kernel *of(launch &l, int64_t terms) {
		int tile = choose_pipelined_tile(l, amount_of<P>(l.d, terms)).tile;
		bool turned_a = (l.d.flags & FLAG_TRANS_A) != 0, turned_b = (l.d.flags & FLAG_TRANS_B) != 0;
		if (turned_a) return turned_b ? with<P, false, true>(tile) : with<P, false, false>(tile);
		return turned_b ? with<P, true, true>(tile) : with<P, true, false>(tile);
	}
	template <class P, bool ALONG_A, bool ALONG_B> static const kernel *with(int tile) {
		switch (tile) {
		case 0: return kernel_of<tensor_product<P, pipelined<128, 128, 2, 4, ALONG_A, ALONG_B>>>();
		case 1: return kernel_of<tensor_product<P, pipelined<64, 64, 2, 2, ALONG_A, ALONG_B>>>();
		}
		return kernel_of<tensor_product<P, pipelined<128, 16, 4, 1, ALONG_A, ALONG_B>>>();
	}
};

#endif
