#include "attention_few.cuh"

// attention: x_i = sum over j != i, or over all j, of w_ij v_j, or one statistic for each row: the sum of its squared
// scores (penalty) or its entropy. The statistics are added over the rows of each head, then over heads and batch.
template <class Tile> struct attention {
	static const int phases = 3, threads = Tile::threads, resident = 384 / threads;
	static const bool syncs = true;
	static BOTH bool has_values(const desc &d) { return d.op == OP_ATTENTION; }
	static BOTH bool has_penalty(const desc &d) { return d.op == OP_ATTENTION ? d.arg[4] != ABSENT : d.op == OP_ATTENTION_PENALTY; }
	static BOTH bool has_numbers(const desc &d) { return has_penalty(d) || d.op == OP_ATTENTION_ENTROPY; }
	// A head with D = 0 still has scores.
	static BOTH int64_t columns(const desc &d) { return has_values(d) ? larger(1, d.dim[3]) : 1; }
	static BOTH int64_t results(const desc &d) { return d.op == OP_ATTENTION_ENTROPY ? d.dim[2] : 1; }

	static int64_t tasks(const desc &d, int phase) {
		if (phase == 0) return panels_of<Tile>(d, columns(d));
		if (!has_numbers(d)) return 0;
		return phase == 1 ? ceil_div(pairs_of(d), threads) : ceil_div(results(d), threads / LANES);
	}
	static int64_t shared(const desc &d) { return has_numbers(d) ? pairs_of(d) * (d.dim[1] + 1) : 0; }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase == 0) rows(v, task);
		else if (phase == 1) heads(v, task * threads + threadIdx.x);
		else results(v, task);
	}

	// The passes over the scores of a row; the last one computes the result or the entropy.
	enum { SQUARES, LARGEST, EXPONENTIALS, LAST };

	// row is the state of a thread's row.
	struct row {
		float top = -infinity(), total = 1, inverse = 1; // largest score, sum of exponentials
		DEVICE float term(int pass, float x) const {
			if (pass == SQUARES) return x * x;
			float e = exp_of(x - top);
			return pass == EXPONENTIALS ? e : (e * inverse) * (x - top);
		}
	};

	// rows computes a panel. All passes are one loop, so that the code of a product exists once.
	static DEVICE void rows(const view &v, int64_t task) {
		__shared__ turned<Tile> t;
		__shared__ typename weighted_sum<Tile>::numbers numbers;
		panel_place at = panel_of<Tile>(*v.d, columns(*v.d), task);
		head h = head_of(v, at.pair);
		scores<Tile> s = {h, agents_of(h, v.arg(0)), agents_of(h, v.arg(1)), at.row};
		row_sums<Tile> sums;
		weighted_sum<Tile> x;
		row mine;
		int first = has_penalty(*v.d) && at.column == 0 ? SQUARES : LARGEST, last = v.d->op == OP_ATTENTION_PENALTY ? SQUARES : LAST;
		x.begin();
		ROLLED for (int pass = first; pass <= last; pass++) {
			bool values = pass == LAST && has_values(*v.d);
			sums.begin();
			ROLLED for (int c = 0; c < h.n; c += Tile::columns) {
				if (values) x.bring(numbers, numbers_of(h, v.arg(2)), at.column, c, s.width(c)); // during the product of the scores
				s.load(t, c, pass > first);
				if (values) {
					weigh(t, s, c, mine);
					x.add(t, numbers, c, s.width(c));
					continue;
				}
				if (pass == LARGEST) mine.top = s.largest(t, c, mine.top);
				else sums.add(c, s.width(c), h.n, [&](int j) { return s.masked(c, j) ? 0.f : mine.term(pass, t.x[j][sums.row()]); });
			}
			if (!values) end(v, pass, at, h, sums.total, mine);
		}
		if (has_values(*v.d)) x.end(h, v.arg(3), false, at.row, at.column);
	}
	static DEVICE void weigh(turned<Tile> &t, const scores<Tile> &s, int c, const row &mine) {
		typedef row_sums<Tile> rows;
		int r = rows::row(), n = s.width(c);
		ROLLED for (int j = rows::part(); j < n; j += rows::parts) {
			float e = s.masked(c, j) ? 0 : exp_of(t.x[j][r] - mine.top);
			t.x[j][r] = e * mine.inverse;
		}
	}
	// end stores the result of a pass. Without others the maximum is 0 and the sum is 1.
	static DEVICE void end(const view &v, int pass, const panel_place &at, const head &h, float sum, row &mine) {
		int i = at.row + row_sums<Tile>::row();
		if (pass == LARGEST) {
			float top = row_largest<Tile>(mine.top);
			mine.top = h.alone() ? 0 : top;
		} else if (pass == EXPONENTIALS) {
			mine.total = h.alone() ? 1 : sum, mine.inverse = 1 / mine.total;
		} else if (row_sums<Tile>::part() == 0 && at.column == 0 && i < h.n) {
			v.shared[at.pair * h.n + i] = pass == SQUARES ? sum : log_of(mine.total) - sum;
		}
	}

	// heads adds the statistics of the rows of a head; entropies are sorted by head.
	static DEVICE void heads(const view &v, int64_t pair) {
		if (pair >= pairs_of(*v.d)) return;
		int64_t n = v.dim(1);
		float sum = 0;
		for (int64_t i = 0; i < n; i++) sum += v.shared[pair * n + i];
		int64_t to = v.d->op == OP_ATTENTION_ENTROPY ? pair % v.dim(2) * v.dim(0) + pair / v.dim(2) : pair;
		v.shared[pairs_of(*v.d) * n + to] = sum;
	}
	static DEVICE void results(const view &v, int64_t task) {
		bool entropy = v.d->op == OP_ATTENTION_ENTROPY;
		int64_t r = task * (threads / LANES) + threadIdx.x / LANES, n = entropy ? v.dim(0) : pairs_of(*v.d);
		const float *sums = v.shared + pairs_of(*v.d) * v.dim(1) + r * n;
		bool there = r < results(*v.d);
		float total = vector_sum(there ? n : 0, ceil_div(n, CHUNK), [=](int64_t i) { return sums[i]; });
		if (!there || threadIdx.x % LANES != 0) return;
		if (entropy) v.arg(2)[r] = total / (float)(v.dim(0) * v.dim(1));
		else v.arg(v.d->op == OP_ATTENTION ? 4 : 2)[0] = penalty_factor(v) * total;
	}
};

// attention_few is attention for few agents: one thread has a row.
template <int AGENTS> struct attention_few {
	typedef attention<narrow_attention> tiles; // its phases that add the statistics of rows are reused
	static const int phases = tiles::phases, threads = tiles::threads, resident = 384 / threads;
	static const bool syncs = true;
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? few<AGENTS>::tasks(d) : tiles::tasks(d, phase); }
	static int64_t shared(const desc &d) { return tiles::shared(d); }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase == 0) rows(v, task);
		else if (phase == 1) tiles::heads(v, task * threads + threadIdx.x);
		else tiles::results(v, task);
	}
	static DEVICE void rows(const view &v, int64_t task) {
		__shared__ typename few<AGENTS>::memory m;
		few<AGENTS> f(v, task);
		float s[AGENTS];
		f.scores(s, m, v.arg(0), v.arg(1));
		f.scale(s);
		float number = f.sum([&](int j) { return s[j] * s[j]; });
		float top = f.largest(s), total = f.sum([&](int j) { return exp_of(s[j] - top); });
		if (f.alone()) total = 1;
		float inverse = 1 / total;
		if (v.d->op == OP_ATTENTION_ENTROPY) {
			float terms = f.sum([&](int j) { return (exp_of(s[j] - top) * inverse) * (s[j] - top); });
			number = log_of(total) - terms;
		}
		if (tiles::has_numbers(*v.d) && f.there()) v.shared[f.pair() * f.n + f.row()] = number;
		if (!tiles::has_values(*v.d)) return;
		UNROLL for (int j = 0; j < AGENTS; j++) s[j] = (f.masked(j) ? 0 : exp_of(s[j] - top)) * inverse;
		f.weighted(s, m, v.arg(2), v.arg(3), false);
	}
};

const kernel *attention_fp32_kernel(launch &l) {
	const desc &d = l.d;
	switch (d.op) {
	case OP_ATTENTION:
	case OP_ATTENTION_PENALTY:
	case OP_ATTENTION_ENTROPY:
		if (is_few(d)) return d.dim[1] <= 8 ? kernel_of<attention_few<8>>() : kernel_of<attention_few<16>>();
		return is_narrow(d) ? kernel_of<attention<narrow_attention>>() : kernel_of<attention<wide_attention>>();
	}
	return attention_grad_kernel(d);
}
