// How a kernel is written and launched.
//
// A kernel is a struct that is next to its formula:
//
//	struct sum_rows {
//		static const int phases = 1, threads = 128;
//		static const bool syncs = true;                       // uses __syncthreads or warp functions
//		static int64_t tasks(const desc &d, int phase);       // blocks
//		static int64_t shared(const desc &d);                 // floats of device memory that phases pass on
//		static DEVICE void run(const view &v, int phase, int64_t task); // called by all threads of a block
//	};
//
// Ops of a loop are launched one after the other, each over all iterations: blockIdx.y is the iteration, and local
// and shared memory have a copy for every iteration. Chains of products have their own launch and kernel (chain.cu).
// The last phase of an op that sums over a segment runs the iterations of the segment in order. So only the last phase
// may access the accumulated output, and each of its elements must belong to the same thread in every iteration.
#ifndef GMEL_KERNEL_CUH
#define GMEL_KERNEL_CUH

#include <typeinfo>

#include "device.cuh"

// launch is the argument of a kernel: one phase of one op, for `units` iterations or segments.
struct launch {
	desc d;
	desc_step m; // zeros outside of loops
	float *arena, *local, *shared;
	int64_t local_size, shared_size; // floats for each iteration
	int64_t iterations, segments;    // of the loop; 1, 1 outside
	int64_t first, units;            // iterations, or segments if by_segment
	int64_t tasks;
	int64_t shared_at; // floats before its part of shared
	int32_t phase, by_segment;
	uint64_t *mark, number; // see note_begun
};

// note_begun tells the host which launch is running, in case it is the last before a fault. mark is host memory, or
// NULL if the host does not need it.
DEVICE void note_begun(uint64_t *mark, uint64_t number) {
	if (mark && (blockIdx.x | blockIdx.y | threadIdx.x) == 0) *(volatile uint64_t *)mark = number;
}

// view is an op in one iteration.
struct view {
	const desc *d;
	const launch *l;
	int64_t iteration, segment;
	bool accumulate;
	float *shared;

	// arg is argument i, or NULL if it is absent.
	DEVICE float *arg(int i) const {
		int64_t at = d->arg[i];
		if (at == ABSENT) return NULL;
		at += iteration * l->m.iteration[i] + segment * l->m.segment[i];
		return at >= LOCAL_BASE ? l->local + iteration * l->local_size + (at - LOCAL_BASE) : l->arena + at;
	}
	DEVICE int64_t dim(int i) const { return d->dim[i]; }
	DEVICE float scalar(int i) const { return d->scalar[i]; }
	DEVICE bool has(uint32_t flag) const { return (d->flags & flag) != 0; }
	DEVICE void put(float *out, float value) const { *out = accumulate ? *out + value : value; }
};

// segment_of is the segment that contains iteration i.
BOTH int64_t segment_of(int64_t i, int64_t iterations, int64_t segments) { return ((i + 1) * segments - 1) / iterations; }

DEVICE view view_of(const launch &l, int64_t iteration, int64_t segment) {
	view v;
	v.d = &l.d, v.l = &l, v.iteration = iteration, v.segment = segment;
	int64_t from = l.iterations * segment / l.segments;
	v.accumulate = (l.d.flags & FLAG_ACCUMULATE) != 0 || (l.m.sum && iteration > from);
	v.shared = l.shared + l.shared_at + iteration * l.shared_size;
	return v;
}

// run_unit runs an iteration, or those of a segment in order. It is one loop so that the code of an op exists once.
template <class Op> DEVICE void run_unit(const launch &l, int64_t unit, int64_t task) {
	int64_t from = unit, to = unit + 1;
	if (l.by_segment) from = l.iterations * unit / l.segments, to = l.iterations * (unit + 1) / l.segments;
	ROLLED for (int64_t i = from; i < to; i++) {
		Op::run(view_of(l, i, segment_of(i, l.iterations, l.segments)), l.phase, task);
		if (Op::syncs) __syncthreads(); // shared memory may be reused
	}
}

// resident_of is Op::resident, if Op has it: the number of blocks that should fit on a multiprocessor at once.
template <class Op> constexpr auto resident_of(int) -> decltype(Op::resident) { return Op::resident; }
template <class Op> constexpr int resident_of(long) { return 1; }

template <class Op> __global__ void __launch_bounds__(Op::threads, resident_of<Op>(0)) run_op(const __grid_constant__ launch l) {
	note_begun(l.mark, l.number);
	for (int64_t u = blockIdx.y; u < l.units; u += gridDim.y)
		for (int64_t t = blockIdx.x; t < l.tasks; t += gridDim.x) run_unit<Op>(l, l.first + u, t);
}

// AT_ONCE is the phase that replaces all others, for an op of which Op::at_once says that one phase is enough.
// NEVER_GROUPED stands for Op::grouped_from, the first phase that a group of ops can run (group.cuh), of ops without it.
enum { AT_ONCE = -1, NEVER_GROUPED = 0x7fffffff };

template <class Op> auto at_once_of(const desc &d, int) -> decltype(Op::at_once(d)) { return Op::at_once(d); }
template <class Op> bool at_once_of(const desc &, long) { return false; }
template <class Op> constexpr auto grouped_from_of(int) -> decltype(Op::grouped_from) { return Op::grouped_from; }
template <class Op> constexpr int grouped_from_of(long) { return NEVER_GROUPED; }

// elements_of is the work of an op whose items can be divided (Op::range), in elements; -1 for other ops.
template <class Op> auto elements_of(const desc &d, int) -> decltype(Op::count(d) * Op::lanes) { return Op::count(d) * Op::lanes; }
template <class Op> int64_t elements_of(const desc &, long) { return -1; }

// kernel is the description of a kernel for the plan.
struct kernel {
	const char *name; // of its struct, as the compiler mangles it
	int phases, threads, grouped_from;
	int64_t (*tasks)(const desc &d, int phase);
	int64_t (*shared)(const desc &d);
	int64_t (*elements)(const desc &d);
	bool (*at_once)(const desc &d);
	int32_t (*enqueue)(const launch &l, void *stream);
};

enum { MOST_BLOCKS_X = 0x7fffffff, MOST_BLOCKS_Y = 65535 };

// grid_of is the grid of a launch: blocks for its tasks, times its iterations or segments.
inline dim3 grid_of(const launch &l) { return dim3((unsigned)smaller(l.tasks, MOST_BLOCKS_X), (unsigned)smaller(l.units, MOST_BLOCKS_Y)); }

inline gmel_cuda_shape shape_of(const launch &l, const char *name, int threads) {
	dim3 grid = grid_of(l);
	return {name, grid.x, grid.y, threads};
}

template <class Op> int32_t enqueue_op(const launch &l, void *stream) {
	dim3 grid = grid_of(l);
#ifdef GMEL_EMULATE
	return emulate(grid, Op::threads, Op::syncs, [&] { run_op<Op>(l); });
#else
	run_op<Op><<<grid, Op::threads, 0, (cudaStream_t)stream>>>(l);
	return cudaPeekAtLastError();
#endif
}

template <class Op> const kernel *kernel_of() {
	static const kernel k = {
		typeid(Op).name(), Op::phases, Op::threads, grouped_from_of<Op>(0), Op::tasks, Op::shared,
		[](const desc &d) { return (int64_t)elements_of<Op>(d, 0); }, [](const desc &d) { return at_once_of<Op>(d, 0); }, enqueue_op<Op>,
	};
	return &k;
}

// kernel_for selects the kernel of an op, or NULL for an op that has none. The choice for a product also depends
// on the number of iterations; it stores its parameters in the descriptor of the launch.
const kernel *kernel_for(launch &l, int precision);

// The families of kernels, X(name). name_kernel in name.cu is the kernel of an op by its shape, NULL if the family has none.
#define GMEL_FAMILIES(X) \
	X(pointwise) X(reduce) X(policy) X(random) X(optim) X(gather) X(norm) X(image) X(rollout)

// The families with products, in name_fp32.cu, name_tf32.cu and name_bf16.cu: a kernel for every precision.
#define GMEL_PRODUCTS(X) X(gemm) X(conv) X(attention)

#define GMEL_FAMILY(name) const kernel *name##_kernel(const desc &d);
#define GMEL_PRODUCT(name) \
	const kernel *name##_fp32_kernel(launch &l); \
	const kernel *name##_tf32_kernel(launch &l); \
	const kernel *name##_bf16_kernel(launch &l);
GMEL_FAMILIES(GMEL_FAMILY)
GMEL_PRODUCTS(GMEL_PRODUCT)

#endif
