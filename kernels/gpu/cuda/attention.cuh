// Attention over agents in tiles of scores: a block of threads has a panel of Tile::rows agents and
// passes over all agents, Tile::columns at a time. Scores are not stored: every pass computes them again.
#ifndef GMEL_ATTENTION_CUH
#define GMEL_ATTENTION_CUH

#include "epilogue.cuh"
#include "sums.cuh"
#include "tasks.cuh"

// head is one head of one batch entry: rows of d numbers, ld apart; the first is at offset at. With self, an agent attends
// to itself, too.
struct head {
	int n, d;
	int64_t ld, at;
	float scale;
	bool self;
	// masked reports that agent i does not attend to agent j; alone, that it attends to none.
	DEVICE bool masked(int i, int j) const { return i == j && !self; }
	DEVICE bool alone() const { return n == 1 && !self; }
};

DEVICE head head_of(const view &v, int64_t pair) {
	int64_t n = v.dim(1), heads = v.dim(2), d = v.dim(3), ld = heads * d;
	return {(int)n, (int)d, ld, pair / heads * n * ld + pair % heads * d, 1 / sqrtf((float)d), v.has(FLAG_SELF)};
}
BOTH int64_t pairs_of(const desc &d) { return d.dim[0] * d.dim[2]; }
DEVICE matrix agents_of(const head &h, const float *p) { return matrix_of(p + h.at, h.ld, h.n, true); }

// penalty_factor is Scalar[0] / (B h N (N-1)), or 0 if there are no pairs.
DEVICE float penalty_factor(const view &v) {
	int64_t count = v.dim(0) * v.dim(2) * v.dim(1) * (v.dim(1) - 1);
	return count > 0 ? v.scalar(0) / (float)count : 0;
}

// turned is a tile stored as [column][row]: the left factor of a sum over columns.
template <class Tile> using turned = panel<Tile::rows, Tile::columns>;

// own_quads calls f(i, j, elements (i, j), .., (i + 3, j) of t) for the thread's part of a tile.
template <class Tile, class Each> DEVICE void own_quads(turned<Tile> &t, Each f) {
	UNROLL for (int j = 0; j < Tile::my_columns; j++)
		UNROLL for (int i = 0; i < Tile::my_rows; i += 4) f(i, j, *(float4 *)&t.x[Tile::column(j)][Tile::row(i)]);
}

// put_tile stores value(i, j, row, column) for each element (i, j) of the thread, at (row, column) of the tile.
template <class Tile, class Value> DEVICE void put_tile(turned<Tile> &t, Value value) {
	own_quads<Tile>(t, [&](int i, int j, float4 &to) {
		int r = Tile::row(i), c = Tile::column(j);
		to = make_float4(value(i, j, r, c), value(i + 1, j, r + 1, c), value(i + 2, j, r + 2, c), value(i + 3, j, r + 3, c));
	});
}

// dots sets p to the product sums over d of rows of a and rows of b. t stores the sum of earlier blocks of terms. It may be
// overwritten then: the barriers of the first block come after all reads of its old contents.
template <class Tile> DEVICE void dots(product<Tile> &p, turned<Tile> &t, const matrix &a, const matrix &b, int row, int column, int d) {
	int k = 0;
	do { // once even if d = 0
		p.chain(a, b, row, column, k, k + BLOCK_K < d ? k + BLOCK_K : d);
		if (k > 0)
			own_quads<Tile>(t, [&](int i, int j, const float4 &before) {
				float x[4];
				spread(before, x);
				UNROLL for (int r = 0; r < 4; r++) p.sum[i + r][j] = x[r] + p.sum[i + r][j];
			});
		k += BLOCK_K;
		if (k < d) put_tile<Tile>(t, [&](int i, int j, int, int) { return p.sum[i][j]; });
	} while (k < d);
}

// row_sums are vector sums along the rows of tiles. A row is shared by `parts` threads; each has some of
// its lanes.
template <class Tile> struct row_sums {
	static const int parts = Tile::threads / Tile::rows, mine = LANES / parts;
	float lane[mine], total;
	bool more;

	static DEVICE int row() { return threadIdx.x % Tile::rows; }
	static DEVICE int part() { return threadIdx.x / Tile::rows; }
	DEVICE void begin() {
		UNROLL for (int l = 0; l < mine; l++) lane[l] = 0;
		total = 0, more = false;
	}
	// add adds term(column in the tile) for the columns from .. from + width - 1 of n. After the last column, total
	// is the sum in all threads of the row.
	template <class Term> DEVICE void add(int from, int width, int n, Term term) {
		ROLLED for (int c = 0; c < width; c += LANES)
			UNROLL for (int l = 0; l < mine; l++) {
				int at = c + part() * mine + l;
				if (at < width) lane[l] += term(at);
			}
		if ((from + width) % CHUNK == 0 || from + width == n) fold();
	}
	DEVICE void fold() {
		__shared__ float all[LANES][Tile::rows];
		UNROLL for (int l = 0; l < mine; l++) all[part() * mine + l][row()] = lane[l], lane[l] = 0;
		__syncthreads();
		float x[LANES];
		UNROLL for (int l = 0; l < LANES; l++) x[l] = all[l][row()];
		UNROLL for (int half = LANES / 2; half > 0; half /= 2)
			UNROLL for (int l = 0; l < LANES / 2; l++) // a constant bound, so that the inner loop is unrolled
				if (l < half) x[l] += x[l + half];
		total = more ? total + x[0] : x[0];
		more = true;
		__syncthreads();
	}
};

// row_largest is the maximum over the threads of a row. A task calls it once.
template <class Tile> DEVICE float row_largest(float x) {
	typedef row_sums<Tile> rows;
	__shared__ float all[rows::parts][Tile::rows];
	all[rows::part()][rows::row()] = x;
	__syncthreads();
	UNROLL for (int p = 0; p < rows::parts; p++) x = all[p][rows::row()] > x ? all[p][rows::row()] : x;
	return x;
}

// scores is a panel of rows against all columns, tile by tile.
template <class Tile> struct scores {
	head h;
	matrix q, k;
	int row0;

	DEVICE int width(int c) const { return (int)smaller(Tile::columns, h.n - c); }
	// load stores the tile from column c on in t; a single tile is loaded only once. The barriers of the product ensure
	// that all threads have read the old contents before.
	DEVICE void load(turned<Tile> &t, int c, bool again) const {
		if (again && h.n <= Tile::columns) return;
		product<Tile> p;
		dots(p, t, q, k, row0, c, h.d);
		put_tile<Tile>(t, [&](int i, int j, int, int) { return p.sum[i][j] * h.scale; });
		__syncthreads();
	}
	DEVICE bool masked(int c, int at) const { return h.masked(row0 + row_sums<Tile>::row(), c + at); }
	// largest updates m, the maximum of the row so far, with the scores of the tile at c, by x > m beginning with -Inf. It
	// skips NaN; the exponentials propagate NaN. Each thread has a part of the row; row_largest combines them.
	DEVICE float largest(const turned<Tile> &t, int c, float m) const {
		typedef row_sums<Tile> rows;
		int r = rows::row(), n = width(c);
		ROLLED for (int at = rows::part(); at < n; at += rows::parts)
			if (!masked(c, at) && t.x[at][r] > m) m = t.x[at][r];
		return m;
	}
};

// weighted_sum is out[row, column] = product sum of the factors in a tile and the numbers of the agents. The terms
// come tile by tile, in blocks of BLOCK_K.
template <class Tile> struct weighted_sum {
	typedef panel<Tile::columns, Tile::columns> numbers; // [agent][number]
	product<Tile> sum, total;

	DEVICE void begin() { sum.clear(), total.clear(); }
	// bring begins to copy the numbers of n agents, the first of which is from; b is their matrix by columns.
	static DEVICE void bring(numbers &to, const matrix &b, int column, int from, int n) {
		const int quads = Tile::columns / 4, lines = Tile::threads / quads;
		int c = threadIdx.x % quads * 4, k = threadIdx.x / quads;
		matrix::line l = b.at(column + c, from + k);
		ROLLED for (; k < n; k += lines, l.p += lines * b.ld) {
			float *at = &to.x[k][c];
			if (b.vector && l.there >= 4) {
				copy_bytes<16>(at, l.p);
				continue;
			}
			UNROLL for (int i = 0; i < 4; i++)
				if (i < l.there) copy_bytes<4>(at + i, l.p + i);
				else at[i] = 0;
		}
	}
	// add adds the terms of the n agents that bring has copied; from is the first of them. t may be written just before, and
	// both t and b afterwards.
	DEVICE void add(const turned<Tile> &t, const numbers &b, int from, int n) {
		copies_done();
		__syncthreads();
		if (from > 0 && from % BLOCK_K == 0) total.follow(sum, from == BLOCK_K), sum.clear();
		if (n == Tile::columns) {
			UNROLL_8 for (int k = 0; k < Tile::columns; k++) sum.term(t.x[k], b.x[k]);
		} else {
			ROLLED for (int k = 0; k < n; k++) sum.term(t.x[k], b.x[k]);
		}
		__syncthreads();
	}
	// end writes the sums over the h.n terms to out.
	DEVICE void end(const head &h, float *out, bool accumulate, int row, int column) {
		total.follow(sum, h.n <= BLOCK_K);
		epilogue e = {};
		e.c = out + h.at, e.ld = h.ld, e.rows = h.n, e.columns = h.d, e.accumulate = accumulate;
		e.set_vector();
		write_simple(e, total, row, column);
	}
};

// numbers_of is the numbers of the agents as a factor: its terms are agents, its rows are the d numbers.
DEVICE matrix numbers_of(const head &h, const float *p) { return matrix_of(p + h.at, h.ld, h.d, false); }

// panel_place is the panel of a task: head, first agent, first of the d numbers.
struct panel_place {
	int64_t pair;
	int row, column;
};

template <class Tile> BOTH int64_t panels_of(const desc &d, int64_t columns) {
	return pairs_of(d) * ceil_div(d.dim[1], Tile::rows) * ceil_div(columns, Tile::columns);
}
template <class Tile> DEVICE panel_place panel_of(const desc &d, int64_t columns, int64_t task) {
	int64_t across = ceil_div(columns, Tile::columns), down = ceil_div(d.dim[1], Tile::rows);
	return {task / across / down, (int)(task / across % down * Tile::rows), (int)(task % across * Tile::columns)};
}

// Agents x numbers of a head. The narrow tile is for few numbers, where the wide one would be mostly empty.
typedef tile<32, 32, 16, 4, 4> narrow_attention;
typedef tile<32, 64, 16, 4, 4> wide_attention;
BOTH bool is_narrow(const desc &d) { return d.dim[3] <= narrow_attention::columns; }

const kernel *attention_grad_kernel(const desc &d);

#endif
