// Products of matrices on tensor cores: the problems of products.cuh. Factors are rounded to tf32 or bf16 on their
// way to shared memory. Sums are in fp32; blocks of terms are added in order.
//
// Rounding needs registers, so panels pass through them (no cp.async): the next panel is loaded while one is in
// use, as in product.cuh.
#ifndef GMEL_TENSOR_CUH
#define GMEL_TENSOR_CUH

#include "mma.cuh"
#include "moments.cuh"
#include "products.cuh"

enum { DEPTH = 16, STEP = 8 }; // sizes along k: terms of a panel, words of an instruction

// tensor_tile: ROWS x COLUMNS of the result for DOWN x ACROSS warps. An instruction computes 16 x 8 of it; then
// neighbouring lanes exchange halves, so that each lane has four neighbours in a row.
template <class Precision, int ROWS, int COLUMNS, int DOWN, int ACROSS> struct tensor_tile {
	static const int rows = ROWS, columns = COLUMNS, threads = 32 * DOWN * ACROSS;
	static const int my_rows = ROWS / DOWN / 16, my_columns = COLUMNS / ACROSS / 8 * 4;
	static const int resident = 256 / threads; // 255 registers for the sums of a block, its total, factors and loads

	static DEVICE int lane() { return threadIdx.x % 32; }
	static DEVICE int warp_row() { return threadIdx.x / 32 / ACROSS * (ROWS / DOWN); }
	static DEVICE int warp_column() { return threadIdx.x / 32 % ACROSS * (COLUMNS / ACROSS); }
	// The row i of a thread, and its column j, as indices in the tile.
	static DEVICE int row(int i) { return warp_row() + 16 * i + lane() % 2 * 8 + lane() / 4; }
	static DEVICE int column(int j) { return warp_column() + j / 4 * 8 + lane() % 4 / 2 * 4 + j % 4; }
};

// word_panel is WORDS words along k of SIZE rows in shared memory. Eight more columns put the rows and words of a fragment
// in different banks. In tf32 operands along k store several words together; rows are permuted by word, so that these
// are in different banks too.
template <int SIZE, int WORDS> struct __align__(16) word_panel {
	uint32_t x[WORDS][SIZE + 8];

	static DEVICE int place(int w, int row) { return row ^ (w / 4 * 8 & (SIZE - 1)); }
};

// word_feed copies panels of an operand from memory, through registers, to shared memory: four words at a time, of one
// row or of four rows.
template <class Operand, class Precision, int SIZE, int WORKERS> struct word_feed {
	static const int terms = Precision::terms, words = DEPTH / terms, slots = SIZE * words / 4, each = (slots + WORKERS - 1) / WORKERS;
	float4 hold[each][terms];
	typename Operand::line line[each];

	static DEVICE int row(const Operand &o, int s) { return o.along() ? s / (words / 4) : s % (SIZE / 4) * 4; }
	static DEVICE int word(const Operand &o, int s) { return o.along() ? s % (words / 4) * 4 : s / (SIZE / 4); }

	DEVICE void begin(const Operand &o, int64_t first, int64_t from) {
		UNROLL for (int e = 0; e < each; e++) line[e] = o.at(first + row(o, threadIdx.x + e * WORKERS), from);
	}
	DEVICE void fetch(const Operand &o, int k, int n) {
		UNROLL for (int e = 0; e < each; e++) {
			int s = threadIdx.x + e * WORKERS;
			if (s >= slots) continue;
			UNROLL for (int i = 0; i < terms; i++) hold[e][i] = o.four(line[e], k + word(o, s) * terms + (o.along() ? 4 * i : i), n);
		}
	}
	DEVICE void store(const Operand &o, word_panel<SIZE, words> &p) const {
		UNROLL for (int e = 0; e < each; e++) {
			int s = threadIdx.x + e * WORKERS, r = row(o, s), w = word(o, s);
			if (s >= slots) continue;
			float x[4 * terms];
			UNROLL for (int i = 0; i < terms; i++) spread(hold[e][i], x + 4 * i);
			if (o.along()) {
				UNROLL for (int i = 0; i < 4; i++) p.x[w + i][p.place(w, r)] = Precision::word(x + i * terms);
				continue;
			}
			uint32_t of[4];
			UNROLL for (int i = 0; i < 4; i++) {
				float pair[2] = {x[i], x[4 * (terms - 1) + i]};
				of[i] = Precision::word(pair);
			}
			*(uint4 *)&p.x[w][p.place(w, r)] = make_uint4(of[0], of[1], of[2], of[3]);
		}
	}
};

// trade_halves gives even lanes the upper row of the results of an instruction, and odd lanes the lower row.
template <int ROWS, int COLUMNS> DEVICE void trade_halves(float (&sum)[ROWS][COLUMNS]) {
	bool lower = threadIdx.x % 2;
	UNROLL for (int i = 0; i < ROWS; i++)
		UNROLL for (int j = 0; j < COLUMNS; j += 4) {
			float *c = &sum[i][j], u = __shfl_xor_sync(0xffffffff, lower ? c[0] : c[2], 1), v = __shfl_xor_sync(0xffffffff, lower ? c[1] : c[3], 1);
			if (lower) c[0] = u, c[1] = v;
			else c[2] = u, c[3] = v;
		}
}

// product on tensor cores has the interface of product in product.cuh, and trade.
template <class Precision, int ROWS, int COLUMNS, int DOWN, int ACROSS> struct product<tensor_tile<Precision, ROWS, COLUMNS, DOWN, ACROSS>> {
	typedef tensor_tile<Precision, ROWS, COLUMNS, DOWN, ACROSS> Tile;
	static const int words = DEPTH / Precision::terms;
	typedef word_panel<ROWS, words> left;
	typedef word_panel<COLUMNS, words> right;
	static const int my_rows = Tile::my_rows, my_columns = Tile::my_columns;
	static_assert(ROWS / DOWN % 32 == 0 && (COLUMNS / ACROSS % 32 == 0 || ACROSS == 1), "word_panel::place permutes rows inside of a warp's");
	float sum[my_rows][my_columns]; // before trade, the four results of an instruction are contiguous

	DEVICE void step(const left &a, const right &b, int w) {
		uint32_t x[my_rows][4], y[my_columns / 4][2];
		int g = Tile::lane() / 4, t = Tile::lane() % 4;
		UNROLL for (int i = 0; i < my_rows; i++)
			UNROLL for (int r = 0; r < 4; r++) x[i][r] = a.x[w + r / 2 * 4 + t][Tile::warp_row() + g + a.place(w + r / 2 * 4, 16 * i + r % 2 * 8)];
		UNROLL for (int j = 0; j < my_columns / 4; j++)
			UNROLL for (int r = 0; r < 2; r++) y[j][r] = b.x[w + r * 4 + t][Tile::warp_column() + g + b.place(w + r * 4, 8 * j)];
		UNROLL for (int i = 0; i < my_rows; i++)
			UNROLL for (int j = 0; j < my_columns / 4; j++) mma_tile<Precision>(&sum[i][4 * j], x[i], y[j]);
	}
	// chain sets sum to the sum over from <= k < to of a(row0 + row, k) b(column0 + column, k); zeros fill the last step.
	template <class A, class B> DEVICE void chain(const A &a, const B &b, int64_t row0, int64_t column0, int64_t from, int64_t to) {
		__shared__ left as[2];
		__shared__ right bs[2];
		word_feed<A, Precision, ROWS, Tile::threads> fa;
		word_feed<B, Precision, COLUMNS, Tile::threads> fb;
		UNROLL for (int i = 0; i < my_rows; i++)
			UNROLL for (int j = 0; j < my_columns; j++) sum[i][j] = 0;
		int n = (int)(to - from), side = 0; // at most BLOCK_K
		fa.begin(a, row0, from), fb.begin(b, column0, from);
		ROLLED for (int k = -DEPTH; k < n; k += DEPTH, side ^= 1) { // the first round only loads
			bool more = k + DEPTH < n;
			if (more) fa.fetch(a, k + DEPTH, n), fb.fetch(b, k + DEPTH, n);
			UNROLL for (int w = 0; w < words; w += STEP)
				if (k >= 0 && k + w * Precision::terms < n) step(as[side], bs[side], w);
			if (more) fa.store(a, as[side ^ 1]), fb.store(b, bs[side ^ 1]);
			__syncthreads();
		}
	}
	// blocks sets sum to the sum of the blocks of terms [first, end) of a problem, at a place.
	template <class P> DEVICE void blocks(const P &p, const place &at, int64_t first, int64_t end) {
		// -0 plus x is x. Without this sum the compiler would peel the first block off the loop, which doubles the code.
		UNROLL for (int i = 0; i < my_rows; i++)
			UNROLL for (int j = 0; j < my_columns; j++) sum[i][j] = -0.f;
		ROLLED for (int64_t b = first; b < end; b++) {
			product block;
			span terms = p.block(b);
			block.chain(p.a(), p.b(), at.row, at.column, terms.from, terms.to);
			UNROLL for (int i = 0; i < my_rows; i++)
				UNROLL for (int j = 0; j < my_columns; j++) sum[i][j] += block.sum[i][j];
		}
	}
	DEVICE void trade() { trade_halves(sum); }
};

// tensor_product computes a tile from the first term to the last, in its last phase. If the plan says so, it computes
// blocks of terms in parallel, like split_product. Both are one kernel, to save compile time.
template <class P, class Tile> struct tensor_product {
	typedef split_product<P, Tile> by_blocks;
	static const int phases = by_blocks::phases, threads = Tile::threads, resident = Tile::resident;
	static const bool syncs = true;
	static BOTH bool split(const desc &d) { return is_split(d); }
	static int64_t tasks(const desc &d, int phase) {
		if (split(d)) return by_blocks::tasks(d, phase);
		return phase == phases - 1 ? tiles_of<P, Tile>(d) : 0;
	}
	static int64_t shared(const desc &d) { return split(d) ? by_blocks::shared(d) : 0; }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		bool parts = split(*v.d);
		int64_t round = parts ? by_blocks::round_of(*v.d, phase) : 0;
		if (parts && phase % 2) return by_blocks::add(v, round, task * threads + threadIdx.x, phase == phases - 1);
		place at = place_of<P, Tile>(*v.d, task);
		P p(v, at.group);
		int64_t first = parts ? by_blocks::blocks_of(*v.d, round).from + at.block : 0;
		if (at.row >= p.rows || first >= p.chains()) return;
		product<Tile> total;
		total.blocks(p, at, first, parts ? first + 1 : p.chains());
		total.trade();
		write_tile<has_moments<P>>(parts ? raw(by_blocks::part_of(v, p, at), p.rows, p.columns) : p.end(), total, at.row, at.column);
		if (!parts) write_moments(p, total, at.row, at.column);
	}
};

// in_tensor makes the kernels of a precision. The largest tile has WIDE columns: 128, or 64 if a thread needs
// its registers for the addresses of factors.
template <class Precision, int WIDE> struct in_tensor {
	template <class P> static const kernel *of(launch &l, int64_t terms) {
		switch (choose_tensor_tile(l, amount_of<P>(l.d, terms), WIDE).tile) {
		case 0: return kernel_of<tensor_product<P, tensor_tile<Precision, 128, WIDE, 256 / WIDE, WIDE / 32>>>();
		case 1: return kernel_of<tensor_product<P, tensor_tile<Precision, 64, 64, 2, 2>>>();
		}
		return kernel_of<tensor_product<P, tensor_tile<Precision, 128, 16, 4, 1>>>();
	}
};

#endif
