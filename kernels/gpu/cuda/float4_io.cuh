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

// quadwise makes a kernel of a struct with
//
//	static BOTH int64_t count(const desc &d);                             // elements
//	static DEVICE bool wide(const view &v);                               // groups of four elements are aligned
//	template <int K> static DEVICE void at(const view &v, int64_t i);     // the work of elements [i, i+K), K 1 or 4
template <class Each> struct quadwise {
	static const int phases = 1, threads = THREADS, grouped_from = 0, lanes = 1;
	static const bool syncs = false;
	static BOTH int64_t count(const desc &d) { return Each::count(d); }
	static int64_t tasks(const desc &d, int) { return ceil_div(count(d), ELEMENTS); }
	static int64_t shared(const desc &) { return 0; }
	static DEVICE void range(const view &v, int64_t from, int64_t to) {
		if (from % 4 != 0 || !Each::wide(v)) {
			for (int64_t i = from + threadIdx.x; i < to; i += blockDim.x) Each::template at<1>(v, i);
			return;
		}
		for (int64_t i = from + 4 * (int64_t)threadIdx.x; i < to; i += 4 * blockDim.x) {
			if (i + 4 <= to) Each::template at<4>(v, i);
			else for (int64_t j = i; j < to; j++) Each::template at<1>(v, j);
		}
	}
	static DEVICE void run(const view &v, int, int64_t task) { range(v, task * ELEMENTS, smaller((task + 1) * ELEMENTS, count(*v.d))); }
};

#endif
