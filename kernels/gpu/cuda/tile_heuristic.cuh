// What depends on the size of the device: the tile of a product, whether its blocks of terms are computed in parallel, and how
// many blocks loop over the tasks of a small kernel. Results do not depend on it.
#ifndef GMEL_TILE_HEURISTIC_CUH
#define GMEL_TILE_HEURISTIC_CUH

#include "kernel.cuh"

enum { MOST_ROUNDS = 8 };

// The plan writes the number of blocks in a round of a split product, otherwise 0, to the field that no op uses.
BOTH bool is_split(const desc &d) { return d.unused > 0; }
BOTH int64_t blocks_of_a_round(const desc &d, int64_t blocks) { return is_split(d) ? d.unused : blocks; }

#ifdef GMEL_EMULATE
// A small device, so that the shapes of tests use every tile and several rounds; or the real one, to count its launches.
#define MULTIPROCESSORS (emu::large_device ? 132 : 1)
#define MOST_SHARED (emu::large_device ? 1 << 26 : 1 << 15)
#define BLOCKS_EACH (emu::large_device ? 32 : 3)
#else
enum {
	MULTIPROCESSORS = 132,  // H100, H200
	MOST_SHARED = 1 << 26,  // floats of scratch for the sums of a round, 256 MiB
	BLOCKS_EACH = 32        // blocks of enough_blocks for each multiprocessor: some of them end while others still run
};
#endif

// amount is the work of a product: groups of [rows, columns], terms cut into blocks.
struct amount {
	int64_t groups, rows, columns, blocks, terms;
};

struct choice {
	int tile;
	bool split;
};

choice choose_tile(launch &l, const amount &a);                           // from the tiles in products.cuh
choice choose_tensor_tile(launch &l, const amount &a, int64_t wide); // from the tiles in tensor.cuh, the largest of which is 128 x wide
choice choose_pipelined_tile(launch &l, const amount &a);                 // from the tiles in pipelined.cuh
choice choose_conv_tile(launch &l, const amount &a);                      // from the tiles in conv_stream.cuh

// choose_at_once says whether sums in Winograd's form take one launch, of so many blocks for each iteration (winograd.cuh).
bool choose_at_once(const launch &l, const amount &a, int64_t blocks);

#endif
