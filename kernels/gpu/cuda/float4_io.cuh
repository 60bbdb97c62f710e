// Reading and writing four floats at once if they are aligned to 16 bytes.
#ifndef GMEL_FLOAT4_IO_CUH
#define GMEL_FLOAT4_IO_CUH

#include "tasks.cuh"

DEVICE bool aligned(const float *p) { return ((uintptr_t)p & 15) == 0; }

// load and store move K floats; groups of four must be aligned.
template <int K> DEVICE void load(const float *p, float (&x)[K]) {
	if (K == 4) {
		float4 q = *(const float4 *)p;
		x[0] = q.x, x[K / 2 - K / 4] = q.y, x[K / 2] = q.z, x[K - 1] = q.w;
	} else {
		UNROLL for (int l = 0; l < K; l++) x[l] = p[l];
	}
}
template <int K> DEVICE void store(float *p, const float (&x)[K]) {
	if (K == 4) *(float4 *)p = make_float4(x[0], x[K / 2 - K / 4], x[K / 2], x[K - 1]);
	else UNROLL for (int l = 0; l < K; l++) p[l] = x[l];
}
template <int K> DEVICE void put(const view &v, float *p, float (&x)[K]) {
	if (v.accumulate) {
		float old[K];
		load(p, old);
		UNROLL for (int l = 0; l < K; l++) x[l] = old[l] + x[l];
	}
	store(p, x);
}

// load_at moves K floats with a distance; four says that they are a group of four.
template <int K> DEVICE void load_at(const float *p, int64_t distance, bool four, float (&x)[K]) {
	if (K == 4 && four) return load(p, x);
	UNROLL for (int l = 0; l < K; l++) x[l] = p[l * distance];
}

// quadwise makes a kernel of a struct that is an op in an iteration:
//
//	static BOTH int64_t count(const desc &d);       // elements
//	DEVICE Each(const view &v);                     // what all elements need, once for many
//	DEVICE bool wide() const;                       // groups of four elements are aligned, in all iterations or in none
//	template <int K> DEVICE void at(int64_t i);     // the work of elements [i, i+K), K 1 or 4
template <class Each> struct quadwise : Each {
	static const int phases = 1, threads = THREADS, grouped_from = 0, lanes = 1;
	static const bool syncs = false, loops = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(Each::count(d), ELEMENTS); }
	static int64_t shared(const desc &) { return 0; }

	// process does elements [from, to); the caller is one of some threads.
	static DEVICE void process(const view &v, int64_t from, int64_t to, int64_t thread, int64_t threads) {
		Each each(v);
		int64_t fours = from % 4 == 0 && each.wide() ? to - (to - from) % 4 : from; // the elements before are in groups of four
		ROLLED for (int64_t i = from + 4 * thread; i < fours; i += 4 * threads) each.template at<4>(i);
		ROLLED for (int64_t i = fours + thread; i < to; i += threads) each.template at<1>(i);
	}
	static DEVICE void every(const view &v) {
		process(v, 0, Each::count(*v.d), blockIdx.x * (int64_t)THREADS + threadIdx.x, gridDim.x * (int64_t)THREADS);
	}
	static DEVICE void range(const view &v, int64_t from, int64_t to) { process(v, from, to, threadIdx.x, blockDim.x); }
	static DEVICE void run(const view &v, int, int64_t task) { range(v, task * ELEMENTS, smaller((task + 1) * ELEMENTS, Each::count(*v.d))); }
};

#endif
