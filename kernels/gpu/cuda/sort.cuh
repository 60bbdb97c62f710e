// Sorting in a block.
#ifndef GMEL_SORT_CUH
#define GMEL_SORT_CUH

#include "device.cuh"

// sort_keys sorts n different keys in ascending order by a bitonic network (Batcher 1968). keys must have room for the next
// power of two; the keys from n on become the largest number. All threads of a block call it.
DEVICE void sort_keys(uint64_t *keys, int32_t n) {
	int32_t all = 1;
	while (all < n) all *= 2;
	for (int32_t i = n + (int32_t)threadIdx.x; i < all; i += blockDim.x) keys[i] = ~(uint64_t)0;
	__syncthreads();
	for (int32_t size = 2; size <= all; size *= 2)
		for (int32_t by = size / 2; by > 0; by /= 2) {
			for (int32_t k = threadIdx.x; k < all / 2; k += blockDim.x) {
				int32_t i = 2 * k - (k & (by - 1)), j = i + by; // pairs `by` apart
				uint64_t a = keys[i], b = keys[j];
				if ((a > b) == ((i & size) == 0)) keys[i] = b, keys[j] = a;
			}
			__syncthreads();
		}
}

// first_not_below is the index of the first of n ascending keys that is at least x.
DEVICE int32_t first_not_below(const uint64_t *keys, int32_t n, uint64_t x) {
	int32_t lo = 0, hi = n;
	while (lo < hi) {
		int32_t mid = (lo + hi) / 2;
		if (keys[mid] < x) lo = mid + 1;
		else hi = mid;
	}
	return lo;
}

#endif
