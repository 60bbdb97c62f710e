// The language of the kernels: CUDA, or C++ with the emulation of emu/emu.h.
#ifndef GMEL_DEVICE_CUH
#define GMEL_DEVICE_CUH

#include <math.h>

#include "gmel_cuda.h"

#ifdef GMEL_EMULATE
#include "emu/emu.h"
#define UNROLL
#define ROLLED
#define UNROLL_8
#define DYNAMIC_SHARED(type, name) type *name = (type *)emu::dynamic_shared()
#else
#include <cuda_runtime.h>
#define UNROLL _Pragma("unroll")
#define ROLLED _Pragma("unroll 1")
#define UNROLL_8 _Pragma("unroll 8")
// Shared memory whose size is set by the launch.
#define DYNAMIC_SHARED(type, name)                                 \
	extern __shared__ __align__(16) unsigned char dynamic_shared[]; \
	type *name = (type *)dynamic_shared
#endif

#define DEVICE __device__ __forceinline__
#define BOTH __host__ __device__ __forceinline__

BOTH int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
BOTH int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
BOTH int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

// launch_blocks launches a kernel with the given number of bytes of dynamic shared memory.
template <class Argument> int32_t launch_blocks(void (*kernel)(Argument), int64_t blocks, int threads, int64_t bytes, void *stream, const Argument &a) {
#ifdef GMEL_EMULATE
	(void)bytes, (void)stream;
	return emulate(dim3((unsigned)blocks), threads, true, [&] { kernel(a); });
#else
	enum { ALWAYS = 48 << 10 }; // bytes that are available without an attribute
	if (bytes > ALWAYS)
		if (cudaError_t e = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, (int)bytes)) return e;
	kernel<<<(unsigned)blocks, threads, (size_t)bytes, (cudaStream_t)stream>>>(a);
	return cudaPeekAtLastError();
#endif
}

// as_one returns p as an address whose parts the compiler cannot see, and so does not keep instead of it.
template <class T> DEVICE const T *as_one(const T *p) {
#ifndef GMEL_EMULATE
	asm("" : "+l"(p));
#endif
	return p;
}

// copy_bytes begins a copy of 4 or 16 bytes from global to shared memory that needs no registers. The data is visible to
// this thread after copies_done, and to other threads after the next barrier.
template <int bytes> DEVICE void copy_bytes(float *to, const float *from) {
#ifdef GMEL_EMULATE
	emu::copy_later(to, from, bytes, bytes);
#else
	asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from), "n"(bytes) : "memory");
#endif
}
DEVICE void copies_done() {
#ifdef GMEL_EMULATE
	emu::copies_done();
#else
	asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// copy_chunk begins a copy of 16 bytes from global to shared memory, past the first cache: the first n bytes, and zeros. Both
// places are aligned to 16 bytes, also if n is 0. Such copies are waited for in groups: close_copies ends the group of a
// thread, and wait_copies<n> waits for all of its groups but the last n.
DEVICE void copy_chunk(void *to, const void *from, int n) {
#ifdef GMEL_EMULATE
	emu::copy_later((float *)to, (const float *)from, n, 16);
#else
	asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from), "r"(n) : "memory");
#endif
}
DEVICE void close_copies() {
#ifdef GMEL_EMULATE
	emu::close_copies();
#else
	asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}
template <int n> DEVICE void wait_copies() {
#ifdef GMEL_EMULATE
	emu::wait_copies(n);
#else
	asm volatile("cp.async.wait_group %0;" ::"n"(n) : "memory");
#endif
}

DEVICE uint32_t bits_of(float x) { return __float_as_uint(x); }
DEVICE float float_of(uint32_t bits) { return __uint_as_float(bits); }
DEVICE float not_a_number() { return float_of(0x7fc00000); }
DEVICE float infinity() { return float_of(0x7f800000); }

// negative flips the sign bit. A compiler may turn -fma(a, b, c) into one operation that gives +0 where
// this gives -0.
DEVICE float negative(float x) { return float_of(bits_of(x) ^ 0x80000000u); }

// index_of converts an index stored as a float; -1 when it is outside 0 <= i < n.
DEVICE int64_t index_of(float v, int64_t n) { return v >= 0 && v < (float)n ? (int64_t)v : -1; }

#endif
