// Attention over agents in tiles of scores: a block of threads has a panel of Tile::rows agents and
// passes over all others, Tile::columns at a time. Scores are never stored: another pass computes them again.
#ifndef GMEL_ATTENTION_CUH
#define GMEL_ATTENTION_CUH

#include "ending.cuh"
#include "sums.cuh"
#include "tasks.cuh"

// head is one head of one batch entry: rows of d numbers, ld apart, from at on.
struct head {
	int64_t n, d, ld, at;
	float scale;
};

DEVICE head head_of(const view &v, int64_t pair) {
	int64_t n = v.dim(1), heads = v.dim(2), d = v.dim(3), ld = heads * d;
	return {n, d, ld, pair / heads * n * ld + pair % heads * d, 1 / sqrtf((float)d)};
}
BOTH int64_t pairs_of(const desc &d) { return d.dim[0] * d.dim[2]; }
DEVICE matrix agents_of(const head &h, const float *p) { return matrix_of(p + h.at, h.ld, h.n, true); }

// penalty_factor is Scalar[0] / (B h N (N-1)), 0 where there are no pairs.
DEVICE float penalty_factor(const view &v) {
	int64_t count = v.dim(0) * v.dim(2) * v.dim(1) * (v.dim(1) - 1);
	return count > 0 ? v.scalar(0) / (float)count : 0;
}

// turned holds a tile as [column][row]: the left factor of what is summed over columns.
template <class Tile> using turned = panel<Tile::rows, Tile::columns>;

// dots makes p.sum the product sums over d of rows of a and rows of b.
template <class Tile> DEVICE void dots(product<Tile> &p, const matrix &a, const matrix &b, int64_t row, int64_t column, int64_t d) {
	int64_t k = 0;
	do { // also once for d = 0
		product<Tile> more;
		more.chain(a, b, row, column, k, smaller(k + BLOCK_K, d));
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) p.sum[i][j] = k == 0 ? more.sum[i][j] : p.sum[i][j] + more.sum[i][j];
		k += BLOCK_K;
	} while (k < d);
}

// put_tile stores value(i, j, row, column), given the thread's own element (i, j) and its place in the tile.
template <class Tile, class Value> DEVICE void put_tile(turned<Tile> &t, Value value) {
	UNROLL for (int j = 0; j < Tile::my_columns; j++)
		UNROLL for (int i = 0; i < Tile::my_rows; i += 4) {
			int r = Tile::row(i), c = Tile::column(j);
			*(float4 *)&t.x[c][r] = make_float4(value(i, j, r, c), value(i + 1, j, r + 1, c), value(i + 2, j, r + 2, c), value(i + 3, j, r + 3, c));
		}
}

// row_sums are vector sums along the rows of tiles. A row belongs to parts threads, which have some of
// its lanes each.
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
	// add adds term(column in the tile) of the columns from .. from + n of the head's.
	template <class Term> DEVICE void add(int64_t from, int n, Term term) {
		ROLLED for (int c = 0; c < n; c += LANES)
			UNROLL for (int l = 0; l < mine; l++) {
				int at = c + part() * mine + l;
				if (at < n) lane[l] += term(at);
			}
		if ((from + n) % CHUNK == 0) fold();
	}
	DEVICE void fold() {
		__shared__ float all[LANES][Tile::rows];
		UNROLL for (int l = 0; l < mine; l++) all[part() * mine + l][row()] = lane[l], lane[l] = 0;
		__syncthreads();
		float x[LANES];
		UNROLL for (int l = 0; l < LANES; l++) x[l] = all[l][row()];
		UNROLL for (int half = LANES / 2; half > 0; half /= 2)
			UNROLL for (int l = 0; l < half; l++) x[l] += x[l + half];
		total = more ? total + x[0] : x[0];
		more = true;
		__syncthreads();
	}
	// end is the sum over n columns, for all threads of the row.
	DEVICE float end(int64_t n) {
		if (n % CHUNK != 0) fold();
		return total;
	}
};

// row_largest is the largest of the values of the threads of a row.
template <class Tile> DEVICE float row_largest(float x) {
	typedef row_sums<Tile> rows;
	__shared__ float all[rows::parts][Tile::rows];
	all[rows::part()][rows::row()] = x;
	__syncthreads();
	UNROLL for (int p = 0; p < rows::parts; p++) x = all[p][rows::row()] > x ? all[p][rows::row()] : x;
	__syncthreads();
	return x;
}

// scores is a panel of rows against all columns, tile by tile.
template <class Tile> struct scores {
	head h;
	matrix q, k;
	int64_t row0;

	DEVICE int width(int64_t c) const { return (int)smaller(Tile::columns, h.n - c); }
	// load puts the tile from column c on into t; where one tile is all, once is enough.
	DEVICE void load(turned<Tile> &t, int64_t c, bool again) const {
		if (again && h.n <= Tile::columns) return;
		product<Tile> p;
		dots(p, q, k, row0, c, h.d);
		put_tile<Tile>(t, [&](int i, int j, int, int) { return p.sum[i][j] * h.scale; });
		__syncthreads();
	}
	// each calls f(score, column) of the thread's row and lanes, in ascending columns, without the row's own.
	template <class Term> DEVICE float sum(turned<Tile> &t, bool again, Term term) const {
		row_sums<Tile> s;
		s.begin();
		int r = s.row();
		ROLLED for (int64_t c = 0; c < h.n; c += Tile::columns) {
			load(t, c, again);
			s.add(c, width(c), [&](int at) { return c + at == row0 + r ? 0.f : term(t.x[at][r]); });
			__syncthreads();
		}
		return s.end(h.n);
	}
	// largest is the maximum of the row by x > m from -Inf; NaN is skipped and returns through the exponentials.
	DEVICE float largest(turned<Tile> &t) const {
		typedef row_sums<Tile> rows;
		int r = rows::row();
		float m = -infinity();
		ROLLED for (int64_t c = 0; c < h.n; c += Tile::columns) {
			load(t, c, false);
			ROLLED for (int at = rows::part(); at < width(c); at += rows::parts)
				if (c + at != row0 + r && t.x[at][r] > m) m = t.x[at][r];
			__syncthreads();
		}
		return row_largest<Tile>(m);
	}
	// softmax gives maximum and sum of a row's exponentials; 0 and 1 where an agent is alone.
	DEVICE void softmax(turned<Tile> &t, float *top, float *total) const {
		float m = largest(t), s = sum(t, true, [=](float x) { return exp_of(x - m); });
		*top = h.n == 1 ? 0 : m, *total = h.n == 1 ? 1 : s;
	}
};

// weighted_sum is out[row, column] = product sum over terms of a tile's factors and the agents' numbers,
// tile by tile, in blocks of BLOCK_K terms.
template <class Tile> struct weighted_sum {
	product<Tile> sum, total;

	DEVICE void clear() {
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) sum.sum[i][j] = 0;
	}
	DEVICE void begin() { clear(), total = sum; }
	DEVICE void close(int64_t from, int64_t block) { // the block of terms that ends before from is done
		UNROLL for (int i = 0; i < Tile::my_rows; i++)
			UNROLL for (int j = 0; j < Tile::my_columns; j++) total.sum[i][j] = block == 0 ? sum.sum[i][j] : total.sum[i][j] + sum.sum[i][j];
		clear();
	}
	// add takes n terms from agent from on; b is its matrix by columns. The block has synchronised on t.
	DEVICE void add(const turned<Tile> &t, const matrix &b, int64_t column, int64_t from, int n) {
		__shared__ panel<Tile::columns, Tile::columns> numbers;
		feed<matrix, Tile::columns, Tile::columns, Tile::threads> f;
		f.begin(b, column, from);
		f.fetch(b, 0, n);
		f.store(b, numbers);
		__syncthreads();
		if (from > 0 && from % BLOCK_K == 0) close(from, from / BLOCK_K - 1);
		if (n == Tile::columns) {
			UNROLL_8 for (int k = 0; k < Tile::columns; k++) sum.term(t.x[k], numbers.x[k]);
		} else {
			ROLLED for (int k = 0; k < n; k++) sum.term(t.x[k], numbers.x[k]);
		}
		__syncthreads();
	}
	// end writes the sums over n terms to out.
	DEVICE void end(const head &h, float *out, bool accumulate, int64_t row, int64_t column) {
		close(h.n, (h.n - 1) / BLOCK_K);
		ending e = {};
		e.c = out + h.at, e.ld = h.ld, e.rows = h.n, e.columns = h.d, e.accumulate = accumulate;
		e.set_vector();
		write_tile(e, total, row, column);
	}
};

// numbers_of is the agents' numbers as a factor whose terms are agents and whose rows are the d numbers.
DEVICE matrix numbers_of(const head &h, const float *p) { return matrix_of(p + h.at, h.ld, h.d, false); }

// panel_place is the panel of a task: head, first agent, first of the d numbers.
struct panel_place {
	int64_t pair, row, column;
};

template <class Tile> BOTH int64_t panels_of(const desc &d, int64_t columns) {
	return pairs_of(d) * ceil_div(d.dim[1], Tile::rows) * ceil_div(columns, Tile::columns);
}
template <class Tile> DEVICE panel_place panel_of(const desc &d, int64_t columns, int64_t task) {
	int64_t across = ceil_div(columns, Tile::columns), down = ceil_div(d.dim[1], Tile::rows);
	return {task / across / down, task / across % down * Tile::rows, task % across * Tile::columns};
}

// Agents, and numbers of a head: the smaller tile is for few of both.
typedef tile<32, 32, 16, 4, 4> small_attention;
typedef tile<32, 64, 16, 4, 4> large_attention;
BOTH bool few_agents(const desc &d) { return d.dim[1] <= 32 && d.dim[3] <= 32; }

const kernel *attention_grad_kernel(const desc &d);

#endif
