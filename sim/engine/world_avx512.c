// The step for AVX-512, 16 lanes a vector.
#if defined(__x86_64__)
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2"))), apply_to = function)
#else
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,prefer-vector-width=512")
#pragma GCC optimize("O3,no-math-errno,no-trapping-math")
#endif

#define WORLD_ISA gmel_world_avx512
#define WORLD_ISA_NAME "avx512"
#include "world_isa.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif
#endif
