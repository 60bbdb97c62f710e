#include "attention_mma_kernels.cuh"

const kernel *attention_tf32_kernel(launch &l) { return attention_mma_kernel<tf32>(l); }
