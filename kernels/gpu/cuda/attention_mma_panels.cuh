// The gradient of attention on tensor cores, for any number of agents. The first phase keeps two numbers of every row,
// the second one computes dq by panels of rows, and dk and dv by panels of columns. Both compute scores and dw again:
// sums over the same agents by different warps would need atomics, whose order changes from run to run.
#ifndef GMEL_ATTENTION_MMA_PANELS_CUH
#define GMEL_ATTENTION_MMA_PANELS_CUH

#include "attention_mma_grad.cuh"

template <class P, int D> struct attention_grad_panels {
	static const int TILES = D / P::terms <= 16 ? 2 : 1, COLUMNS = 4, most = 16 * TILES; // as many as registers allow
	static const int phases = 2, threads = flash::BLOCK_THREADS, resident = 2;
	static const bool syncs = true;
	typedef float scores[TILES][COLUMNS][4];
	// row has the logarithm to base 2 of the sum of exponentials, and t.
	struct row {
		float log_sum, t;
	};
	static BOTH int64_t groups(const desc &d) { return flash::agents::groups(d, most); }
	static BOTH int64_t blocks(const desc &d) { return ceil_div(groups(d), flash::BLOCK_WARPS); }
	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? blocks(d) : 2 * blocks(d); }
	static int64_t shared(const desc &d) { return 2 * pairs_of(d) * d.dim[1]; }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		int64_t rows = blocks(*v.d);
		bool columns = task >= rows;
		int64_t group = (columns ? task - rows : task) * flash::BLOCK_WARPS + flash::warp();
		if (group >= groups(*v.d)) return;
		panel p(v, group, columns);
		if (phase == 0) p.numbers();
		else p.write(columns);
	}

	// panel is the rows of a warp. For dk and dv the factors of the scores are exchanged: rows are agents j, columns agents i.
	struct panel {
		const view &v;
		flash::agents all;
		flash::octet mine[2 * TILES];
		const float *k, *w; // right factors of the scores and of dw
		flash::by_numbers<P, D, TILES> q, dx;
		row *known; // of all agents of the head
		int first;
		float scale;

		DEVICE panel(const view &v, int64_t group, bool columns) : v(v), scale(1 / sqrtf((float)D) * LOG2_E) {
			first = all.take(v, group, most);
			all.get(mine, first);
			k = from(columns ? 0 : 1), w = from(columns ? 3 : 2);
			q.get(from(columns ? 1 : 0), mine, all.ld), dx.get(from(columns ? 2 : 3), mine, all.ld);
			known = (row *)v.shared + group / ((all.n + most - 1) / most) * all.n;
		}
		DEVICE const float *from(int i) const { return v.arg(i) + all.base; }
		DEVICE row *row_of(int m, int h) const {
			int i = 8 * (2 * m + h) + flash::lane_row();
			return flash::lane_row() < mine[2 * m + h].count ? known + first + i : NULL;
		}
		DEVICE void products(scores &s, scores &dw, const flash::octet (&others)[COLUMNS], int at) const {
			q.times(s, k, all, others), dx.times(dw, w, all, others);
			all.mask(s, mine, others, first, at);
		}

		// numbers computes the log-sum-exp and t of the rows in one pass.
		DEVICE void numbers() const {
			flash::softmax<TILES> soft;
			float t[TILES][2] = {};
			soft.begin();
			ROLLED for (int at = 0; at < all.n; at += 8 * COLUMNS) {
				flash::octet others[COLUMNS];
				scores s, dw;
				all.get(others, at);
				products(s, dw, others, at);
				UNROLL for (int m = 0; m < TILES; m++)
					UNROLL for (int h = 0; h < 2; h++) {
						t[m][h] *= soft.raise(s[m], m, h, scale);
						soft.weigh(s[m], m, h, scale);
						UNROLL for (int c = 0; c < COLUMNS; c++)
							UNROLL for (int i = 2 * h; i < 2 * h + 2; i++) t[m][h] = fmaf(s[m][c][i], dw[m][c][i], t[m][h]);
					}
			}
			UNROLL for (int m = 0; m < TILES; m++)
				UNROLL for (int h = 0; h < 2; h++) {
					float inverse = soft.inverse(m, h), sum = flash::row_sum(t[m][h]);
					row *to = row_of(m, h);
					if (to && flash::lane_word() == 0) *to = {fmaf(soft.base(m, h), scale, -log_of(inverse) * LOG2_E), sum * inverse};
				}
		}

		// write computes dq of the rows; with columns, dk and dv.
		DEVICE void write(bool columns) const {
			flash::by_agents<P, D, TILES> sum, dv;
			flash::slopes slopes = flash::slopes_of(v);
			row own[TILES][2] = {};
			UNROLL for (int m = 0; m < TILES; m++)
				UNROLL for (int h = 0; h < 2; h++)
					if (!columns && row_of(m, h)) own[m][h] = *row_of(m, h);
			sum.begin(), dv.begin();
			ROLLED for (int at = 0; at < all.n; at += 8 * COLUMNS) {
				flash::octet others[COLUMNS];
				scores s, dw;
				all.get(others, at);
				products(s, dw, others, at);
				UNROLL for (int c = 0; c < COLUMNS; c++)
					UNROLL for (int i = 0; i < 2; i++) {
						int j = 2 * flash::lane_word() + i;
						row theirs = {};
						if (columns && j < others[c].count) theirs = known[at + 8 * c + j];
						UNROLL for (int m = 0; m < TILES; m++)
							UNROLL for (int h = 0; h < 2; h++) {
								float &x = s[m][c][2 * h + i], &y = dw[m][c][2 * h + i];
								row r = {columns ? theirs.log_sum : own[m][h].log_sum, columns ? theirs.t : own[m][h].t};
								float weight = flash::exp2_of(fmaf(x, scale, -r.log_sum));
								y = slopes.of(x, weight, y, r.t), x = weight;
							}
					}
				if (columns) dv.add_weights(s, w, all, others);
				sum.add_weights(dw, k, all, others);
			}
			sum.put(v.arg(columns ? 5 : 4) + all.base, mine, all.ld, v.accumulate);
			if (columns) dv.put(v.arg(6) + all.base, mine, all.ld, v.accumulate);
		}
	};
};

#endif
