// The edge worlds of package sim on a device: what the plan needs to launch a slot.
#ifndef GMEL_EDGE_CUH
#define GMEL_EDGE_CUH

#include "kernel.cuh"

// edge_enqueue launches the slot l.d, an OP_STEP, of the worlds w.
int32_t edge_enqueue(const gmel_cuda_world &w, const launch &l, void *stream);

#endif
