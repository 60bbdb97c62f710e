#include "winograd.cuh"

// Winograd's form is one of fp32; with rounded factors its flag has no effect.
const kernel *conv_fp32_kernel(launch &l) { return l.d.flags & FLAG_WINOGRAD ? winograd_kernel_of(l) : conv_kernel_by<in_fp32>(l); }
