#include "gemm.cuh"
#include "tensor.cuh"

const kernel *gemm_bf16_kernel(launch &l) { return gemm_kernel_by<in_tensor<bf16, 128>>(l); }
