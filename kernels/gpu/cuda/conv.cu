#include "tasks.cuh"

const kernel *conv_kernel(const desc &, int) { return NULL; }
