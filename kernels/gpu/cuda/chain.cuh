// Products of a few rows, one after the other in one launch (kernels/chain): the layers of a small network in the forward
// pass, or the gradients of their inputs in the backward pass.
#ifndef GMEL_CHAIN_CUH
#define GMEL_CHAIN_CUH

#include "kernel.cuh"

// chain is the argument of the kernel. Every product except the first has the result of the product before as left factor.
struct chain {
	launch product[GMEL_CHAIN_LONGEST]; // all have the same iterations
	int32_t products;
	uint32_t stored; // a bit for every product whose result is stored in memory
};

int32_t chain_enqueue(const chain &c, void *stream);
gmel_cuda_shape chain_shape(const chain &c);

#endif
