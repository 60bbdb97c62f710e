#include "mma.cuh"

// The floors that benchmarks compare with: multiply-adds on registers, one by one or on tensor cores, and a copy.

#ifdef GMEL_EMULATE
enum { PEAK_BLOCKS = 1, PEAK_THREADS = 32, CHAINS = 2 }; // of a small device, on which a measurement is a second's work
#else
enum { PEAK_BLOCKS = 2048, PEAK_THREADS = 256, CHAINS = 8 };
#endif

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

// y[i] = the sum of a lane's results of CHAINS chains c <- a b + c of tiles, rounds long.
template <class Precision> __global__ void __launch_bounds__(PEAK_THREADS) mma_chains(float *y, int64_t rounds) {
	const float x[2] = {1.25f, 1.75f}, z[2] = {0x1.8p-12f, -0x1.4p-12f};
	uint32_t w = Precision::word(x), a[4] = {w, w, w, w}, b[2] = {Precision::word(z), Precision::word(z)};
	float c[CHAINS][4] = {};
	for (int64_t r = 0; r < rounds; r++) {
		UNROLL for (int i = 0; i < CHAINS; i++) mma_tile<Precision>(c[i], a, b);
	}
	float s = 0;
	UNROLL for (int i = 0; i < CHAINS; i++) s += c[i][0] + c[i][1] + c[i][2] + c[i][3];
	y[(int64_t)blockIdx.x * PEAK_THREADS + threadIdx.x] = s;
}

// to[n] = from[n], in fours.
__global__ void __launch_bounds__(PEAK_THREADS) copy_floats(float4 *to, const float4 *from, int64_t n) {
	for (int64_t i = (int64_t)blockIdx.x * PEAK_THREADS + threadIdx.x; i < n; i += (int64_t)PEAK_BLOCKS * PEAK_THREADS) to[i] = from[i];
}

int64_t gmel_cuda_peak_floats(void) { return (int64_t)PEAK_BLOCKS * PEAK_THREADS; }

double gmel_cuda_peak_flops(int64_t rounds, int32_t precision) {
	double chains = 2.0 * CHAINS * (double)gmel_cuda_peak_floats() * (double)rounds;
	return precision == GMEL_FP32 ? chains : chains * (16 * 8 * 8 / 32) * (precision == GMEL_TF32 ? tf32::terms : bf16::terms); // of a tile, by lane
}

int32_t gmel_cuda_peak(void *stream, float *y, int64_t rounds, int32_t precision) {
#ifdef GMEL_EMULATE
	(void)stream;
	return emulate(PEAK_BLOCKS, PEAK_THREADS, true, [&] {
		if (precision == GMEL_FP32) fma_chains(y, 0.5f, 1.0f, rounds);
		else if (precision == GMEL_TF32) mma_chains<tf32>(y, rounds);
		else mma_chains<bf16>(y, rounds);
	});
#else
	cudaStream_t at = (cudaStream_t)stream;
	if (precision == GMEL_FP32) fma_chains<<<PEAK_BLOCKS, PEAK_THREADS, 0, at>>>(y, 0.5f, 1.0f, rounds);
	else if (precision == GMEL_TF32) mma_chains<tf32><<<PEAK_BLOCKS, PEAK_THREADS, 0, at>>>(y, rounds);
	else mma_chains<bf16><<<PEAK_BLOCKS, PEAK_THREADS, 0, at>>>(y, rounds);
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
