#include "device.cuh"

// The floors that benchmarks compare with: multiply-adds on registers, and a copy.

enum { PEAK_THREADS = 256, PEAK_BLOCKS = 2048, CHAINS = 8 };

// y[i] = the sum of CHAINS chains x <- a x + b, rounds long; the chains hide the latency of each other.
__global__ void __launch_bounds__(PEAK_THREADS) fma_chains(float *y, float a, float b, int64_t rounds) {
	float x[CHAINS];
	UNROLL for (int c = 0; c < CHAINS; c++) x[c] = (float)c;
	for (int64_t r = 0; r < rounds; r++) {
		UNROLL for (int c = 0; c < CHAINS; c++) x[c] = fmaf(a, x[c], b);
	}
	float s = 0;
	UNROLL for (int c = 0; c < CHAINS; c++) s += x[c];
	y[(int64_t)blockIdx.x * PEAK_THREADS + threadIdx.x] = s; // kept, or the compiler would drop the chains
}

// to[n] = from[n], in fours.
__global__ void __launch_bounds__(PEAK_THREADS) copy_floats(float4 *to, const float4 *from, int64_t n) {
	for (int64_t i = (int64_t)blockIdx.x * PEAK_THREADS + threadIdx.x; i < n; i += (int64_t)PEAK_BLOCKS * PEAK_THREADS) to[i] = from[i];
}

int64_t gmel_cuda_peak_floats(void) { return (int64_t)PEAK_BLOCKS * PEAK_THREADS; }

double gmel_cuda_peak_flops(int64_t rounds) { return 2.0 * CHAINS * (double)gmel_cuda_peak_floats() * (double)rounds; }

int32_t gmel_cuda_peak(void *stream, float *y, int64_t rounds) {
#ifdef GMEL_EMULATE
	return emulate(PEAK_BLOCKS, PEAK_THREADS, false, [&] { fma_chains(y, 0.5f, 1.0f, rounds); });
#else
	fma_chains<<<PEAK_BLOCKS, PEAK_THREADS, 0, (cudaStream_t)stream>>>(y, 0.5f, 1.0f, rounds);
	return cudaPeekAtLastError();
#endif
}

int32_t gmel_cuda_copy(void *stream, float *to, const float *from, int64_t n) {
#ifdef GMEL_EMULATE
	return emulate(PEAK_BLOCKS, PEAK_THREADS, false, [&] { copy_floats((float4 *)to, (const float4 *)from, n / 4); });
#else
	copy_floats<<<PEAK_BLOCKS, PEAK_THREADS, 0, (cudaStream_t)stream>>>((float4 *)to, (const float4 *)from, n / 4);
	return cudaPeekAtLastError();
#endif
}
