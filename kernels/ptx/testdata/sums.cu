// Kernels for a test of what nvcc emits. sums.ptx is made by CUDA 13.0.88 in this folder:
//
//	nvcc -std=c++17 -O3 -fmad=false -arch=compute_90 --ptx sums.cu

// norm is a function that stays one, with an array in local memory.
static __device__ __noinline__ float norm(const float *x, int n, int skip) {
	float squares[4] = {0, 0, 0, 0};
	for (int i = 0; i < n; i++)
		if (i != skip) squares[(unsigned)x[i] % 4] += x[i] * x[i];
	return sqrtf(squares[0] + squares[1] + squares[2] + squares[3]);
}

struct matrix {
	const float *at;
	int rows, columns;
};

// row_norms gives every thread a row.
extern "C" __global__ void row_norms(const __grid_constant__ matrix m, float *y) {
	int row = blockIdx.x * blockDim.x + threadIdx.x;
	if (row < m.rows) y[row] = norm(m.at + row * (long)m.columns, m.columns, row);
}

// block_sum adds the numbers of each thread, then those of a warp in a tree, then the warps.
extern "C" __global__ void __launch_bounds__(128) block_sum(const float *x, float *y, int n) {
	__shared__ float part[4];
	float s = 0;
	for (int i = blockIdx.x * 128 + threadIdx.x; i < n; i += gridDim.x * 128) s += x[i];
	for (int d = 16; d > 0; d /= 2) s += __shfl_down_sync(0xffffffff, s, d);
	if (threadIdx.x % 32 == 0) part[threadIdx.x / 32] = s;
	__syncthreads();
	if (threadIdx.x == 0) y[blockIdx.x] = part[0] + part[1] + part[2] + part[3];
}
