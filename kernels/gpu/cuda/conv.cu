#include "tasks.cuh"

const kernel *conv_kernel(launch &, int) { return NULL; }
