#include "tile_heuristic.cuh"

namespace {

// shape is a tile: its size, its warps, the number of blocks that fit a multiprocessor, and the fraction of the
// fp32 peak rate that a full multiprocessor reaches (an estimate from its reads of shared memory).
struct shape {
	int64_t rows, columns;
	double warps, resident, rate;
};

const shape shapes[] = {{128, 128, 8, 1, 0.8}, {64, 64, 4, 3, 0.75}, {32, 32, 2, 6, 0.5}, {128, 16, 4, 3, 0.4}};

const double WARPS = 8;      // warps that keep a multiprocessor busy
const double PART = 0.65;    // time to store and add one sum of a block of terms, in fused multiply-adds of a multiprocessor
const double LAUNCH = 640e3; // time of an additional launch, in the same unit

// time of n tiles with the given number of terms, in fused multiply-adds of one multiprocessor at its peak.
double time(const shape &s, double n, double terms) {
	double each = ceil(n / MULTIPROCESSORS), resident = each < s.resident ? each : s.resident;
	double busy = resident * s.warps < WARPS ? resident * s.warps / WARPS : 1;
	return ceil(each / resident) * resident * (double)(s.rows * s.columns) * terms / (s.rate * busy);
}

// round_for is the number of blocks of terms that fit in scratch at once, or 0 if there would be too many rounds.
int64_t round_for(const launch &l, const amount &a) {
	int64_t size = a.groups * a.rows * a.columns * l.iterations, n = smaller(a.blocks, MOST_SHARED / larger(size, 1));
	return n > 0 && ceil_div(a.blocks, n) <= MOST_ROUNDS ? n : 0;
}

choice choose_from(const shape *shapes, int n, launch &l, const amount &a) {
	choice best = {};
	double least = INFINITY;
	bool together = l.m.sum && l.units == l.iterations; // the iterations of a segment run in order
	double units = (double)l.units, whole = together ? (double)l.segments : units, steps = together ? units / whole : 1;
	int64_t round = a.blocks > 1 || together ? round_for(l, a) : 0;
	for (int i = 0; i < n; i++) {
		const shape &s = shapes[i];
		double tiles = (double)(a.groups * ceil_div(a.rows, s.rows) * ceil_div(a.columns, s.columns));
		double t = time(s, tiles * whole, (double)a.terms * steps);
		if (t < least) least = t, best = {i, false};
		if (round == 0) continue;
		double blocks = (double)a.blocks, parts = (double)(a.groups * a.rows * a.columns) * blocks * units;
		t = time(s, tiles * units * blocks, (double)a.terms / blocks) + PART * parts + LAUNCH;
		if (t < least) least = t, best = {i, true};
	}
	l.d.unused = best.split ? (uint32_t)round : 0;
	return best;
}

} // namespace

int64_t enough_blocks() { return MULTIPROCESSORS * BLOCKS_EACH; }

choice choose_tile(launch &l, const amount &a) { return choose_from(shapes, sizeof shapes / sizeof *shapes, l, a); }

#ifdef GMEL_EMULATE
#define FASTER (emu::large_device ? 1 : 0.2) // so that splitting pays for the small products of tests
#else
#define FASTER 1
#endif

// The rates are estimates for tf32 on an H100, whose peak is 8 times that of fp32.
choice choose_tensor_tile(launch &l, const amount &a, int64_t wide) {
	const shape tensor_shapes[] = {{128, wide, 8, 1, (wide == 128 ? 4 : 3.5) * FASTER}, {64, 64, 4, 2, 3 * FASTER}, {128, 16, 4, 2, 1.2 * FASTER}};
	return choose_from(tensor_shapes, sizeof tensor_shapes / sizeof *tensor_shapes, l, a);
}

// The rates of bf16 are counted: the instructions that a warp executes for one of mma.sync, which is 64 of multiply-adds
// (docs/design/gpu.md).
choice choose_pipelined_tile(launch &l, const amount &a) {
	const shape pipelined_shapes[] = {{128, 128, 8, 1, 64 / 7.2 * FASTER}, {64, 64, 4, 2, 64 / 12.8 * FASTER}, {128, 16, 4, 2, 64 / 28.9 * FASTER}};
	return choose_from(pipelined_shapes, sizeof pipelined_shapes / sizeof *pipelined_shapes, l, a);
}

choice choose_conv_tile(launch &l, const amount &a) {
	const double each[2][3] = {{7.9, 9.2, 15.6}, {10.1, 14.6, 26.5}}, *n = each[l.d.op == OP_CONV_GRAD_W];
	const shape conv_shapes[] = {{128, 64, 8, 2, 64 / n[0] * FASTER}, {64, 32, 2, 8, 64 / n[1] * FASTER}, {128, 16, 4, 4, 64 / n[2] * FASTER}};
	return choose_from(conv_shapes, sizeof conv_shapes / sizeof *conv_shapes, l, a);
}

// Cycles of a multiprocessor (docs/design/gpu.md). In one launch, a block of two warps has so many instructions for a channel, and a warp alone
// takes more cycles than that. Both forms wait for memory in panels of 16 channels, of which the product loads the next meanwhile. Three
// launches are two more, which wait once each.
bool choose_at_once(const launch &l, const amount &a, int64_t blocks) {
	const double INSTRUCTIONS = 85, ALONE = 130, BLOCKS = 2, PANEL = 16, WAIT = 1200, OF_LAUNCH = 3850, FMAS = 128, EFFICIENCY = 0.6;
	if (a.blocks > 1) return false;
	double terms = (double)a.terms, panels = ceil(terms / PANEL), busy = INSTRUCTIONS / BLOCKS * ceil((double)(blocks * l.units) / MULTIPROCESSORS);
	double once = terms * (busy > ALONE ? busy : ALONE) + panels * WAIT;
	double products = (double)(a.groups * a.rows * a.columns * l.units) * terms / (MULTIPROCESSORS * FMAS * EFFICIENCY);
	return once < 2 * (OF_LAUNCH + WAIT) + panels / 2 * WAIT + products;
}
