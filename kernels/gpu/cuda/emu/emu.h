// The language of CUDA on a processor, for tests without a GPU. Blocks are loops, and the threads of a block are
// fibers on one thread, so __syncthreads, warp functions and shared memory work. The order in which fibers are
// resumed is a setting: a missing barrier gives a wrong result in one of the orders.
#ifndef GMEL_EMU_H
#define GMEL_EMU_H

#include <stdint.h>
#include <string.h>

#include <functional>

#define __host__
#define __device__
#define __global__
#define __forceinline__ inline
#define __restrict__
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
#define __shared__ static // blocks run one after the other, so one copy is enough

struct dim3 {
	unsigned x, y, z;
	dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct uint3 {
	unsigned x, y, z;
};
struct alignas(8) float2 {
	float x, y;
};
struct alignas(16) float4 {
	float x, y, z, w;
};
struct alignas(8) uint2 {
	uint32_t x, y;
};
struct alignas(16) uint4 {
	uint32_t x, y, z, w;
};
static inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }
static inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
static inline float2 make_float2(float x, float y) { return {x, y}; }
static inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

namespace emu {
struct place {
	uint3 thread, block;
	dim3 size, grid;
};
extern place here; // of the running fiber

// site is a __syncthreads in the sources; all instances of a template are one site. A test leaves out one
// after the other, and checks that the suite fails.
struct site {
	int number; // in the order of first use
	site(const char *file, int line);
};
extern bool large_device; // the plan is one for a device with many multiprocessors
void *dynamic_shared(); // of a block; as large as on any device
void barrier(const site &s);                                 // of the block
int barrier_or(const site &s, int bit);
uint32_t exchange(uint32_t mask, uint32_t value, int from);  // the value of lane from of the warp
uint32_t ballot(uint32_t mask, bool bit);
unsigned lane();
// copy_later begins a copy of some bytes, followed by zeros up to a size. It is done when the thread waits for it.
void copy_later(float *to, const float *from, int bytes, int size);
void copies_done();
void close_copies();      // ends a group of copies
void wait_copies(int n);  // waits for all groups but the last n
void all_lanes(uint32_t value, uint32_t (&of)[32]); // the values of the lanes of the warp, which all call it
} // namespace emu

#define threadIdx (emu::here.thread)
#define blockIdx (emu::here.block)
#define blockDim (emu::here.size)
#define gridDim (emu::here.grid)
#define warpSize 32

// emulate runs body for every thread of every block.
int32_t emulate(dim3 grid, dim3 block, bool syncs, const std::function<void()> &body);

enum emu_order { EMU_FORWARD, EMU_BACKWARD, EMU_SHUFFLED };
extern "C" void gmel_emu_order(int order);
extern "C" void gmel_emu_large_device(int large);

// The barriers used so far: file:line, and the number of uses. One of them can be left out; -1: none.
extern "C" int gmel_emu_sites(void);
extern "C" const char *gmel_emu_site(int number);
extern "C" int64_t gmel_emu_site_uses(int number);
extern "C" void gmel_emu_leave_out(int number);

#define GMEL_SITE                                                \
	([]() -> const emu::site & {                             \
		static const emu::site s(__FILE__, __LINE__);    \
		return s;                                        \
	}())
#define __syncthreads() emu::barrier(GMEL_SITE)
#define __syncthreads_or(bit) emu::barrier_or(GMEL_SITE, (bit) != 0)
// Blocks and threads run in turns on one thread of the host, so plain arithmetic is atomic.
template <class T> T atomicAdd(T *at, T by) {
	T old = *at;
	*at = old + by;
	return old;
}

template <class T> T atomicCAS(T *at, T expected, T x) {
	T old = *at;
	if (old == expected) *at = x;
	return old;
}

static inline void __syncwarp(uint32_t mask = 0xffffffffu) { emu::ballot(mask, false); }
static inline void __threadfence() {}
static inline uint32_t __ballot_sync(uint32_t mask, int bit) { return emu::ballot(mask, bit != 0); }
static inline int __any_sync(uint32_t mask, int bit) { return emu::ballot(mask, bit != 0) != 0; }
static inline int __all_sync(uint32_t mask, int bit) { return emu::ballot(mask, bit != 0) == mask; }
static inline uint32_t __activemask() { return 0xffffffffu; }

static inline uint32_t __float_as_uint(float x) {
	uint32_t u;
	memcpy(&u, &x, 4);
	return u;
}
static inline float __uint_as_float(uint32_t u) {
	float x;
	memcpy(&x, &u, 4);
	return x;
}
static inline int __float_as_int(float x) { return (int)__float_as_uint(x); }
static inline float __int_as_float(int i) { return __uint_as_float((uint32_t)i); }
static inline uint32_t __umulhi(uint32_t a, uint32_t b) { return (uint32_t)((uint64_t)a * b >> 32); }
static inline uint64_t __umul64hi(uint64_t a, uint64_t b) { return (uint64_t)((unsigned __int128)a * b >> 64); }
static inline int __popc(uint32_t x) { return __builtin_popcount(x); }
static inline int __popcll(uint64_t x) { return __builtin_popcountll(x); }
static inline int __ffs(int x) { return __builtin_ffs(x); }
static inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
template <class T> static inline T __ldg(const T *p) { return *p; }

namespace emu {
// from is the source lane of a shuffle in groups of width lanes; a lane outside keeps its own value.
static inline int inside(int from, int width) { return from / width == (int)lane() / width && from >= 0 ? from : (int)lane(); }
template <class T> T shuffle(uint32_t mask, T value, int from) {
	static_assert(sizeof(T) == 4, "shuffles are emulated for 4 bytes");
	uint32_t u;
	memcpy(&u, &value, 4);
	u = exchange(mask, u, from);
	memcpy(&value, &u, 4);
	return value;
}
} // namespace emu

template <class T> T __shfl_sync(uint32_t mask, T x, int from, int width = 32) {
	return emu::shuffle(mask, x, (int)emu::lane() / width * width + from % width);
}
template <class T> T __shfl_down_sync(uint32_t mask, T x, unsigned by, int width = 32) {
	return emu::shuffle(mask, x, emu::inside((int)(emu::lane() + by), width));
}
template <class T> T __shfl_up_sync(uint32_t mask, T x, unsigned by, int width = 32) {
	return emu::shuffle(mask, x, emu::inside((int)emu::lane() - (int)by, width));
}
template <class T> T __shfl_xor_sync(uint32_t mask, T x, int with, int width = 32) {
	return emu::shuffle(mask, x, emu::inside((int)emu::lane() ^ with, width));
}

#endif
