// The step for AVX2, 8 lanes a vector.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#pragma GCC optimize("O3,no-math-errno,no-trapping-math")
#endif

#define WORLD_ISA gmel_world_avx2
#define WORLD_ISA_NAME "avx2"
#include "world_isa.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
