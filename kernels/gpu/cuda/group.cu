#include "group.cuh"

#include <string.h>

#include "cast.cuh"
#include "gather.cuh"
#include "gemm.cuh"
#include "pointwise.cuh"
#include "policy.cuh"
#include "reduce.cuh"
#include "scalars.cuh"

namespace {

// split_sum is the last phase of a split_product, whatever its tile is.
struct split_sum {
	typedef split_product<gemm, tile<32, 32, 16, 4, 4>> any;
	static int64_t tasks(const desc &d) { return ceil_div(any::size(d), GROUP_THREADS); }
	static DEVICE void run(const view &v, int phase, int64_t task) {
		any::add(v, any::round_of(*v.d, phase), task * GROUP_THREADS + threadIdx.x, true);
	}
};

// The ops of groups, X(code, kernel). Each has a barrier after its last use of shared memory, if it uses any.
#define GMEL_GROUPED(X) \
	X(UNARY, quadwise<unary>) X(UNARY_GRAD, quadwise<unary_grad>) X(BINARY, quadwise<binary>) X(COPY, quadwise<copy>) \
	X(FILL, quadwise<fill>) X(ONE_HOT, quadwise<one_hot>) X(PICK, elementwise<pick>) X(PICK_GRAD, quadwise<pick_grad>) \
	X(LOG_SOFTMAX, rowwise<log_softmax>) X(LOG_SOFTMAX_GRAD, rowwise<log_softmax_grad>) X(ARG_MAX, rowwise<arg_max>) \
	X(SUM_ROWS, rowwise<sum_row>) X(SUM_ALL, sum_all) X(SUM_COLS, sum_cols) X(CHECK_FINITE, check_finite) \
	X(GATHER_ROWS, quadwise<gather_rows>) X(SCATTER_ROWS, scatter_rows) \
	X(ADAM_TICK, scalarwise<adam_tick>) X(CLIP_SCALE, scalarwise<clip_scale>) X(COUNT, scalarwise<count_draws>) X(GEMM, split_sum) \
	X(CAST, elementwise<cast>)

// unpack makes the launch of op i. The whole block calls it.
DEVICE void unpack(const group &g, int i, launch_words &to) {
	int w = threadIdx.x;
	if (w >= LAUNCH_WORDS) return;
	const uint64_t *packed = g.word + g.at[i], differs = packed[0], bit = (uint64_t)1 << w;
	to.word[w] = differs & bit ? packed[1 + __popcll(differs & (bit - 1))] : g.common.word[w];
}

// span_of_rows is rows [from, to) of an iteration that has `of` rows.
struct span_of_rows {
	int64_t from, to, of;
	uint64_t of_by; // reciprocal of `of`
};

// run_rows runs an op on rows of an iteration; an op whose work cannot be divided has one task.
template <class Op> DEVICE auto run_rows(const view &v, const span_of_rows &s, int) -> decltype(Op::range(v, 0, 0)) {
	int64_t each = divide(Op::count(*v.d), s.of, s.of_by).whole;
	Op::range(v, s.from * each, s.to * each);
}
template <class Op> DEVICE void run_rows(const view &v, const span_of_rows &, long) { Op::run(v, v.l->phase, 0); }

DEVICE void run_rows(const launch &l, int64_t iteration, const span_of_rows &s) {
	quotient place = place_of(l, iteration);
	view v = view_of(l, iteration, place.whole, place.rest < l.segments);
	switch (l.d.op) {
#define CASE(code, ...) \
	case OP_##code: run_rows<__VA_ARGS__>(v, s, 0); break;
		GMEL_GROUPED(CASE)
#undef CASE
	}
}

// run_task runs a task of an op in one iteration, or in all iterations of a segment.
DEVICE void run_task(const launch &l, int64_t unit, int64_t task) {
	each_iteration(l, unit, [&](const view &v) {
		switch (l.d.op) {
#define CASE(code, ...) \
	case OP_##code: __VA_ARGS__::run(v, l.phase, task); break;
			GMEL_GROUPED(CASE)
#undef CASE
		}
	});
}

__global__ void __launch_bounds__(GROUP_THREADS, 2) run_in_turn(const __grid_constant__ group g) {
	__shared__ launch_words op;
	note_begun(g.common.l.mark, g.common.l.number);
	int64_t from = blockIdx.x * g.rows_each;
	span_of_rows s = {from, smaller(from + g.rows_each, g.rows), g.rows, g.rows_by};
	for (int64_t u = blockIdx.y; u < g.common.l.units; u += gridDim.y)
		for (int i = 0; i < g.ops; i++) {
			unpack(g, i, op);
			__syncthreads();
			run_rows(op.l, op.l.first + u, s);
			__syncthreads();
		}
}

__global__ void __launch_bounds__(GROUP_THREADS, 2) run_side_by_side(const __grid_constant__ group g) {
	__shared__ launch_words op;
	note_begun(g.common.l.mark, g.common.l.number);
	int i = 0;
	while ((int64_t)blockIdx.x >= g.first_block[i + 1]) i++;
	unpack(g, i, op);
	__syncthreads();
	uint32_t block = blockIdx.x - g.first_block[i], tasks = (uint32_t)op.l.tasks;
	run_task(op.l, op.l.first + block / tasks, block % tasks);
}

dim3 grid_of_group(const group &g) {
	if (g.side_by_side) return dim3(g.first_block[g.ops]);
	return dim3((unsigned)ceil_div(g.rows, g.rows_each), (unsigned)smaller(g.common.l.units, MOST_BLOCKS_Y));
}

} // namespace

void group::begin(const launch &l) {
	memset((void *)this, 0, sizeof *this);
	common.l = l;
	rows = rows_each = 1, rows_by = reciprocal_of(1);
}

bool group::add(const launch &l) {
	launch_words x;
	memset((void *)&x, 0, sizeof x);
	x.l = l;
	int64_t blocks = first_block[ops] + (side_by_side ? l.tasks * l.units : 0), more = 1;
	for (int w = 0; w < LAUNCH_WORDS; w++) more += x.word[w] != common.word[w];
	if (ops == GROUP_MOST || words + more > GROUP_WORDS || blocks > MOST_BLOCKS_X) return false;
	at[ops] = (uint16_t)words;
	uint64_t &differs = word[words++] = 0;
	for (int w = 0; w < LAUNCH_WORDS; w++) {
		if (x.word[w] == common.word[w]) continue;
		differs |= (uint64_t)1 << w;
		word[words++] = x.word[w];
	}
	first_block[++ops] = (int32_t)blocks;
	return true;
}

bool group_has(const desc &d) {
	switch (d.op) {
#define CASE(code, ...) \
	case OP_##code: return true;
		GMEL_GROUPED(CASE)
#undef CASE
	}
	return false;
}

int64_t group_tasks(const launch &l, const kernel &k) { return l.d.op == OP_GEMM ? split_sum::tasks(l.d) : k.tasks(l.d, l.phase); }

int32_t group_enqueue(const group &g, void *stream) {
	dim3 grid = grid_of_group(g);
#ifdef GMEL_EMULATE
	(void)stream;
	return emulate(grid, GROUP_THREADS, true, [&] { g.side_by_side ? run_side_by_side(g) : run_in_turn(g); });
#else
	if (g.side_by_side) run_side_by_side<<<grid, GROUP_THREADS, 0, (cudaStream_t)stream>>>(g);
	else run_in_turn<<<grid, GROUP_THREADS, 0, (cudaStream_t)stream>>>(g);
	return cudaPeekAtLastError();
#endif
}

gmel_cuda_shape group_shape(const group &g) {
	dim3 grid = grid_of_group(g);
	return {g.side_by_side ? "run_side_by_side" : "run_in_turn", grid.x, grid.y, GROUP_THREADS, g.common.l.d.op == OP_CAST};
}
