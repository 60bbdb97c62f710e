#include "tasks.cuh"

const kernel *attention_kernel(const desc &) { return NULL; }
