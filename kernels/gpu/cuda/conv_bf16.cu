#include "conv_stream.cuh"

const kernel *conv_bf16_kernel(launch &l) { return conv_kernel_by<in_stream>(l); }
