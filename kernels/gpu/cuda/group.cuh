// A group of small ops in one launch. There are two kinds:
//
//   - in turn: every block of threads runs all ops of the group, one after the other, on its rows of its iteration, with a
//     barrier between ops. A block has all rows of an iteration, or the ops process rows independently (kernels/chain).
//   - side by side: every block runs a task of one op. No op of the group touches what another one writes.
//
// Each op is computed as in a launch of its own, so the bits are the same. The argument of a kernel should not exceed 4 KB, so
// the launches of the ops are packed: only the words in which they differ from a common launch.
#ifndef GMEL_GROUP_CUH
#define GMEL_GROUP_CUH

#include "kernel.cuh"

enum { GROUP_THREADS = 256, GROUP_MOST = 40, GROUP_BYTES = 4096, LAUNCH_WORDS = sizeof(launch) / 8 };

union launch_words {
	launch l;
	uint64_t word[LAUNCH_WORDS];
};
static_assert(LAUNCH_WORDS < 64 && sizeof(launch_words) == sizeof(launch), "a word of bits says which words of a launch are packed");

struct group_head {
	launch_words common;
	int64_t rows, rows_each;             // in turn: of an iteration, of a block
	uint64_t rows_by;                    // reciprocal of rows
	int32_t ops, side_by_side, words;
	int32_t first_block[GROUP_MOST + 1]; // side by side: the blocks of op i are [first_block[i], first_block[i + 1])
	uint16_t at[GROUP_MOST];             // where the words of an op begin
};

enum { GROUP_WORDS = (GROUP_BYTES - sizeof(group_head)) / 8 };

// group is the argument of the kernel.
struct group : group_head {
	uint64_t word[GROUP_WORDS]; // of each op: bits of the words that differ from common, and these words

	// begin makes an empty group of ops for the iterations of l.
	void begin(const launch &l);
	// add appends an op with its phase and tasks, and reports whether there was room.
	bool add(const launch &l);
};
static_assert(sizeof(group) <= GROUP_BYTES, "the argument of a kernel");

// group_has reports whether a group can run an op, from phase grouped_from of its kernel on.
bool group_has(const desc &d);

// group_tasks is the number of tasks of a launch in a group.
int64_t group_tasks(const launch &l, const kernel &k);

int32_t group_enqueue(const group &g, void *stream);
gmel_cuda_shape group_shape(const group &g);

#endif
