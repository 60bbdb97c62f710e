#include "attention_few.cuh"

// attention_grad, with s_ij = (q_i . k_j) scale and w_ij as in attention:
//
//	dw_ij = dx_i . v_j,  t_i = sum_j w_ij dw_ij,  ds_ij = (w_ij (dw_ij - t_i)) scale + s_ij f
//	dv_j = sum_i w_ij dx_i,  dq_i = sum_j ds_ij k_j,  dk_j = sum_i ds_ij q_i
//
// f is the factor of the penalty. OP_ATTENTION_PENALTY_GRAD has only this term. The first phase stores three
// numbers of every row. In the second phase a panel of rows computes its dq, a panel of columns its dk and dv.
template <class Tile> struct attention_grad {
	static const int phases = 2, threads = Tile::threads, resident = 256 / threads;
	static const bool syncs = true;
	typedef typename weighted_sum<Tile>::numbers numbers;
	// row has the maximum, the inverse sum and t of a row.
	struct row {
		float top, inverse, t;
	};
	static BOTH bool whole(const desc &d) { return d.op == OP_ATTENTION_GRAD; }
	static BOTH int64_t panels(const desc &d) { return panels_of<Tile>(d, d.dim[3]); }
	static int64_t tasks(const desc &d, int phase) {
		if (phase == 1) return 2 * panels(d);
		return whole(d) ? panels_of<Tile>(d, 1) : 0;
	}
	static int64_t shared(const desc &d) { return whole(d) ? 3 * pairs_of(d) * d.dim[1] : 0; }
	static DEVICE void run(const view &v, int phase, int64_t task) {
		__shared__ turned<Tile> t; // shared by all uses: a block has 48 KiB
		__shared__ row known[Tile::columns];
		__shared__ numbers some;
		int64_t n = panels(*v.d);
		if (phase == 0) row_numbers(v, task, t, known);
		else panel(v, task < n ? task : task - n, task >= n, {t, some, known});
	}

	static DEVICE row *row_of(const view &v, int64_t pair) { return (row *)v.shared + pair * v.dim(1); }
	static DEVICE float weight(float s, const row &r, bool masked) { return (masked ? 0 : exp_of(s - r.top)) * r.inverse; }

	// either is the first or the second of two matrices of the same shape, member by member, so that they stay in registers.
	static DEVICE matrix either(bool first, const matrix &a, const matrix &b) {
		return {first ? a.p : b.p, a.ld, a.rows, true, first ? a.vector : b.vector};
	}

	// pairs are the factors of s_ij and of dw_ij for a panel of rows i and the columns j.
	struct pairs {
		matrix q, k, dx, v;
		bool whole;
		int row, d;
		DEVICE void turn() {
			matrix x = q, dy = dx;
			q = k, k = x, dx = v, v = dy;
		}
		// tile computes s and dw of the tile at column c; t is scratch. It is a loop so that the code of a product exists once.
		DEVICE void tile(product<Tile> &s, product<Tile> &dw, turned<Tile> &t, int c) const {
			s.clear(), dw.clear();
			ROLLED for (int i = (int)whole; i >= 0; i--) {
				dots(s, t, either(i > 0, dx, q), either(i > 0, v, k), row, c, d);
				if (i > 0) dw = s;
			}
		}
	};
	static DEVICE pairs pairs_at(const view &v, const head &h, int row) {
		bool all = whole(*v.d);
		return {agents_of(h, v.arg(0)), agents_of(h, v.arg(1)), agents_of(h, v.arg(all ? 3 : 0)), agents_of(h, v.arg(all ? 2 : 1)), all, row, h.d};
	}

	enum { LARGEST, EXPONENTIALS, WEIGHTED };

	static DEVICE void row_numbers(const view &v, int64_t task, turned<Tile> &t, row *known) {
		panel_place at = panel_of<Tile>(*v.d, 1, task);
		head h = head_of(v, at.pair);
		pairs p = pairs_at(v, h, at.row);
		scores<Tile> s = {h, p.q, p.k, at.row};
		row_sums<Tile> sums;
		row mine = {-infinity(), 1, 0};
		int r = sums.row();
		ROLLED for (int pass = LARGEST; pass <= WEIGHTED; pass++) {
			sums.begin();
			ROLLED for (int c = 0; c < h.n; c += Tile::columns) {
				p.whole = pass == WEIGHTED;
				if (pass != EXPONENTIALS || h.n > Tile::columns) { // else the scores are still in the tile
					product<Tile> x, dw;
					p.tile(x, dw, t, c);
					put_tile<Tile>(t, [&](int i, int j, int r, int n) {
						float y = x.sum[i][j] * h.scale;
						return pass == WEIGHTED ? weight(y, known[r], h.masked(at.row + r, c + n)) * dw.sum[i][j] : y;
					});
					__syncthreads();
				}
				if (pass == LARGEST) mine.top = s.largest(t, c, mine.top);
				else sums.add(c, s.width(c), h.n, [&](int j) {
					float y = t.x[j][r];
					return pass == WEIGHTED ? y : s.masked(c, j) ? 0.f : exp_of(y - mine.top);
				});
			}
			if (pass == LARGEST) {
				float top = row_largest<Tile>(mine.top);
				mine.top = h.alone() ? 0 : top;
			} else if (pass == EXPONENTIALS) {
				mine.inverse = 1 / (h.alone() ? 1 : sums.total);
				if (sums.part() == 0) known[r] = mine; // visible after the barriers of the next product
			}
		}
		mine.t = sums.total;
		if (sums.part() == 0 && at.row + r < h.n) row_of(v, at.pair)[at.row + r] = mine;
	}

	// slopes computes ds_ij from a score and its dw.
	struct slopes {
		float scale, penalty;
		bool whole, has_penalty;
		DEVICE float of(float s, float dw, const row &r, bool masked) const {
			float more = masked ? 0 : s * penalty;
			if (!whole) return more;
			float ds = (weight(s, r, masked) * (dw - r.t)) * scale;
			return has_penalty ? ds + more : ds;
		}
	};
	static DEVICE slopes slopes_of(const view &v, const head &h) {
		const float *dy = v.arg(whole(*v.d) ? 7 : 2);
		return {h.scale, dy ? ((2 * penalty_factor(v)) * dy[0]) * h.scale : 0, whole(*v.d), dy != NULL};
	}
	// keep copies the numbers of n rows from first on into shared memory. They are visible after the barriers of a product.
	static DEVICE void keep(row *known, int n, const view &v, const head &h, int64_t pair, int first) {
		if (whole(*v.d) && (int)threadIdx.x < n && first + (int)threadIdx.x < h.n) known[threadIdx.x] = row_of(v, pair)[first + threadIdx.x];
	}

	// panel computes dq of a panel of agents, or dk and dv. For dk and dv the factors of the scores are exchanged: the panel
	// has agents j, and the terms are agents i.
	struct memory {
		turned<Tile> &t;
		numbers &some;
		row *known;
	};
	static DEVICE void panel(const view &v, int64_t task, bool columns, const memory &m) {
		panel_place at = panel_of<Tile>(*v.d, v.dim(3), task);
		head h = head_of(v, at.pair);
		slopes d = slopes_of(v, h);
		pairs p = pairs_at(v, h, at.row);
		if (columns) p.turn();
		weighted_sum<Tile> ds, dv;
		ds.begin(), dv.begin();
		ROLLED for (int c = 0; c < h.n; c += Tile::columns) {
			int n = (int)smaller(Tile::columns, h.n - c);
			product<Tile> s, dw;
			bool both = columns && d.whole;
			if (columns || c == 0) keep(m.known, columns ? n : Tile::rows, v, h, at.pair, columns ? c : at.row);
			matrix terms = numbers_of(h, v.arg(columns ? 0 : 1));
			ds.bring(m.some, both ? numbers_of(h, v.arg(3)) : terms, at.column, c, n); // during the product of the scores
			p.tile(s, dw, m.t, c);
			if (both) {
				put_tile<Tile>(m.t, [&](int i, int j, int r, int n) { return weight(s.sum[i][j] * h.scale, m.known[n], h.masked(at.row + r, c + n)); });
				dv.add(m.t, m.some, c, n);
				ds.bring(m.some, terms, at.column, c, n);
			}
			put_tile<Tile>(m.t, [&](int i, int j, int r, int n) {
				return d.of(s.sum[i][j] * h.scale, dw.sum[i][j], m.known[columns ? n : r], h.masked(at.row + r, c + n));
			});
			ds.add(m.t, m.some, c, n);
		}
		int first = whole(*v.d) ? 4 : 3; // the first result
		ds.end(h, v.arg(first + columns), v.accumulate, at.row, at.column);
		if (columns && d.whole) dv.end(h, v.arg(6), v.accumulate, at.row, at.column);
	}
};

// attention_grad_few is attention_grad for few agents: one thread has a row of the scores, and later a
// column. Gradients by agents without numbers are empty; their loops would have no barriers between the uses of square.
template <int AGENTS> struct attention_grad_few {
	static const int phases = 1, threads = few<AGENTS>::threads, resident = 384 / threads;
	static const bool syncs = true;
	static BOTH bool whole(const desc &d) { return d.op == OP_ATTENTION_GRAD; }
	static int64_t tasks(const desc &d, int) { return d.dim[3] > 0 ? few<AGENTS>::tasks(d) : 0; }
	static int64_t shared(const desc &) { return 0; }

	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ typename few<AGENTS>::memory m;
		__shared__ float square[threads][AGENTS + 1];
		few<AGENTS> f(v, task);
		bool all = whole(*v.d);
		float s[AGENTS], ds[AGENTS], w[AGENTS];
		f.scores(s, m, v.arg(0), v.arg(1));
		f.scale(s);
		if (all) {
			f.scores(ds, m, v.arg(3), v.arg(2)); // dw
			weights(f, w, s);
			float t = f.all([&](int j) { return w[j] * ds[j]; });
			UNROLL for (int j = 0; j < AGENTS; j++) ds[j] = (w[j] * (ds[j] - t)) * f.factor;
		}
		add_penalty(v, f, ds, s, all);
		f.weighted(ds, m, v.arg(1), v.arg(all ? 4 : 3), v.accumulate);
		turn(f, ds, square);
		f.weighted(ds, m, v.arg(0), v.arg(all ? 5 : 4), v.accumulate);
		if (!all) return;
		turn(f, w, square);
		f.weighted(w, m, v.arg(3), v.arg(6), v.accumulate);
	}
	static DEVICE void weights(const few<AGENTS> &f, float (&w)[AGENTS], const float (&s)[AGENTS]) {
		float top = f.largest(s), total = f.sum([&](int j) { return exp_of(s[j] - top); });
		float inverse = 1 / (f.alone() ? 1 : total);
		UNROLL for (int j = 0; j < AGENTS; j++) w[j] = (f.masked(j) ? 0 : exp_of(s[j] - top)) * inverse;
	}
	// add_penalty adds the term of the penalty to ds, or overwrites ds if the op has only this term.
	static DEVICE void add_penalty(const view &v, const few<AGENTS> &f, float (&ds)[AGENTS], const float (&s)[AGENTS], bool all) {
		const float *dy = v.arg(all ? 7 : 2);
		float factor = dy ? ((2 * penalty_factor(v)) * dy[0]) * f.factor : 0;
		UNROLL for (int j = 0; j < AGENTS; j++) {
			float more = f.own(j) ? 0 : s[j] * factor;
			if (!all) ds[j] = more;
			else if (dy) ds[j] = ds[j] + more;
		}
	}
	// turn transposes the matrix of a head: the thread gives its row and gets its column.
	static DEVICE void turn(const few<AGENTS> &f, float (&x)[AGENTS], float (*square)[AGENTS + 1]) {
		UNROLL for (int j = 0; j < AGENTS; j++) square[threadIdx.x][j] = x[j];
		__syncthreads();
		UNROLL for (int j = 0; j < AGENTS; j++) x[j] = square[f.base() + j][f.row()];
	}
};

const kernel *attention_grad_kernel(const desc &d) {
	if (d.op != OP_ATTENTION_GRAD && d.op != OP_ATTENTION_PENALTY_GRAD) return NULL;
	if (is_few(d)) return d.dim[1] <= 8 ? kernel_of<attention_grad_few<8>>() : kernel_of<attention_grad_few<16>>();
	return is_narrow(d) ? kernel_of<attention_grad<narrow_attention>>() : kernel_of<attention_grad<wide_attention>>();
}
