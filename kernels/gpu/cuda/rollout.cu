// Ops of on-policy learning: advantages, and minibatches without replacement.
#include "philox.cuh"
#include "tasks.cuh"

// A_t = ((reward + follows) - value) + rest, a thread for each chain, from the last slot to the first. The
// threads of a warp have neighbouring chains, so their loads are coalesced in every slot.
struct gae {
	static const int phases = 1, threads = 64;
	static const bool syncs = false;
	static int64_t tasks(const desc &d, int) { return d.dim[0] ? ceil_div(d.dim[1], threads) : 0; }
	static int64_t shared(const desc &) { return 0; }
	static DEVICE void run(const view &v, int, int64_t task) {
		int64_t m = v.dim(1), i = task * threads + threadIdx.x;
		if (i >= m) return;
		const float *reward = v.arg(0), *value = v.arg(1), *next = v.arg(2), *ended = v.arg(3);
		float gamma = v.scalar(0), c = gamma * v.scalar(1), later = 0, *a = v.arg(4);
		for (int64_t t = v.dim(0) - 1; t >= 0; t--) {
			int64_t at = t * m + i;
			float end = ended[at], follows = end == TERMINATED ? 0 : gamma * next[at], rest = end == GOES_ON ? c * later : 0;
			later = ((reward[at] + follows) - value[at]) + rest;
			a[at] = later;
		}
	}
};

// square_of is the smallest a with a a >= n, and ceil(n / a).
static void square_of(int64_t n, int64_t *a, int64_t *b) {
	*a = (int64_t)sqrt((double)n);
	while (*a * *a >= n && *a > 1) --*a; // the root is rounded
	while (*a * *a < n) ++*a;
	*b = ceil_div(n, larger(1, *a));
}

// feistel is the permutation `number` of 0 .. a*b-1.
struct feistel {
	const view &v;
	philox_stream words;
	int64_t a, b;
	uint64_t number;

	DEVICE uint32_t word(int64_t z, uint32_t round) const {
		uint32_t w[4];
		philox_stream s = words;
		s.low = (uint32_t)number, s.high = 32 * (uint32_t)(number >> 32) + round;
		s.block((uint32_t)z, w);
		return w[0];
	}
	DEVICE int64_t permute(int64_t x) const {
		const uint32_t rounds = 12;
		quotient at = v.divide(x, a, 0);
		int64_t l = at.rest, r = at.whole;
		ROLLED for (uint32_t round = 0; round < rounds; round += 2) {
			l = v.divide(l + word(r, round), a, 0).rest;
			r = v.divide(r + word(l, round + 1), b, 1).rest;
		}
		return r * a + l;
	}
};

// y[M]: elements of an endless sequence of permutations of 0 .. N-1. Every element is computed independently.
struct shuffle {
	enum { N = 1, A, B }; // of Dim
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static void prepare(desc &d, int64_t (&by)[DIVISORS]) {
		square_of(d.dim[N], &d.dim[A], &d.dim[B]);
		by[0] = d.dim[A], by[1] = d.dim[B], by[2] = d.dim[N];
	}
	static DEVICE void at(const view &v, int64_t i) {
		const float *counter = v.arg(0);
		quotient place = v.divide((int64_t)counter[0] * COUNTER_BASE + (int64_t)counter[1] + i, v.dim(N), 2);
		feistel f = {v, philox_of(*v.d, counter), v.dim(A), v.dim(B), (uint64_t)place.whole};
		int64_t x = f.permute(place.rest);
		while (x >= v.dim(N)) x = f.permute(x);
		v.arg(1)[i] = (float)x;
	}
};

const kernel *rollout_kernel(const desc &d) {
	switch (d.op) {
	case OP_GAE: return kernel_of<gae>();
	case OP_SHUFFLE: return kernel_of<elementwise<shuffle>>();
	}
	return NULL;
}
