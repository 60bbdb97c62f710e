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
// It may have more: resident, at_once, grouped_from, loops and prepare, see below.
//
// Ops of a loop are launched one after the other, each over all iterations: blockIdx.y is the iteration, and local
// and shared memory have a copy for every iteration. Chains of products have their own launch and kernel (chain.cu).
// The last phase of an op that sums over a segment runs the iterations of the segment in order. So only the last phase
// may access the accumulated output, and each of its elements must belong to the same thread in every iteration.
#ifndef GMEL_KERNEL_CUH
#define GMEL_KERNEL_CUH

#include <typeinfo>

#include "division.cuh"

// DIVISORS is the most numbers by which a kernel divides.
enum { DIVISORS = 3 };

// OP_CAST is no op of a Program, but a copy in bf16 that the plan makes (cast.cuh).
enum { OP_CAST = OP_END };

// launch is the argument of a kernel: one phase of one op, for `units` iterations or segments.
struct launch {
	desc d;
	desc_step m; // zeros outside of loops
	float *arena, *local, *shared, *copies;
	int64_t local_size, shared_size; // floats for each iteration
	int64_t iterations, segments;    // of the loop; 1, 1 outside
	int64_t first, units;            // iterations, or segments if by_segment
	int64_t tasks;
	int64_t shared_at; // floats before its part of shared
	int32_t phase, by_segment;
	uint64_t by[DIVISORS]; // reciprocals of the numbers by which the kernel divides
	uint64_t units_by;     // reciprocal of iterations; of segments if by_segment
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
	// copy is a copy in bf16 of an argument, by its place in desc.arg, or NULL.
	DEVICE uint16_t *copy(int place) const {
		int64_t at = d->arg[place];
		return at == 0 ? NULL : (uint16_t *)(l->copies + at + iteration * l->m.iteration[place]);
	}
	DEVICE int64_t dim(int i) const { return d->dim[i]; }
	DEVICE float scalar(int i) const { return d->scalar[i]; }
	DEVICE bool has(uint32_t flag) const { return (d->flags & flag) != 0; }
	DEVICE void put(float *out, float value) const { *out = accumulate ? *out + value : value; }
	// aligned reports whether argument i is aligned to four floats, in every iteration and segment.
	DEVICE bool aligned(int i) const { return ((d->arg[i] | l->m.iteration[i] | l->m.segment[i]) & 3) == 0; }
	// divide divides n by d, which is number i of Op::prepare.
	DEVICE quotient divide(int64_t n, int64_t d, int i) const { return ::divide(n, d, l->by[i]); }
};

// place_of is the segment that contains iteration i, and the rest of that division, which is below the number of segments
// for the first iteration of a segment only.
DEVICE quotient place_of(const launch &l, int64_t i) { return divide((i + 1) * l.segments - 1, l.iterations, l.units_by); }

// first_of is the first iteration of a segment.
DEVICE int64_t first_of(const launch &l, int64_t segment) { return divide(l.iterations * segment, l.segments, l.units_by).whole; }

DEVICE view view_of(const launch &l, int64_t iteration, int64_t segment, bool first) {
	view v;
	v.d = &l.d, v.l = &l, v.iteration = iteration, v.segment = segment;
	v.accumulate = (l.d.flags & FLAG_ACCUMULATE) != 0 || (l.m.sum && !first);
	v.shared = l.shared + l.shared_at + iteration * l.shared_size;
	return v;
}

// each_iteration calls run(view) for a unit: for its iteration, or for those of a segment in order.
template <class Run> DEVICE void each_iteration(const launch &l, int64_t unit, Run run) {
	int64_t from = unit, to = unit + 1, segment = unit;
	bool first = true;
	if (l.by_segment) {
		from = first_of(l, unit), to = first_of(l, unit + 1);
	} else {
		quotient place = place_of(l, unit);
		segment = place.whole, first = place.rest < l.segments;
	}
	ROLLED for (int64_t i = from; i < to; i++, first = false) run(view_of(l, i, segment, first));
}

// resident_of is Op::resident, if Op has it: the number of blocks that should fit on a multiprocessor at once.
template <class Op> constexpr auto resident_of(int) -> decltype(Op::resident) { return Op::resident; }
template <class Op> constexpr int resident_of(long) { return 1; }

// run_tasks runs the tasks of a block, or Op::every(v), if Op has it, which all blocks of the grid share.
template <class Op> DEVICE auto run_tasks(const view &v, int) -> decltype(Op::every(v)) { Op::every(v); }
template <class Op> DEVICE void run_tasks(const view &v, long) {
	ROLLED for (int64_t t = blockIdx.x; t < v.l->tasks; t += gridDim.x) {
		Op::run(v, v.l->phase, t);
		if (Op::syncs) __syncthreads(); // shared memory may be reused
	}
}

template <class Op> __global__ void __launch_bounds__(Op::threads, resident_of<Op>(0)) run_op(const __grid_constant__ launch l) {
	note_begun(l.mark, l.number);
	for (int64_t u = blockIdx.y; u < l.units; u += gridDim.y) each_iteration(l, l.first + u, [](const view &v) { run_tasks<Op>(v, 0); });
}

// AT_ONCE is the phase that replaces all others, for an op of which Op::at_once says that one phase is enough.
// NEVER_GROUPED stands for Op::grouped_from, the first phase that a group of ops can run (group.cuh), of ops without it.
enum { AT_ONCE = -1, NEVER_GROUPED = 0x7fffffff };

template <class Op> auto at_once_of(const desc &d, int) -> decltype(Op::at_once(d)) { return Op::at_once(d); }
template <class Op> bool at_once_of(const desc &, long) { return false; }
template <class Op> constexpr auto grouped_from_of(int) -> decltype(Op::grouped_from) { return Op::grouped_from; }
template <class Op> constexpr int grouped_from_of(long) { return NEVER_GROUPED; }

// Op::loops says that a block should have several tasks if there are more than enough for the device. What a task needs beforehand
// is then computed less often.
template <class Op> constexpr auto loops_of(int) -> decltype(Op::loops) { return Op::loops; }
template <class Op> constexpr bool loops_of(long) { return false; }

// Op::prepare(d, by) makes the descriptor of a launch simpler and sets the numbers by which the kernel divides.
template <class Op> auto prepare_op(desc &d, int64_t (&by)[DIVISORS], int) -> decltype(Op::prepare(d, by)) { Op::prepare(d, by); }
template <class Op> void prepare_op(desc &, int64_t (&)[DIVISORS], long) {}

// elements_of is the work of an op whose items can be divided (Op::range), in elements; -1 for other ops.
template <class Op> auto elements_of(const desc &d, int) -> decltype(Op::count(d) * Op::lanes) { return Op::count(d) * Op::lanes; }
template <class Op> int64_t elements_of(const desc &, long) { return -1; }

// kernel is the description of a kernel for the plan.
struct kernel {
	const char *name; // of its struct, as the compiler mangles it
	int phases, threads, grouped_from;
	bool loops;
	void (*prepare)(desc &d, int64_t (&by)[DIVISORS]);
	int64_t (*tasks)(const desc &d, int phase);
	int64_t (*shared)(const desc &d);
	int64_t (*elements)(const desc &d);
	bool (*at_once)(const desc &d);
	int32_t (*enqueue)(const launch &l, void *stream);
};

enum { MOST_BLOCKS_X = 0x7fffffff, MOST_BLOCKS_Y = 65535 };

// enough_blocks is the number of blocks of a kernel with Op::loops that keep the device busy (tile_heuristic.cu).
int64_t enough_blocks();

// grid_of is the grid of a launch: blocks for its tasks, times its iterations or segments.
inline dim3 grid_of(const launch &l, bool loops) {
	int64_t y = smaller(l.units, MOST_BLOCKS_Y), most = loops ? larger(1, enough_blocks() / y) : MOST_BLOCKS_X;
	return dim3((unsigned)smaller(l.tasks, most), (unsigned)y);
}

inline gmel_cuda_shape shape_of(const launch &l, const char *name, int threads, bool loops) {
	dim3 grid = grid_of(l, loops);
	return {name, grid.x, grid.y, threads, l.d.op == OP_CAST};
}

template <class Op> int32_t enqueue_op(const launch &l, void *stream) {
	dim3 grid = grid_of(l, loops_of<Op>(0));
#ifdef GMEL_EMULATE
	return emulate(grid, Op::threads, Op::syncs, [&] { run_op<Op>(l); });
#else
	run_op<Op><<<grid, Op::threads, 0, (cudaStream_t)stream>>>(l);
	return cudaPeekAtLastError();
#endif
}

template <class Op> const kernel *kernel_of() {
	static const kernel k = {
		typeid(Op).name(), Op::phases, Op::threads, grouped_from_of<Op>(0), loops_of<Op>(0),
		[](desc &d, int64_t (&by)[DIVISORS]) { prepare_op<Op>(d, by, 0); }, Op::tasks, Op::shared,
		[](const desc &d) { return (int64_t)elements_of<Op>(d, 0); }, [](const desc &d) { return at_once_of<Op>(d, 0); }, enqueue_op<Op>,
	};
	return &k;
}

// kernel_for selects the kernel of an op, or NULL for an op that has none. The choice for a product also depends
// on the number of iterations; it stores its parameters in the descriptor of the launch.
const kernel *kernel_for(launch &l, int precision);

// cast_kernel is the kernel of OP_CAST.
const kernel *cast_kernel();

// The families of kernels, X(name). name_kernel in name.cu is the kernel of an op by its shape, NULL if the family has none.
#define GMEL_FAMILIES(X) \
	X(pointwise) X(reduce) X(policy) X(random) X(optim) X(gather) X(norm) X(image) X(rollout)

// The families with products, in name_fp32.cu, name_tf32.cu and name_bf16.cu: a kernel for every precision.
#define GMEL_PRODUCTS(X) X(gemm) X(conv) X(attention)

// The families with other kernels for tf32 and bf16, which promise no bits, in name_free.cu; NULL where there is none.
#define GMEL_FREE(X) X(norm)

#define GMEL_FAMILY(name) const kernel *name##_kernel(const desc &d);
#define GMEL_PRODUCT(name) \
	const kernel *name##_fp32_kernel(launch &l); \
	const kernel *name##_tf32_kernel(launch &l); \
	const kernel *name##_bf16_kernel(launch &l);
#define GMEL_FREE_FAMILY(name) const kernel *name##_free_kernel(const desc &d);
GMEL_FAMILIES(GMEL_FAMILY)
GMEL_FREE(GMEL_FREE_FAMILY)
GMEL_PRODUCTS(GMEL_PRODUCT)

#endif
