// Ops on a few numbers.
#ifndef GMEL_SCALARS_CUH
#define GMEL_SCALARS_CUH

#include "tasks.cuh"

// scalarwise makes a kernel of a struct that computes a few numbers. One thread calls
//
//	static DEVICE void once(const view &v);
template <class Each> struct scalarwise {
	static const int phases = 1, threads = 32, grouped_from = 0;
	static const bool syncs = false;
	static int64_t tasks(const desc &, int) { return 1; }
	static int64_t shared(const desc &d) { return no_shared(d); }
	static DEVICE void run(const view &v, int, int64_t) {
		if (threadIdx.x == 0) Each::once(v);
	}
};

// b1^t *= b1, b2^t *= b2
struct adam_tick {
	static DEVICE void once(const view &v) { v.arg(0)[1] *= v.scalar(0), v.arg(0)[2] *= v.scalar(1); }
};

// norm = sqrt(q), scale = min(1, Scalar[0] / (norm + 1e-6)), NaN if the norm is NaN
struct clip_scale {
	static DEVICE void once(const view &v) {
		float norm = sqrtf(*v.arg(0)), s = v.scalar(0) / (norm + 1e-6f);
		*v.arg(1) = norm, *v.arg(2) = s > 1 ? 1 : s;
	}
};

// counter[2] = (high, low) += Dim[0] in base 2^24; wraps at 2^48.
struct count_draws {
	static DEVICE void once(const view &v) {
		float *c = v.arg(0);
		uint64_t n = (uint64_t)c[0] * COUNTER_BASE + (uint64_t)c[1] + (uint64_t)v.dim(0);
		c[0] = (float)(n / COUNTER_BASE % COUNTER_BASE);
		c[1] = (float)(n % COUNTER_BASE);
	}
};

#endif
