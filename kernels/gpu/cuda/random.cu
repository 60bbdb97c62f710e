#include "tasks.cuh"

const kernel *random_kernel(const desc &) { return NULL; }
