#include "gemm.cuh"
#include "pipelined.cuh"

const kernel *gemm_bf16_kernel(launch &l) { return gemm_kernel_by<in_pipeline, copied_gemm>(l); }
