// Sums in the order of package ref.
#ifndef GMEL_SUMS_CUH
#define GMEL_SUMS_CUH

#include "device.cuh"

enum { SUMS = 8, SUM_THREADS = SUMS * LANES }; // vector sums of a block, one for each half-warp

// fold_lanes adds the values of the 16 lanes of a half-warp: 8, 4, 2, 1. Lane 0 has the sum.
DEVICE float fold_lanes(float x) {
	UNROLL for (int half = LANES / 2; half > 0; half /= 2) x += __shfl_down_sync(0xffffffffu, x, half, LANES);
	return x;
}

// vector_sum is the vector sum of term(i) for i < n. All lanes of the warp call it. Each half-warp has its own
// sum, and both have the same number of chunks. Every lane gets the sum.
template <class Term> DEVICE float vector_sum(int64_t n, int64_t chunks, Term term) {
	int lane = threadIdx.x % LANES;
	float total = 0;
	for (int64_t c = 0; c < chunks; c++) {
		float s = 0;
		int64_t end = smaller((c + 1) * CHUNK, n);
		for (int64_t i = c * CHUNK + lane; i < end; i += LANES) s += term(i);
		s = fold_lanes(s);
		if (c == 0) total = s;
		else if (c * CHUNK < n) total += s;
	}
	return __shfl_sync(0xffffffffu, total, 0, LANES);
}

// ordered_sum is x[0] + x[1] + ... in ascending order. The whole block calls it; thread 0 gets the sum.
template <int threads> DEVICE float ordered_sum(const float *x, int64_t n) {
	__shared__ float part[threads];
	float total = 0;
	for (int64_t from = 0; from < n; from += threads) {
		int there = (int)smaller(threads, n - from);
		if ((int)threadIdx.x < there) part[threadIdx.x] = x[from + threadIdx.x];
		__syncthreads();
		if (threadIdx.x == 0)
			for (int i = 0; i < there; i++) total = from + i == 0 ? part[0] : total + part[i];
		__syncthreads();
	}
	return total;
}

#endif
