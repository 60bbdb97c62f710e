#include "tasks.cuh"

const kernel *train_kernel(const desc &) { return NULL; }
