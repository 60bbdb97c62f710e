#include "mma.cuh"

// The floors that benchmarks compare with: multiply-adds on registers, one by one or on tensor cores, and a copy.

#ifdef GMEL_EMULATE
enum { PEAK_BLOCKS = 1, PEAK_THREADS = 32, CHAINS = 2, STRAIGHT = 1 }; // of a small device, on which a measurement is a second's work
static int64_t multiprocessors(void) { return 1; }
#else
// A multiprocessor has PEAK_BLOCKS, all at once: 8 warps for each of its four schedulers. Of STRAIGHT steps of all chains, without
// a branch, 98 % of the instructions are multiply-adds.
enum { PEAK_BLOCKS = 4, PEAK_THREADS = 256, CHAINS = 8, STRAIGHT = 32 };
// Of the device that is current for this thread.
static int64_t multiprocessors(void) {
	int device = 0, n = 0;
	if (cudaGetDevice(&device) || cudaDeviceGetAttribute(&n, cudaDevAttrMultiProcessorCount, device)) return 1; // launches will tell
	return n;
}
#endif
enum { COPY_AT_ONCE = 4 };

// y[i] = the sum of CHAINS chains x <- a x + b, rounds of STRAIGHT steps long; the chains hide the latency of each other.
__global__ void __launch_bounds__(PEAK_THREADS) fma_chains(float *y, float a, float b, int32_t rounds) {
	float x[CHAINS];
	UNROLL for (int c = 0; c < CHAINS; c++) x[c] = (float)c;
	ROLLED for (int32_t r = 0; r < rounds; r++) {
		UNROLL for (int s = 0; s < STRAIGHT; s++) {
			UNROLL for (int c = 0; c < CHAINS; c++) x[c] = fmaf(a, x[c], b);
		}
	}
	float s = 0;
	UNROLL for (int c = 0; c < CHAINS; c++) s += x[c];
	y[(int64_t)blockIdx.x * PEAK_THREADS + threadIdx.x] = s; // kept, or the compiler would drop the chains
}

// y[i] = the sum of a lane's results of CHAINS chains c <- a b + c of tiles, rounds of STRAIGHT steps long, by mma.sync: the most
// that kernels of this package can reach. The instructions of warp groups, of sm_90 and later, are faster; no kernel here has them.
template <class Precision> __global__ void __launch_bounds__(PEAK_THREADS) mma_chains(float *y, int32_t rounds) {
	const float x[2] = {1.25f, 1.75f}, z[2] = {0x1.8p-12f, -0x1.4p-12f};
	uint32_t w = Precision::word(x), a[4] = {w, w, w, w}, b[2] = {Precision::word(z), Precision::word(z)};
	float c[CHAINS][4] = {};
	ROLLED for (int32_t r = 0; r < rounds; r++) {
		UNROLL for (int s = 0; s < STRAIGHT; s++) {
			UNROLL for (int i = 0; i < CHAINS; i++) mma_tile<Precision>(c[i], a, b);
		}
	}
	float s = 0;
	UNROLL for (int i = 0; i < CHAINS; i++) s += c[i][0] + c[i][1] + c[i][2] + c[i][3];
	y[(int64_t)blockIdx.x * PEAK_THREADS + threadIdx.x] = s;
}

// to[n] = from[n], in fours, of which a thread has COPY_AT_ONCE on the way.
__global__ void __launch_bounds__(PEAK_THREADS) copy_floats(float4 *to, const float4 *from, int64_t n) {
	const int64_t first = (int64_t)blockIdx.x * COPY_AT_ONCE * PEAK_THREADS + threadIdx.x;
	float4 x[COPY_AT_ONCE];
	UNROLL for (int j = 0; j < COPY_AT_ONCE; j++)
		if (first + j * PEAK_THREADS < n) x[j] = from[first + j * PEAK_THREADS];
	UNROLL for (int j = 0; j < COPY_AT_ONCE; j++)
		if (first + j * PEAK_THREADS < n) to[first + j * PEAK_THREADS] = x[j];
}

int64_t gmel_cuda_peak_floats(void) { return PEAK_BLOCKS * multiprocessors() * PEAK_THREADS; }

double gmel_cuda_peak_flops(int64_t rounds, int32_t precision) {
	double chains = 2.0 * CHAINS * STRAIGHT * (double)gmel_cuda_peak_floats() * (double)rounds;
	return precision == GMEL_FP32 ? chains : chains * (16 * 8 * 8 / 32) * (precision == GMEL_TF32 ? tf32::terms : bf16::terms); // of a tile, by lane
}

int32_t gmel_cuda_peak(void *stream, float *y, int64_t rounds, int32_t precision) {
	const int blocks = (int)(PEAK_BLOCKS * multiprocessors());
#ifdef GMEL_EMULATE
	(void)stream;
	return emulate(blocks, PEAK_THREADS, true, [&] {
		if (precision == GMEL_FP32) fma_chains(y, 0.5f, 1.0f, (int32_t)rounds);
		else if (precision == GMEL_TF32) mma_chains<tf32>(y, (int32_t)rounds);
		else mma_chains<bf16>(y, (int32_t)rounds);
	});
#else
	cudaStream_t at = (cudaStream_t)stream;
	if (precision == GMEL_FP32) fma_chains<<<blocks, PEAK_THREADS, 0, at>>>(y, 0.5f, 1.0f, (int32_t)rounds);
	else if (precision == GMEL_TF32) mma_chains<tf32><<<blocks, PEAK_THREADS, 0, at>>>(y, (int32_t)rounds);
	else mma_chains<bf16><<<blocks, PEAK_THREADS, 0, at>>>(y, (int32_t)rounds);
	return cudaPeekAtLastError();
#endif
}

int32_t gmel_cuda_copy(void *stream, float *to, const float *from, int64_t n) {
	const int blocks = (int)ceil_div(n / 4, COPY_AT_ONCE * PEAK_THREADS);
#ifdef GMEL_EMULATE
	(void)stream;
	return emulate(blocks, PEAK_THREADS, false, [&] { copy_floats((float4 *)to, (const float4 *)from, n / 4); });
#else
	copy_floats<<<blocks, PEAK_THREADS, 0, (cudaStream_t)stream>>>((float4 *)to, (const float4 *)from, n / 4);
	return cudaPeekAtLastError();
#endif
}
