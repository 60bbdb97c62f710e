// What the kernel of the edge worlds gets, and the world of a block.
#ifndef GMEL_EDGE_WORLD_CUH
#define GMEL_EDGE_WORLD_CUH

#include "../../../kernels/gpu/cuda/environment.cuh"
#include "../../../kernels/gpu/cuda/sort.cuh"

#define WORLD_FN static DEVICE
#define WORLD_HOST_TOO static BOTH
#define WORLD_OPTION static __device__ __attribute__((unused))
#define WORLD_APART static __device__ __attribute__((noinline, unused))
#define WORLD_SQRT(x) sqrtf(x)
#define WORLD_UNROLL UNROLL
#define WORLD_COPY(to, from, count) \
	for (int32_t word_ = 0; word_ < (count); word_++) (to)[word_] = (from)[word_]
#include "../world_arrival.h"
#include "../world_discipline.h"
#include "../world_mobility.h"

namespace {

enum {
	EDGE_THREADS = 128,     // most threads of a block
	EDGE_SHARED = 96 << 10, // bytes of shared memory that sm_86 and sm_89, which run code for sm_80, give to a block, too
	ARRIVAL_BITS = 31,      // of a float that is not negative
	PLAIN_SERVERS = 1 << (64 - ARRIVAL_BITS - WORLD_TASK_BITS) // most ESs of the kernel without options: what its keys hold
};

// edge is what the kernel gets for worlds without options, a kernel of its own.
struct edge {
	static const bool options = false;
	const world_params *params;
	const uint32_t *tables;
	uint32_t *state, *scratch;
	int32_t *fault;
	float *slot[SLOT_END];
	float *servers, *next_servers; // where the ESs of candidates are told in the arena, after the observations; NULL if they are not
	int64_t scratch_words;    // of a world
	int32_t staged;           // observations go through shared memory
	int32_t keys_in_scratch;  // there are too many IEDs for shared memory
	int32_t ied_bits;         // with options: of a key, for the number of an IED
	uint64_t *mark, number;   // of the launch
};

// edge_options is what it gets for worlds with options; view are the arrays of all worlds.
struct edge_options : edge {
	static const bool options = true;
	::world view;
};

// Working memory of a world, in words: keys of 64 bits, then floats, then what options need.
BOTH int64_t key_count(const world_params &p) {
	int64_t n = 1;
	while (n < p.agents) n *= 2;
	return n;
}
BOTH int32_t level_words(const world_params &p) { return p.candidates + 1; }
enum { PARTS = 3 };

BOTH int64_t task_blocks(const world_params &p) { return ceil_div(p.agents, WORLD_LANES); }

int64_t words_of_options(const world_params &p) {
	int64_t words = task_blocks(p) * (int64_t)(sizeof(world_tasks) / 4) + p.servers + 1;
	if (p.sharing) words += p.agents * (int64_t)(sizeof(world_sharer) / 4) + (int64_t)p.servers * p.models;
	return words;
}

// plays_options tells whether worlds have the kernel with options.
int32_t plays_options(const world_params &p) { return world_has_options(&p) || p.servers > PLAIN_SERVERS; }

// bits_of is how many bits the numbers below n have. With options a key has as many for an IED, because IEDs times ESs are at most
// 2^32: the numbers of both then have 33 bits at most, and an arrival the other 31.
int32_t bits_of(int32_t n) {
	int32_t bits = 0;
	while ((int64_t)1 << bits < n) bits++;
	return bits;
}

int64_t words_of_world(const world_params &p) {
	int64_t words = 2 * key_count(p) + (int64_t)PARTS * p.agents + (int64_t)p.servers * world_row(&p) + EDGE_THREADS * level_words(p);
	if (plays_options(p)) words += words_of_options(p);
	return ceil_div(words, 4) * 4;
}

// threads_of are the threads of a block: a warp for worlds of up to 32 IEDs, so that few lanes are idle.
int threads_of(const world_params &p) { return (int)smaller(EDGE_THREADS, larger(1, ceil_div(p.agents, 32)) * 32); }

// world_at is the world of a block, and its places in the arrays.
struct world_at {
	const edge &e;
	const world_params &p;
	int32_t world;
	int64_t ied, es, gpu; // first of each
	uint64_t *keys;
	float *parts, *rows, *level; // level of this thread
	::world *view;               // NULL without options

	DEVICE world_at(const edge &e, const world_params &p, int32_t world, uint64_t *shared) : e(e), p(p), world(world), view(NULL) {
		ied = (int64_t)world * p.agents, es = (int64_t)world * p.servers, gpu = es * p.gpus;
		uint32_t *at = e.scratch + world * e.scratch_words;
		keys = e.keys_in_scratch ? (uint64_t *)at : shared;
		parts = (float *)(at + 2 * key_count(p));
		rows = parts + PARTS * (int64_t)p.agents;
		level = rows + (int64_t)p.servers * world_row(&p) + threadIdx.x * level_words(p);
	}
	// The arrays and the tables of fields.h, each a function of its name.
#define WORLD_ARRAY(type, name, need) DEVICE type *name() const { return (type *)(e.state + p.state[WORLD_STATE_AT_##name]); }
#define WORLD_TABLE(type, name) DEVICE const type *name() const { return (const type *)(e.tables + p.table[WORLD_TABLE_AT_##name]); }
	WORLD_STATE(WORLD_ARRAY)
	WORLD_TABLES(WORLD_TABLE)
#undef WORLD_ARRAY
#undef WORLD_TABLE
	DEVICE uint32_t drawn() const { return world_drawn(&p, world); }
	DEVICE int64_t next_gpu(int32_t m) const { return world_next_gpu(&p, gpus(), free(), es + m); }
};

#define EACH(i, n) for (int32_t i = threadIdx.x; i < (n); i += (int32_t)blockDim.x)

// MOST_GRANTED is above what an action with its messages may be: floats count to there.
const float MOST_GRANTED = 1 << 24;

// chosen_by is the action of IED n, with its level.
DEVICE int32_t chosen_by(const world_at &w, int64_t n) {
	int32_t messages;
	return world_ungrant(&w.p, (int32_t)w.e.slot[SLOT_ACT][n], &messages);
}

// action_of is the destination of IED n.
DEVICE int32_t action_of(const world_at &w, int64_t n) {
	int32_t level;
	return world_destination(&w.p, chosen_by(w, n), &level);
}

DEVICE void pay(const world_at &w, int64_t n, int32_t done, float latency, float energy) {
	w.reward()[n] = world_pay_one(-w.p.penalty, w.p.energy_weight, done, latency, w.deadline()[n], energy);
}

// key_of sorts a task by ES, arrival and IED, whose number has some bits.
DEVICE uint64_t key_of(int32_t ied_bits, int32_t m, float arrival, int32_t i) {
	return ((uint64_t)m << ARRIVAL_BITS | world_bits(arrival)) << ied_bits | (uint32_t)i;
}
} // namespace

#endif
