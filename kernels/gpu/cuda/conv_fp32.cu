#include "convs.cuh"

const kernel *conv_fp32_kernel(launch &l) { return conv_kernel_by<in_fp32>(l); }
