// Products of a few rows, one behind the other in one launch (kernels/chain): the layers of a small net forward, or the
// gradients of their inputs backward.
#ifndef GMEL_CHAIN_CUH
#define GMEL_CHAIN_CUH

#include "kernel.cuh"

// chain is what its kernel gets. Every product but the first takes the result of the one before as its left factor.
struct chain {
	launch product[GMEL_CHAIN_LONGEST]; // all of the same iterations
	int32_t products;
	uint32_t stored; // a bit for every product whose result goes to memory
};

int32_t chain_enqueue(const chain &c, void *stream);

#endif
