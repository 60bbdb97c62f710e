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

// feistel is the permutation `number` of 0 .. a*b-1.
struct feistel {
	philox_stream words;
	uint64_t a, b, number;

	// square makes a the smallest number with a a >= n.
	DEVICE void square(uint64_t n) {
		a = (uint64_t)sqrtf((float)n);
		while (a * a >= n && a > 1) a--; // the root is rounded
		while (a * a < n) a++;
		b = (n + a - 1) / a;
	}
	DEVICE uint32_t word(uint64_t z, uint32_t round) const {
		uint32_t w[4];
		philox_stream s = words;
		s.low = (uint32_t)number, s.high = 32 * (uint32_t)(number >> 32) + round;
		s.block((uint32_t)z, w);
		return w[0];
	}
	DEVICE uint64_t permute(uint64_t x) const {
		const uint32_t rounds = 12;
		uint64_t l = x % a, r = x / a;
		for (uint32_t round = 0; round < rounds; round += 2) {
			l = (l + word(r, round)) % a;
			r = (r + word(l, round + 1)) % b;
		}
		return r * a + l;
	}
};

// y[M]: elements of an endless sequence of permutations. Every element is computed independently.
struct shuffle {
	static BOTH int64_t count(const desc &d) { return d.dim[0]; }
	static DEVICE void at(const view &v, int64_t i) {
		const float *counter = v.arg(0);
		uint64_t n = (uint64_t)v.dim(1), place = (uint64_t)counter[0] * COUNTER_BASE + (uint64_t)counter[1] + (uint64_t)i;
		feistel f;
		f.words = philox_of(*v.d, counter);
		f.square(n);
		f.number = place / n;
		uint64_t x = f.permute(place % n);
		while (x >= n) x = f.permute(x);
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
