#include "gemm.cuh"

const kernel *gemm_fp32_kernel(launch &l) { return gemm_kernel_by<in_fp32>(l); }
