// Attention on tensor cores, for --precision tf32 and bf16: fragments of mma.cuh that come from memory or from other
// fragments, and the mask.
//
// Warps work alone and load fragments straight from memory, 16 bytes at a time. The terms of a product may have any order,
// and so may its columns. So a lane takes neighbours, and the fragments of the results are the fragments of the weights:
//
//	numbers    lane 4 g + t has numbers 16 q + 4 t .. + 3 of agent g; words 2 i and 2 i + 1 of them are t and t + 4 of step i
//	agents     columns 2 t and 2 t + 1 of the scores are the terms of lane t in the product with the values
//	results    column g of tile i of G is number G g + i, so that a lane has 2 G neighbours
#ifndef GMEL_ATTENTION_MMA_CUH
#define GMEL_ATTENTION_MMA_CUH

#include "attention.cuh"
#include "mma.cuh"

namespace flash {

enum { BLOCK_THREADS = 128, BLOCK_WARPS = BLOCK_THREADS / 32 };

DEVICE int warp() { return threadIdx.x / 32; }
DEVICE int lane_row() { return threadIdx.x % 32 / 4; }  // g
DEVICE int lane_word() { return threadIdx.x % 4; }      // t

// octet is eight agents of a head, of which count exist; at is the offset of the first.
struct octet {
	int at, count;
	// row is the offset of agent i. For one that does not exist it is that of another, whose numbers the mask makes harmless.
	DEVICE int row(int i, int ld) const {
		int last = count > 0 ? count - 1 : 0;
		return at + (i < last ? i : last) * ld;
	}
};

// agents are those of one head, or of the heads that share 32 rows of a warp: 16 or 8 rows each.
struct agents {
	enum { SHARED = 32 };
	int64_t base; // offset of the first head
	int n, ld, heads; // heads that exist
	bool apart, eights, self; // rows are shared; a head has eight
	int at[4]; // offset of each head from the first

	static BOTH int sharing(const desc &d) { return d.dim[1] > 16 ? 1 : d.dim[1] > 8 ? 2 : 4; }
	// groups is the number of warps, or groups of warps, that have all heads as rows, `most` rows each.
	static BOTH int64_t groups(const desc &d, int most) {
		return most == SHARED && d.dim[1] <= 16 ? ceil_div(pairs_of(d), sharing(d)) : pairs_of(d) * ceil_div(d.dim[1], most);
	}
	// take gets the agents of a group and returns the first one.
	DEVICE int take(const view &v, int64_t group, int most) {
		n = (int)v.dim(1), ld = (int)(v.dim(2) * v.dim(3)), self = v.has(FLAG_SELF);
		apart = most == SHARED && n <= 16, eights = n <= 8;
		int down = (n + most - 1) / most, pair = apart ? (int)group * sharing(*v.d) : (int)group / down;
		heads = (int)smaller(pairs_of(*v.d) - pair, 4);
		int width = (int)v.dim(3), head = pair % (int)v.dim(2);
		base = (int64_t)(pair / (int)v.dim(2)) * n * ld + head * width;
		at[0] = 0;
		UNROLL for (int i = 1; i < 4; i++) {
			bool next = ++head == (int)v.dim(2); // entry of the batch
			at[i] = at[i - 1] + (next ? (n - 1) * ld + width : width);
			head = next ? 0 : head;
		}
		return apart ? 0 : ((int)group - pair * down) * most;
	}
	// get sets o to the agents from `first` on; to all rows of a warp if they are shared.
	template <int octets> DEVICE void get(octet (&o)[octets], int first) const {
		UNROLL for (int i = 0; i < octets; i++) {
			int begin = first + 8 * i;
			o[i] = {begin * ld, n - begin};
			if (apart) {
				int eight = at[i % 4], sixteen = at[i / 2 % 4] + i % 2 * 8 * ld; // values, so that at stays in registers
				o[i].at = eights ? eight : sixteen;
				o[i].count = (eights ? i : i / 2) >= heads ? 0 : eights ? n : n - i % 2 * 8;
			}
			if (o[i].count <= 0) o[i] = {0, 0};
			if (o[i].count > 8) o[i].count = 8;
		}
	}
	// live reports that row tile m of a warp has scores with column octets c and c ^ 1.
	DEVICE bool live(int m, int c, const octet *columns) const { return columns[c / 2 * 2].count > 0 && (!apart || m == c / 2); }

	// mask sets the scores that do not count to -Inf: of and with agents that do not exist, with those of other heads, and
	// without self with the agent itself. A block without such scores costs a branch. row and column are the first agents.
	template <int TILES, int COLUMNS> DEVICE void mask(float (&s)[TILES][COLUMNS][4], const octet (&rows)[2 * TILES], const octet (&columns)[COLUMNS], int row, int column) const {
		bool meet = !self && row < column + 8 * COLUMNS && column < row + 16 * TILES;
		if (!apart && !meet && columns[COLUMNS - 1].count == 8 && rows[2 * TILES - 1].count == 8) return;
		UNROLL for (int r = 0; r < 2 * TILES; r++)
			UNROLL for (int c = 0; c < COLUMNS; c++) {
				bool other = apart && (r / 2 != c / 2 || (eights && r != c)), same = row + 8 * r == column + 8 * c && !self;
				int n = other || lane_row() >= rows[r].count ? 0 : columns[c].count, own = same ? lane_row() : -1;
				UNROLL for (int i = 0; i < 2; i++) {
					int j = 2 * lane_word() + i;
					if (j >= n || j == own) s[r / 2][c][r % 2 * 2 + i] = -infinity();
				}
			}
	}
};

// load reads n neighbours.
template <int n> DEVICE void load(float (&x)[n], const float *p) {
	if constexpr (n == 4) {
		spread(*(const float4 *)p, x);
	} else {
		float2 y = *(const float2 *)p;
		x[0] = y.x, x[1] = y.y;
	}
}

// words are the words of four neighbours.
template <class P> struct words {
	static const int n = 4 / P::terms;
	uint32_t w[n];
	DEVICE void get(const float *p) {
		float x[4];
		load(x, p);
		UNROLL for (int i = 0; i < n; i++) w[i] = P::word(x + i * P::terms);
	}
};

// by_numbers are left factors: TILES x 16 agents, with their D numbers as terms.
template <class P, int D, int TILES> struct by_numbers {
	static const int steps = 2 / P::terms; // for 16 terms
	uint32_t a[TILES][D / 16][steps][4];

	DEVICE void get(const float *p, const octet (&rows)[2 * TILES], int ld) {
		p += 4 * lane_word();
		UNROLL for (int m = 0; m < TILES; m++) {
			const float *upper = p + rows[2 * m].row(lane_row(), ld), *lower = p + rows[2 * m + 1].row(lane_row(), ld);
			UNROLL for (int q = 0; q < D / 16; q++) {
				words<P> x, y;
				x.get(upper + 16 * q), y.get(lower + 16 * q);
				UNROLL for (int i = 0; i < steps; i++) a[m][q][i][0] = x.w[2 * i], a[m][q][i][1] = y.w[2 * i], a[m][q][i][2] = x.w[2 * i + 1], a[m][q][i][3] = y.w[2 * i + 1];
			}
		}
	}
	// times sets s to the products with the agents of columns. Tiles that are not live keep zeros.
	template <int COLUMNS> DEVICE void times(float (&s)[TILES][COLUMNS][4], const float *p, const agents &all, const octet (&columns)[COLUMNS]) const {
		UNROLL for (int m = 0; m < TILES; m++)
			UNROLL for (int c = 0; c < COLUMNS; c++)
				UNROLL for (int i = 0; i < 4; i++) s[m][c][i] = 0;
		UNROLL for (int c = 0; c < COLUMNS; c++) {
			if (columns[c].count == 0) continue;
			const float *row = p + 4 * lane_word() + columns[c].row(lane_row(), all.ld);
			uint32_t b[D / 16][steps][2];
			UNROLL for (int q = 0; q < D / 16; q++) {
				words<P> x;
				x.get(row + 16 * q);
				UNROLL for (int i = 0; i < steps; i++) b[q][i][0] = x.w[2 * i], b[q][i][1] = x.w[2 * i + 1];
			}
			UNROLL for (int m = 0; m < TILES; m++)
				if (all.live(m, c, columns))
					UNROLL for (int q = 0; q < D / 16; q++)
						UNROLL for (int i = 0; i < steps; i++) mma_tile<P>(s[m][c], a[m][q][i], b[q][i]);
		}
	}
};

// weights_of are the results of two tiles of eight columns as left factors, with the columns as terms.
template <class P> DEVICE void weights_of(uint32_t (&a)[2 / P::terms][4], const float (&s)[4], const float (&next)[4]) {
	if constexpr (P::terms == 1) {
		a[0][0] = P::word(s), a[0][1] = P::word(s + 2), a[0][2] = P::word(s + 1), a[0][3] = P::word(s + 3);
		a[1][0] = P::word(next), a[1][1] = P::word(next + 2), a[1][2] = P::word(next + 1), a[1][3] = P::word(next + 3);
	} else {
		a[0][0] = P::word(s), a[0][1] = P::word(s + 2), a[0][2] = P::word(next), a[0][3] = P::word(next + 2);
	}
}

// by_agents is a sum over agents: TILES x 16 rows of D numbers.
template <class P, int D, int TILES> struct by_agents {
	static const int G = D >= 32 ? 4 : 2, steps = 2 / P::terms; // neighbours; steps for 16 terms
	float sum[TILES][D / 8][4];

	DEVICE void begin() {
		UNROLL for (int m = 0; m < TILES; m++)
			UNROLL for (int n = 0; n < D / 8; n++)
				UNROLL for (int i = 0; i < 4; i++) sum[m][n][i] = 0;
	}
	// scale multiplies the rows of a half by x.
	DEVICE void scale(int m, int half, float x) {
		UNROLL for (int n = 0; n < D / 8; n++) sum[m][n][2 * half] *= x, sum[m][n][2 * half + 1] *= x;
	}
	// right are right factors: 16 agents as terms, with 8 G of their numbers. Word t has agents 2 t, 2 t + 1, in the
	// order of weights_of. If apart, it has agents t and t + 4 of an octet in tf32, and agent t of both in bf16: the order
	// of exchange.
	struct right {
		uint32_t b[steps][G][2];
		DEVICE void get(const float *p, const octet *two, int ld, bool apart) {
			float x[2][2][G];
			int t = lane_word();
			UNROLL for (int o = 0; o < 2; o++)
				UNROLL for (int i = 0; i < 2; i++) load(x[o][i], p + G * lane_row() + two[o].row(apart ? t + 4 * i : 2 * t + i, ld));
			UNROLL for (int n = 0; n < G; n++)
				UNROLL for (int i = 0; i < 2; i++)
					if constexpr (P::terms == 1) {
						UNROLL for (int o = 0; o < 2; o++) b[o][n][i] = P::word(&x[o][i][n]);
					} else {
						float pair[2] = {apart ? x[0][i][n] : x[i][0][n], apart ? x[1][i][n] : x[i][1][n]};
						b[0][n][i] = P::word(pair);
					}
		}
	};
	// add adds the terms of two octets, by factors a of row tile m: factor(m, a), for the row tiles for which it is true.
	template <class Factor> DEVICE void add(const float *p, const octet *two, int ld, bool apart, Factor factor) {
		uint32_t a[TILES][steps][4];
		bool some[TILES];
		UNROLL for (int m = 0; m < TILES; m++) some[m] = factor(m, a[m]);
		UNROLL for (int e = 0; e < D / 8; e += G) {
			right r;
			r.get(p + 8 * e, two, ld, apart);
			UNROLL for (int m = 0; m < TILES; m++) {
				if (!some[m]) continue;
				UNROLL for (int i = 0; i < steps; i++)
					UNROLL for (int n = 0; n < G; n++) mma_tile<P>(sum[m][e + n], a[m][i], r.b[i][n]);
			}
		}
	}
	// add_weights adds the terms of all columns, with weights as they came from products.
	template <int COLUMNS> DEVICE void add_weights(const float (&w)[TILES][COLUMNS][4], const float *p, const agents &all, const octet (&columns)[COLUMNS]) {
		UNROLL for (int c = 0; c < COLUMNS; c += 2) {
			if (columns[c].count == 0) continue;
			add(p, &columns[c], all.ld, false, [&](int m, uint32_t (&a)[steps][4]) {
				bool some = all.live(m, c, columns);
				if (some) weights_of<P>(a, w[m][c], w[m][c + 1]);
				return some;
			});
		}
	}
	// put writes the rows that exist, or adds to them.
	DEVICE void put(float *p, const octet (&rows)[2 * TILES], int ld, bool accumulate) const {
		UNROLL for (int r = 0; r < 2 * TILES; r++) {
			if (lane_row() >= rows[r].count) continue;
			float *to = p + rows[r].at + lane_row() * ld + 2 * G * lane_word();
			UNROLL for (int e = 0; e < D / 8; e += G)
				UNROLL for (int i = 0; i < 2 * G; i += 4) { // four neighbours: of column 2 t, then 2 t + 1
					float x[4];
					UNROLL for (int k = 0; k < 4; k++) x[k] = sum[r / 2][e + (i + k) % G][r % 2 * 2 + (i + k) / G];
					float4 *at = (float4 *)(to + 8 * e + i);
					float4 old = accumulate ? *at : make_float4(0, 0, 0, 0);
					*at = accumulate ? make_float4(old.x + x[0], old.y + x[1], old.z + x[2], old.w + x[3]) : make_float4(x[0], x[1], x[2], x[3]);
				}
		}
	}
};

} // namespace flash

#endif
