// How ops are cut into blocks, and the loops of the threads in a block.
#ifndef GMEL_TASKS_CUH
#define GMEL_TASKS_CUH

#include "kernel.cuh"

inline int64_t no_shared(const desc &) { return 0; }

// Elementwise ops: Dim[0] elements, ELEMENTS in a block of THREADS.
enum { THREADS = 256, ELEMENTS = 1024 };

inline int64_t element_tasks(const desc &d, int) { return ceil_div(d.dim[0], ELEMENTS); }

// elementwise makes a kernel of a struct with
//
//	static int64_t count(const desc &d);                        // elements
//	static DEVICE void at(const view &v, int64_t i);            // processes one element
template <class Each> struct elementwise : Each {
	static const int phases = 1, threads = THREADS, grouped_from = 0, lanes = 1;
	static const bool syncs = false, loops = true;
	static int64_t tasks(const desc &d, int) { return ceil_div(Each::count(d), ELEMENTS); }
	static int64_t shared(const desc &) { return 0; }
	static DEVICE void range(const view &v, int64_t from, int64_t to) {
		for (int64_t i = from + threadIdx.x; i < to; i += blockDim.x) Each::at(v, i);
	}
	static DEVICE void run(const view &v, int, int64_t task) { range(v, task * ELEMENTS, smaller((task + 1) * ELEMENTS, Each::count(*v.d))); }
};

#endif
