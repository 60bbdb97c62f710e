// The gradient of attention on tensor cores, for up to 64 agents, with five products: the scores and dw once, dq by them,
// and after an exchange in shared memory dk and dv. The formulas are in attention_grad.cu.
#ifndef GMEL_ATTENTION_MMA_GRAD_CUH
#define GMEL_ATTENTION_MMA_GRAD_CUH

#include "attention_mma_softmax.cuh"

namespace flash {

// exchange has a square of AGENTS x AGENTS factors, as words of rows for every column. With eight more columns, the words
// of a fragment are in different banks.
template <class P, int AGENTS> struct __align__(16) exchange {
	static const int steps = 2 / P::terms;
	uint32_t x[AGENTS / P::terms][AGENTS + 8];

	// put stores the tile of rows 16 m and of columns 8 c. A word in bf16 is of rows g and g + 8.
	DEVICE void put(int m, int c, const float (&s)[4]) {
		int g = lane_row(), at = 8 * c + 2 * lane_word();
		if constexpr (P::terms == 1) {
			*(uint2 *)&x[16 * m + g][at] = make_uint2(P::word(s), P::word(s + 1));
			*(uint2 *)&x[16 * m + 8 + g][at] = make_uint2(P::word(s + 2), P::word(s + 3));
		} else {
			float left[2] = {s[0], s[2]}, right[2] = {s[1], s[3]};
			*(uint2 *)&x[8 * m + g][at] = make_uint2(P::word(left), P::word(right));
		}
	}
	// get loads the left factors of columns 16 m, with rows 16 k as terms.
	DEVICE void get(uint32_t (&a)[steps][4], int k, int m) const {
		int g = 16 * m + lane_row();
		UNROLL for (int i = 0; i < steps; i++) {
			int w = 16 / P::terms * k + 8 * i + lane_word();
			a[i][0] = x[w][g], a[i][1] = x[w][g + 8], a[i][2] = x[w + 4][g], a[i][3] = x[w + 4][g + 8];
		}
	}
};

// slopes turns weights and dw into ds.
struct slopes {
	float scale, penalty;
	bool has_penalty;
	DEVICE float of(float s, float w, float dw, float t) const {
		float ds = w * (dw - t) * scale;
		return has_penalty && s != -infinity() ? fmaf(s, penalty, ds) : ds;
	}
};
DEVICE slopes slopes_of(const view &v) {
	float scale = 1 / sqrtf((float)v.dim(3));
	const float *dy = v.arg(7);
	return {scale, dy ? 2 * penalty_factor(v) * dy[0] * scale * scale : 0, dy != NULL};
}

} // namespace flash

// attention_grad_mma: WARPS warps share 16 TILES WARPS agents, of one head or of as many heads as fit.
template <class P, int D, int WARPS, int TILES> struct attention_grad_mma {
	static const int most = 16 * TILES * WARPS, COLUMNS = most / 8, sharing = flash::BLOCK_WARPS / WARPS;
	static const int phases = 1, threads = flash::BLOCK_THREADS, resident = WARPS == 1 && D / P::terms <= 16 ? 3 : 2;
	static const bool syncs = true;
	typedef flash::exchange<P, most> exchange;
	static BOTH int64_t groups(const desc &d) { return flash::agents::groups(d, most); }
	static int64_t tasks(const desc &d, int) { return ceil_div(groups(d), sharing); }
	static int64_t shared(const desc &) { return 0; }

	static DEVICE void run(const view &v, int, int64_t task) {
		__shared__ exchange weights[sharing], slopes[sharing];
		int mine = flash::warp() / WARPS, member = flash::warp() % WARPS;
		int64_t group = task * sharing + mine;
		if (group >= groups(*v.d)) return; // only where warps are alone, and no barrier follows
		part p(v, group, member);
		bool some = p.mine[0].count > 0;
		if (some) p.rows(weights[mine], slopes[mine]);
		if (WARPS == 1) __syncwarp();
		else __syncthreads();
		if (!some) return;
		p.columns(weights[mine], v.arg(3), v.arg(6));
		p.columns(slopes[mine], v.arg(0), v.arg(5));
	}

	// part is the part of a warp.
	struct part {
		const view &v;
		flash::agents all;
		int first; // tile of 16 agents
		flash::octet mine[2 * TILES];

		DEVICE part(const view &v, int64_t group, int member) : v(v), first(member * TILES) {
			all.take(v, group, most);
			all.get(mine, 16 * first);
		}
		DEVICE const float *from(int i) const { return v.arg(i) + all.base; }

		// rows computes the weights and ds of the warp's rows, stores both for all warps, and writes dq.
		DEVICE void rows(exchange &weights, exchange &slopes) const {
			flash::octet others[COLUMNS];
			all.get(others, 0);
			float s[TILES][COLUMNS][4], ds[TILES][COLUMNS][4];
			products(s, from(0), from(1), others);
			products(ds, from(3), from(2), others);
			all.mask(s, mine, others, 16 * first, 0);
			UNROLL for (int m = 0; m < TILES; m++) {
				float w[COLUMNS][4];
				weigh(w, s[m]);
				tilt(ds[m], w, s[m]);
				UNROLL for (int c = 0; c < COLUMNS; c++) {
					if (!all.live(m, c, others)) continue;
					weights.put(first + m, c, w[c]), slopes.put(first + m, c, ds[m][c]);
				}
			}
			flash::by_agents<P, D, TILES> dq;
			dq.begin();
			dq.add_weights(ds, from(1), all, others);
			dq.put(v.arg(4) + all.base, mine, all.ld, v.accumulate);
		}
		DEVICE void products(float (&s)[TILES][COLUMNS][4], const float *a, const float *b, const flash::octet (&others)[COLUMNS]) const {
			flash::by_numbers<P, D, TILES> rows;
			rows.get(a, mine, all.ld);
			rows.times(s, b, all, others);
		}
		static DEVICE void weigh(float (&w)[COLUMNS][4], const float (&s)[COLUMNS][4]) {
			flash::softmax<1> soft;
			soft.begin();
			float scale = 1 / sqrtf((float)D) * LOG2_E;
			UNROLL for (int c = 0; c < COLUMNS; c++)
				UNROLL for (int i = 0; i < 4; i++) w[c][i] = s[c][i];
			UNROLL for (int h = 0; h < 2; h++) {
				soft.raise(w, 0, h, scale), soft.weigh(w, 0, h, scale);
				float inverse = soft.inverse(0, h);
				UNROLL for (int c = 0; c < COLUMNS; c++) w[c][2 * h] *= inverse, w[c][2 * h + 1] *= inverse;
			}
		}
		// tilt turns dw into ds.
		DEVICE void tilt(float (&dw)[COLUMNS][4], const float (&w)[COLUMNS][4], const float (&s)[COLUMNS][4]) const {
			flash::slopes slopes = flash::slopes_of(v);
			UNROLL for (int h = 0; h < 2; h++) {
				float t = 0;
				UNROLL for (int c = 0; c < COLUMNS; c++)
					UNROLL for (int i = 2 * h; i < 2 * h + 2; i++) t = fmaf(w[c][i], dw[c][i], t);
				t = flash::row_sum(t);
				UNROLL for (int c = 0; c < COLUMNS; c++)
					UNROLL for (int i = 2 * h; i < 2 * h + 2; i++) dw[c][i] = slopes.of(s[c][i], w[c][i], dw[c][i], t);
			}
		}
		// columns writes the sum over i of x_ij y_i for the warp's agents j.
		DEVICE void columns(const exchange &x, const float *y, float *out) const {
			flash::by_agents<P, D, TILES> sum;
			sum.begin();
			flash::octet terms[COLUMNS];
			all.get(terms, 0);
			UNROLL for (int k = 0; k < most / 16; k++) {
				if (terms[2 * k].count == 0) continue;
				sum.add(y + all.base, &terms[2 * k], all.ld, true, [&](int m, uint32_t (&a)[exchange::steps][4]) {
					bool some = all.live(m, 2 * k, terms);
					if (some) x.get(a, k, first + m);
					return some;
				});
			}
			sum.put(out + all.base, mine, all.ld, v.accumulate);
		}
	};
};

#endif
