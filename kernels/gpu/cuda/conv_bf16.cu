#include "convs.cuh"
#include "tensor.cuh"

const kernel *conv_bf16_kernel(launch &l) { return conv_kernel_by<in_tensor<bf16, 64>>(l); }
