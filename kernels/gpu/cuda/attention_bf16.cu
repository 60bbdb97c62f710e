#include "attention_mma_kernels.cuh"

const kernel *attention_bf16_kernel(launch &l) { return attention_mma_kernel<bf16>(l); }
