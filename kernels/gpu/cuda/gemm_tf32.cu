#include "gemm.cuh"
#include "tensor.cuh"

const kernel *gemm_tf32_kernel(launch &l) { return gemm_kernel_by<in_tensor<tf32, 128>>(l); }
