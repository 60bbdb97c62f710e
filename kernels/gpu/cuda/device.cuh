// What kernels are written in: CUDA, or C++ with the emulation of emu/emu.h.
#ifndef GMEL_DEVICE_CUH
#define GMEL_DEVICE_CUH

#include <math.h>

#include "gmel_cuda.h"

#ifdef GMEL_EMULATE
#include "emu/emu.h"
#define UNROLL
#define ROLLED
#define UNROLL_8
#else
#include <cuda_runtime.h>
#define UNROLL _Pragma("unroll")
#define ROLLED _Pragma("unroll 1")
#define UNROLL_8 _Pragma("unroll 8")
#endif

#define DEVICE __device__ __forceinline__
#define BOTH __host__ __device__ __forceinline__

BOTH int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
BOTH int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
BOTH int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

DEVICE uint32_t bits_of(float x) { return __float_as_uint(x); }
DEVICE float float_of(uint32_t bits) { return __uint_as_float(bits); }
DEVICE float not_a_number() { return float_of(0x7fc00000); }
DEVICE float infinity() { return float_of(0x7f800000); }

// index_of converts an index stored as a float; -1 when it is outside 0 <= i < n.
DEVICE int64_t index_of(float v, int64_t n) { return v >= 0 && v < (float)n ? (int64_t)v : -1; }

#endif
