#include "tasks.cuh"

const kernel *gather_kernel(const desc &) { return NULL; }
