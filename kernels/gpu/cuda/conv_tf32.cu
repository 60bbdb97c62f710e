#include "convs.cuh"
#include "tensor.cuh"

const kernel *conv_tf32_kernel(launch &l) { return conv_kernel_by<in_tensor<tf32, 64>>(l); }
