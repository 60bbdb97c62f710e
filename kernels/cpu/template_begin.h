// Included before an instruction set defines its vectors.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel.h"

// GCC never contracts a*b+c in C11, and does not know the pragma. Clang contracts by default.
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

#define INLINE inline __attribute__((always_inline, unused))
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
