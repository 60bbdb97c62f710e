// Kernels that are products of matrices. A problem is a struct that is constructed from a view for one of its groups:
//
//	static BOTH int64_t groups(const desc &d), most_rows(const desc &d), width(const desc &d); // of the result
//	static BOTH int64_t blocks(const desc &d);    // of terms, at least 1; each is a chain, and their sums are added in order
//	DEVICE problem(const view &v, int64_t group);
//	int64_t rows, columns;                        // rows is at most most_rows
//	DEVICE int64_t chains() const;                // the blocks of this group, at least 1
//	DEVICE span block(int64_t b) const;           // its terms
//	DEVICE A a() const; DEVICE B b() const;       // operands
//	DEVICE epilogue end() const;                    // how the results are stored
#ifndef GMEL_PRODUCTS_CUH
#define GMEL_PRODUCTS_CUH

#include <type_traits>

#include "epilogue.cuh"
#include "tasks.cuh"
#include "tile_heuristic.cuh"

struct gemm; // a group of ops can run the last phase of its products (group.cuh)

struct span {
	int64_t from, to;
};

// place is the tile and the block of terms of a task. Tasks of one block of terms are ordered by column first, so
// that neighbours share rows in the L2 cache.
struct place {
	int64_t group, row, column, block;
};

template <class P, class Tile> BOTH int64_t tiles_of(const desc &d) {
	return P::groups(d) * ceil_div(P::most_rows(d), Tile::rows) * ceil_div(P::width(d), Tile::columns);
}

template <class P, class Tile> DEVICE place place_of(const desc &d, int64_t task) {
	int64_t columns = ceil_div(P::width(d), Tile::columns), rows = ceil_div(P::most_rows(d), Tile::rows), line = task / columns;
	return {line / rows % P::groups(d), line % rows * Tile::rows, task % columns * Tile::columns, line / rows / P::groups(d)};
}

// whole_product: a block of threads computes a tile from the first term to the last. LONG is for several blocks
// of terms, whose total needs additional registers.
template <class P, class Tile, bool LONG> struct whole_product {
	static const int phases = 1, threads = Tile::threads, resident = LONG ? Tile::resident_long : Tile::resident;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int) { return tiles_of<P, Tile>(d); }
	static int64_t shared(const desc &) { return 0; }

	static DEVICE void run(const view &v, int, int64_t task) {
		place at = place_of<P, Tile>(*v.d, task);
		P p(v, at.group);
		if (at.row >= p.rows) return;
		product<Tile> sum;
		if (LONG) add_blocks(p, sum, at);
		else chain(p, sum, at, p.block(0));
		write_tile(p.end(), sum, at.row, at.column);
	}
	static DEVICE void chain(const P &p, product<Tile> &sum, const place &at, const span &terms) {
		sum.chain(p.a(), p.b(), at.row, at.column, terms.from, terms.to);
	}
	static DEVICE void add_blocks(const P &p, product<Tile> &total, const place &at) {
		total.clear();
		ROLLED for (int64_t b = 0, blocks = p.chains(); b < blocks; b++) {
			product<Tile> sum;
			chain(p, sum, at, p.block(b));
			total.follow(sum, b == 0);
		}
	}
};

// split_product: every block of terms is a task; another phase adds their sums in order and applies the
// epilogue. If the sums of all blocks do not fit the scratch memory, the blocks are processed in rounds.
template <class P, class Tile> struct split_product {
	static const int phases = 2 * MOST_ROUNDS, threads = Tile::threads, resident = Tile::resident;
	static const int grouped_from = std::is_same<P, gemm>::value ? phases - 1 : (int)NEVER_GROUPED;
	static const bool syncs = true;
	static BOTH int64_t size(const desc &d) { return P::groups(d) * P::most_rows(d) * P::width(d); }
	static BOTH int64_t rounds(const desc &d) { return ceil_div(P::blocks(d), blocks_of_a_round(d, P::blocks(d))); }

	// round_of is the round of a phase; the last round has the last phases. It is -1 for a phase without a round.
	static BOTH int64_t round_of(const desc &d, int phase) {
		if (phase / 2 == MOST_ROUNDS - 1) return rounds(d) - 1;
		return phase / 2 < rounds(d) - 1 ? phase / 2 : -1;
	}
	static BOTH span blocks_of(const desc &d, int64_t round) {
		int64_t n = blocks_of_a_round(d, P::blocks(d));
		return {round * n, smaller((round + 1) * n, P::blocks(d))};
	}
	static int64_t tasks(const desc &d, int phase) {
		int64_t round = round_of(d, phase);
		if (round < 0) return 0;
		if (phase % 2) return ceil_div(size(d), threads);
		span s = blocks_of(d, round);
		return tiles_of<P, Tile>(d) * (s.to - s.from);
	}
	static int64_t shared(const desc &d) { return size(d) * (blocks_of_a_round(d, P::blocks(d)) + (rounds(d) > 1)); }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		int64_t round = round_of(*v.d, phase);
		if (phase % 2) add(v, round, task * threads + threadIdx.x, phase == phases - 1);
		else multiply(v, blocks_of(*v.d, round).from, task);
	}
	static DEVICE void multiply(const view &v, int64_t first, int64_t task) {
		place at = place_of<P, Tile>(*v.d, task);
		P p(v, at.group);
		if (at.row >= p.rows || first + at.block >= p.chains()) return;
		product<Tile> sum;
		span terms = p.block(first + at.block);
		sum.chain(p.a(), p.b(), at.row, at.column, terms.from, terms.to);
		write_tile(raw(part_of(v, p, at), p.rows, p.columns), sum, at.row, at.column);
	}
	// part_of is the address of the sums of a block of terms.
	static DEVICE float *part_of(const view &v, const P &p, const place &at) {
		return v.shared + at.block * size(*v.d) + at.group * P::most_rows(*v.d) * p.columns;
	}
	// add adds the sums of a round for element e. The total of earlier rounds is stored after them.
	static DEVICE void add(const view &v, int64_t round, int64_t e, bool last) {
		int64_t n = size(*v.d), rows = P::most_rows(*v.d), columns = P::width(*v.d);
		if (e >= n) return;
		P p(v, e / columns / rows);
		int64_t row = e / columns % rows;
		if (row >= p.rows) return;
		span s = blocks_of(*v.d, round);
		float *before = v.shared + blocks_of_a_round(*v.d, P::blocks(*v.d)) * n + e;
		const float *part = v.shared + e;
		float total = round == 0 ? part[0] : *before;
		for (int64_t b = round == 0, end = smaller(s.to, p.chains()) - s.from; b < end; b++) total += part[b * n];
		if (last) put(p.end(), row, e % columns, total);
		else *before = total;
	}
	static DEVICE void put(const epilogue &e, int64_t row, int64_t column, float total) { e.copy_one(row, column, e.put(e.start(row, e.first(row), 0), column, total)); }
};

// product_kernel selects the kernel of a product with this tile: with or without split blocks of terms.
template <class P, class Tile> const kernel *product_kernel(bool split, bool several) {
	if (split) return kernel_of<split_product<P, Tile>>();
	return several ? kernel_of<whole_product<P, Tile, true>>() : kernel_of<whole_product<P, Tile, false>>();
}

template <class P> amount amount_of(const desc &d, int64_t terms) { return {P::groups(d), P::most_rows(d), P::width(d), P::blocks(d), terms}; }

template <class P> const kernel *product_kernel(launch &l, int64_t terms) {
	amount a = amount_of<P>(l.d, terms);
	choice c = choose_tile(l, a);
	switch (c.tile) {
	case 0: return product_kernel<P, tile<128, 128, 8, 8, 8>>(c.split, a.blocks > 1);
	case 1: return product_kernel<P, tile<64, 64, 16, 8, 4>>(c.split, a.blocks > 1);
	case 2: return product_kernel<P, tile<32, 32, 16, 4, 4>>(c.split, a.blocks > 1);
	}
	return product_kernel<P, tile<128, 16, 16, 4, 4>>(c.split, a.blocks > 1);
}

// in_fp32 makes the kernels whose bits are those of package ref.
struct in_fp32 {
	template <class P> static const kernel *of(launch &l, int64_t terms) { return product_kernel<P>(l, terms); }
};

#endif
