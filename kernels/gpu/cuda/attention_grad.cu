#include "attention.cuh"

// attention_grad, with s_ij = (q_i . k_j) scale and w_ij as in attention:
//
//	dw_ij = dx_i . v_j,  t_i = sum_j w_ij dw_ij,  ds_ij = (w_ij (dw_ij - t_i)) scale + s_ij f
//	dv_j = sum_i w_ij dx_i,  dq_i = sum_j ds_ij k_j,  dk_j = sum_i ds_ij q_i
//
// f is the factor of the penalty. OP_ATTENTION_PENALTY_GRAD has its term only. The first phase keeps
// three numbers of every row; in the second each panel of rows owns its dq, each panel of columns its dk and dv.
template <class Tile> struct attention_grad {
	static const int phases = 2, threads = Tile::threads, resident = 256 / threads;
	static const bool syncs = true;
	// row holds maximum, inverse sum and t of a row.
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
		__shared__ turned<Tile> t; // one for all: a block has 48 KiB
		__shared__ row known[Tile::columns];
		int64_t n = panels(*v.d);
		if (phase == 0) row_numbers(v, task, t, known);
		else if (task < n) rows(v, task, t, known);
		else columns(v, task - n, t, known);
	}

	static DEVICE row *row_of(const view &v, int64_t pair) { return (row *)v.shared + pair * v.dim(1); }
	static DEVICE float weight(float s, const row &r, bool self) { return (self ? 0 : exp_of(s - r.top)) * r.inverse; }

	static DEVICE void row_numbers(const view &v, int64_t task, turned<Tile> &t, row *known) {
		panel_place at = panel_of<Tile>(*v.d, 1, task);
		head h = head_of(v, at.pair);
		scores<Tile> s = {h, agents_of(h, v.arg(0)), agents_of(h, v.arg(1)), at.row};
		row_sums<Tile> sums;
		row mine = {};
		s.softmax(t, &mine.top, &mine.inverse);
		mine.inverse = 1 / mine.inverse;
		int r = sums.row();
		if (sums.part() == 0) known[r] = mine;
		__syncthreads();
		sums.begin();
		ROLLED for (int64_t c = 0; c < h.n; c += Tile::columns) {
			product<Tile> p, dw;
			dots(p, s.q, s.k, at.row, c, h.d);
			dots(dw, agents_of(h, v.arg(3)), agents_of(h, v.arg(2)), at.row, c, h.d);
			put_tile<Tile>(t, [&](int i, int j, int r, int n) { return weight(p.sum[i][j] * h.scale, known[r], at.row + r == c + n) * dw.sum[i][j]; });
			__syncthreads();
			sums.add(c, s.width(c), [&](int n) { return t.x[n][r]; });
			__syncthreads();
		}
		mine.t = sums.end(h.n);
		if (sums.part() == 0 && at.row + r < h.n) row_of(v, at.pair)[at.row + r] = mine;
	}

	// slope is ds_ij for a score and its dw.
	struct slopes {
		float scale, penalty;
		bool whole, has_penalty;
		DEVICE float of(float s, float dw, const row &r, bool self) const {
			float more = self ? 0 : s * penalty;
			if (!whole) return more;
			float ds = (weight(s, r, self) * (dw - r.t)) * scale;
			return has_penalty ? ds + more : ds;
		}
	};
	static DEVICE slopes slopes_of(const view &v, const head &h) {
		const float *dy = v.arg(whole(*v.d) ? 7 : 2);
		return {h.scale, dy ? ((2 * penalty_factor(v)) * dy[0]) * h.scale : 0, whole(*v.d), dy != NULL};
	}
	// keep copies the numbers of n rows from first on into shared memory.
	static DEVICE void keep(row *known, int n, const view &v, const head &h, int64_t pair, int64_t first) {
		if (whole(*v.d) && (int)threadIdx.x < n && first + threadIdx.x < h.n) known[threadIdx.x] = row_of(v, pair)[first + threadIdx.x];
		__syncthreads();
	}

	static DEVICE void rows(const view &v, int64_t task, turned<Tile> &t, row *known) {
		panel_place at = panel_of<Tile>(*v.d, v.dim(3), task);
		head h = head_of(v, at.pair);
		slopes d = slopes_of(v, h);
		matrix q = agents_of(h, v.arg(0)), k = agents_of(h, v.arg(1));
		weighted_sum<Tile> dq;
		dq.begin();
		keep(known, Tile::rows, v, h, at.pair, at.row);
		ROLLED for (int64_t c = 0; c < h.n; c += Tile::columns) {
			product<Tile> p, dw;
			dots(p, q, k, at.row, c, h.d);
			if (d.whole) dots(dw, agents_of(h, v.arg(3)), agents_of(h, v.arg(2)), at.row, c, h.d);
			put_tile<Tile>(t, [&](int i, int j, int r, int n) { return d.of(p.sum[i][j] * h.scale, dw.sum[i][j], known[r], at.row + r == c + n); });
			__syncthreads();
			dq.add(t, numbers_of(h, v.arg(1)), at.column, c, (int)smaller(Tile::columns, h.n - c));
		}
		dq.end(h, v.arg(whole(*v.d) ? 4 : 3), v.accumulate, at.row, at.column);
	}

	// columns is rows with the factors of the scores exchanged: the panel is of agents j, the terms are agents i.
	static DEVICE void columns(const view &v, int64_t task, turned<Tile> &t, row *known) {
		panel_place at = panel_of<Tile>(*v.d, v.dim(3), task);
		head h = head_of(v, at.pair);
		slopes d = slopes_of(v, h);
		matrix q = agents_of(h, v.arg(0)), k = agents_of(h, v.arg(1));
		weighted_sum<Tile> dk, dv;
		dk.begin(), dv.begin();
		ROLLED for (int64_t c = 0; c < h.n; c += Tile::columns) {
			int n = (int)smaller(Tile::columns, h.n - c);
			product<Tile> p, dw;
			keep(known, Tile::columns, v, h, at.pair, c);
			dots(p, k, q, at.row, c, h.d);
			if (d.whole) {
				dots(dw, agents_of(h, v.arg(2)), agents_of(h, v.arg(3)), at.row, c, h.d);
				put_tile<Tile>(t, [&](int i, int j, int r, int n) { return weight(p.sum[i][j] * h.scale, known[n], at.row + r == c + n); });
				__syncthreads();
				dv.add(t, numbers_of(h, v.arg(3)), at.column, c, n);
			}
			put_tile<Tile>(t, [&](int i, int j, int r, int n) { return d.of(p.sum[i][j] * h.scale, dw.sum[i][j], known[n], at.row + r == c + n); });
			__syncthreads();
			dk.add(t, numbers_of(h, v.arg(0)), at.column, c, n);
		}
		dk.end(h, v.arg(whole(*v.d) ? 5 : 4), v.accumulate, at.row, at.column);
		if (d.whole) dv.end(h, v.arg(6), v.accumulate, at.row, at.column);
	}
};

const kernel *attention_grad_kernel(const desc &d) {
	if (d.op != OP_ATTENTION_GRAD && d.op != OP_ATTENTION_PENALTY_GRAD) return NULL;
	return few_agents(d) ? kernel_of<attention_grad<small_attention>>() : kernel_of<attention_grad<large_attention>>();
}
