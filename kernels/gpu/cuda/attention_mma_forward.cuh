// Attention on tensor cores: x in one pass over the agents, with the softmax of Milakov & Gimelshein 2018 (Online
// normalizer calculation for softmax) as in Dao et al. 2022 (FlashAttention).
#ifndef GMEL_ATTENTION_MMA_FORWARD_CUH
#define GMEL_ATTENTION_MMA_FORWARD_CUH

#include "attention_mma_softmax.cuh"

// attention_mma: a warp has 32 agents, of one head or of as many heads as fit, and meets 32 others at a time. A second
// phase adds the penalties of all warps.
template <class P, int D> struct attention_mma {
	static const int TILES = 2, COLUMNS = 4, most = 16 * TILES; // tiles of 16 rows, of 8 columns
	static const int phases = 2, threads = flash::BLOCK_THREADS, resident = D / P::terms <= 16 ? 3 : 2; // as registers allow
	static const bool syncs = true;
	static BOTH bool has_penalty(const desc &d) { return d.arg[4] != ABSENT; }
	static BOTH int64_t groups(const desc &d) { return flash::agents::groups(d, most); }

	static int64_t tasks(const desc &d, int phase) { return phase == 0 ? ceil_div(groups(d), flash::BLOCK_WARPS) : has_penalty(d); }
	static int64_t shared(const desc &d) { return has_penalty(d) ? groups(d) : 0; }

	static DEVICE void run(const view &v, int phase, int64_t task) {
		if (phase == 1) return penalty(v);
		int64_t group = task * flash::BLOCK_WARPS + flash::warp();
		if (group < groups(*v.d)) rows(v, group);
	}
	static DEVICE void rows(const view &v, int64_t group) {
		flash::agents all;
		int first = all.take(v, group, most);
		flash::octet mine[2 * TILES];
		all.get(mine, first);
		flash::by_numbers<P, D, TILES> q;
		q.get(v.arg(0) + all.base, mine, all.ld);
		flash::softmax<TILES> soft;
		flash::by_agents<P, D, TILES> x;
		soft.begin(), x.begin();
		float scale = 1 / sqrtf((float)D), squares = 0;
		ROLLED for (int from = 0, n = all.n; from < n; from += 8 * COLUMNS) {
			flash::octet others[COLUMNS];
			all.get(others, from);
			float s[TILES][COLUMNS][4];
			q.times(s, v.arg(1) + all.base, all, others);
			all.mask(s, mine, others, first, from);
			if (has_penalty(*v.d)) squares += sum_of_squares(s);
			UNROLL for (int m = 0; m < TILES; m++)
				UNROLL for (int h = 0; h < 2; h++) {
					x.scale(m, h, soft.raise(s[m], m, h, scale * LOG2_E));
					soft.weigh(s[m], m, h, scale * LOG2_E);
				}
			x.add_weights(s, v.arg(2) + all.base, all, others);
		}
		UNROLL for (int m = 0; m < TILES; m++)
			UNROLL for (int h = 0; h < 2; h++) x.scale(m, h, soft.inverse(m, h));
		x.put(v.arg(3) + all.base, mine, all.ld, false);
		if (has_penalty(*v.d)) keep(v, group, squares * (scale * scale));
	}
	static DEVICE float sum_of_squares(const float (&s)[TILES][COLUMNS][4]) {
		float sum = 0;
		UNROLL for (int m = 0; m < TILES; m++)
			UNROLL for (int c = 0; c < COLUMNS; c++)
				UNROLL for (int i = 0; i < 4; i++) sum += s[m][c][i] == -infinity() ? 0 : s[m][c][i] * s[m][c][i];
		return sum;
	}
	static DEVICE float warp_sum(float x) {
		UNROLL for (int by = 16; by > 0; by /= 2) x += __shfl_xor_sync(0xffffffffu, x, by);
		return x;
	}
	static DEVICE void keep(const view &v, int64_t group, float sum) {
		sum = warp_sum(sum);
		if (threadIdx.x % 32 == 0) v.shared[group] = sum;
	}
	static DEVICE void penalty(const view &v) {
		__shared__ float of[flash::BLOCK_WARPS];
		float sum = 0;
		UNROLL_8 for (int64_t i = threadIdx.x, n = groups(*v.d); i < n; i += threads) sum += v.shared[i];
		sum = warp_sum(sum);
		if (threadIdx.x % 32 == 0) of[flash::warp()] = sum;
		__syncthreads();
		if (threadIdx.x > 0) return;
		for (int w = 1; w < flash::BLOCK_WARPS; w++) sum += of[w];
		v.arg(4)[0] = penalty_factor(v) * sum;
	}
};

#endif
