// Attention of few agents. A tile of scores would be mostly empty, so a thread has a row of scores in registers
// and a block has several heads.
#ifndef GMEL_ATTENTION_FEW_CUH
#define GMEL_ATTENTION_FEW_CUH

#include "attention.cuh"

// few is the heads of a block, with AGENTS threads for each head.
template <int AGENTS> struct few {
	static const int threads = narrow_attention::threads, heads = threads / AGENTS, depth = 16;
	static const int quads = depth / 4, loads = threads * quads / threads; // groups of four in a row, and in a thread's part of a panel
	static_assert(AGENTS <= LANES, "a row has a number for each lane of a sum");

	// A panel of numbers, stored by number or by row. The simultaneous reads of the heads of a warp use different banks.
	struct memory {
		panel<threads, depth> left, right;
		__align__(16) float rows[threads * (depth + 4) + threads / 8 * 4];
	};
	static DEVICE float *row_in(memory &m, int r) { return m.rows + r * (depth + 4) + r / 8 * 4; }

	int n, d;
	int64_t first, at[loads], own_at; // pair of the first thread; offsets of the rows that a thread loads, and of its own row
	float factor;
	bool self;

	static BOTH int64_t tasks(const desc &d) { return ceil_div(pairs_of(d), heads); }
	DEVICE few(const view &v, int64_t task) : n((int)v.dim(1)), d((int)v.dim(3)), first(task * heads), factor(1 / sqrtf((float)d)), self(v.has(FLAG_SELF)) {
		UNROLL for (int i = 0; i < loads; i++) at[i] = begin_of(v, threadIdx.x / quads + threads / quads * i);
		own_at = begin_of(v, threadIdx.x);
	}
	// begin_of is the offset of row r of the block, or -1 if there is no such row.
	DEVICE int64_t begin_of(const view &v, int r) const {
		int64_t pair = first + r / AGENTS, agent = r % AGENTS;
		if (pair >= pairs_of(*v.d) || agent >= n) return -1;
		head h = head_of(v, pair);
		return h.at + agent * h.ld;
	}
	DEVICE bool there() const { return own_at >= 0; }
	DEVICE int64_t pair() const { return first + threadIdx.x / AGENTS; }
	DEVICE int row() const { return threadIdx.x % AGENTS; }
	DEVICE int base() const { return threadIdx.x / AGENTS * AGENTS; } // row 0 of the thread's head
	DEVICE bool own(int j) const { return j == row(); }
	DEVICE bool masked(int j) const { return own(j) && !self; }
	DEVICE bool alone() const { return n == 1 && !self; }

	// load calls f(row, number, four values) for the groups of four of a panel that begins at number from; missing values are 0.
	template <class Each> DEVICE void load(const float *p, int from, Each f) const {
		int k = threadIdx.x % quads * 4;
		bool vector = aligned_for_float4(p) && d % 4 == 0;
		UNROLL for (int i = 0; i < loads; i++)
			f(threadIdx.x / quads + threads / quads * i, k, four_of(p + at[i] + from + k, at[i] < 0 ? 0 : d - from - k, vector));
	}
	static DEVICE void put(panel<threads, depth> &to, int r, int k, float4 x) { to.x[k][r] = x.x, to.x[k + 1][r] = x.y, to.x[k + 2][r] = x.z, to.x[k + 3][r] = x.w; }

	// scores sets s[j] to the product sum over d of the thread's row of a and row j of b; d is one block of terms.
	DEVICE void scores(float (&s)[AGENTS], memory &m, const float *a, const float *b) const {
		UNROLL for (int j = 0; j < AGENTS; j++) s[j] = 0;
		ROLLED for (int from = 0; from < d; from += depth) {
			__syncthreads();
			load(a, from, [&](int r, int k, float4 x) { put(m.left, r, k, x); });
			load(b, from, [&](int r, int k, float4 x) { put(m.right, r, k, x); });
			__syncthreads();
			int terms = (int)smaller(depth, d - from);
			ROLLED for (int k = 0; k < terms; k++) {
				float x = m.left.x[k][threadIdx.x];
				UNROLL for (int j = 0; j < AGENTS; j += 4) {
					float y[4];
					spread(*(const float4 *)&m.right.x[k][base() + j], y);
					UNROLL for (int i = 0; i < 4; i++) s[j + i] = fmaf(x, y[i], s[j + i]);
				}
			}
		}
	}
	DEVICE void scale(float (&s)[AGENTS]) const {
		UNROLL for (int j = 0; j < AGENTS; j++) s[j] = s[j] * factor;
	}
	// largest is the maximum of the scores that are not masked, by x > m beginning with -Inf; 0 if all are.
	DEVICE float largest(const float (&s)[AGENTS]) const {
		float m = -infinity();
		UNROLL for (int j = 0; j < AGENTS; j++)
			if (j < n && !masked(j) && s[j] > m) m = s[j];
		return alone() ? 0 : m;
	}
	// sum is the vector sum of term(j) over the agents that are not masked.
	template <class Term> DEVICE float sum(Term term) const {
		return all([&](int j) { return masked(j) ? 0.f : term(j); });
	}
	template <class Term> DEVICE float all(Term term) const {
		float x[LANES];
		UNROLL for (int l = 0; l < LANES; l++) x[l] = l < AGENTS && l < n ? 0 + term(l < AGENTS ? l : 0) : 0;
		UNROLL for (int half = LANES / 2; half > 0; half /= 2)
			UNROLL for (int l = 0; l < LANES / 2; l++)
				if (l < half) x[l] += x[l + half];
		return x[0];
	}
	// weighted writes the thread's row of sum_j w[j] numbers_j to out.
	DEVICE void weighted(const float (&w)[AGENTS], memory &m, const float *numbers, float *out, bool accumulate) const {
		epilogue e = {};
		e.c = out, e.ld = d, e.accumulate = accumulate;
		e.set_vector();
		ROLLED for (int from = 0; from < d; from += depth) {
			__syncthreads();
			load(numbers, from, [&](int r, int k, float4 x) { *(float4 *)(row_in(m, r) + k) = x; });
			__syncthreads();
			float x[depth];
			UNROLL for (int c = 0; c < depth; c++) x[c] = 0;
			UNROLL for (int j = 0; j < AGENTS; j++) {
				if (j >= n) continue;
				const float *row = row_in(m, base() + j);
				UNROLL for (int c = 0; c < depth; c += 4) {
					float y[4];
					spread(*(const float4 *)(row + c), y);
					UNROLL for (int i = 0; i < 4; i++) x[c + i] = fmaf(w[j], y[i], x[c + i]);
				}
			}
			if (there())
				UNROLL for (int c = 0; c < depth; c += 4) e.put_four(own_at + from + c, (int)larger(smaller(d - from - c, 4), 0), x + c, make_float4(0, 0, 0, 0));
		}
	}
};

// is_few: there are few agents, and D is at most one block of terms.
BOTH bool is_few(const desc &d) { return d.dim[1] <= LANES && d.dim[3] <= BLOCK_K; }

#endif
