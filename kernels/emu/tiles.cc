//go:build ptx

// The choice of tiles for tests. It replaces the library's, because this file is linked before.
#define GMEL_EMULATE
#define choose_tile tile_of_emulation
#define choose_tensor_tile tensor_tile_of_emulation
#define choose_pipelined_tile pipelined_tile_of_emulation
#define choose_conv_tile conv_tile_of_emulation
#define choose_at_once at_once_in_emulation
#include "../gpu/cuda/tile_heuristic.cu"
#undef choose_tile
#undef choose_tensor_tile
#undef choose_pipelined_tile
#undef choose_conv_tile
#undef choose_at_once

bool emu::large_device = false;

static int chosen = -1, split_too;

// gmel_ptx_choose makes all products use a tile, with blocks of terms side by side where that is possible, or in one chain. Tile -1: as
// the emulation, whose device is small.
extern "C" void gmel_ptx_choose(int tile, int split) { chosen = tile, split_too = split; }

static choice choose(launch &l, const amount &a, int tiles, choice otherwise) {
	if (chosen < 0) return otherwise;
	bool together = l.m.sum && l.units == l.iterations;
	int64_t round = split_too && (a.blocks > 1 || together) ? round_for(l, a) : 0;
	l.d.unused = (uint32_t)round;
	return {chosen % tiles, round > 0};
}

choice choose_tile(launch &l, const amount &a) { return choose(l, a, 4, tile_of_emulation(l, a)); }

choice choose_tensor_tile(launch &l, const amount &a, int64_t wide) { return choose(l, a, 3, tensor_tile_of_emulation(l, a, wide)); }

choice choose_pipelined_tile(launch &l, const amount &a) { return choose(l, a, 3, pipelined_tile_of_emulation(l, a)); }

choice choose_conv_tile(launch &l, const amount &a) { return choose(l, a, 3, conv_tile_of_emulation(l, a)); }

bool choose_at_once(const launch &l, const amount &a, int64_t blocks) { return chosen < 0 && at_once_in_emulation(l, a, blocks); }
