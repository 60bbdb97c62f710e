// The fallback for every processor: plain C. Without fma instructions the C library emulates fmaf,
// correctly but slowly. It is so slow that one more call costs nothing; inlined everywhere it would
// double the compile time.
#include "template_begin.h"

#include "vector4.h"

static __attribute__((noinline)) vec multiply_add(vec a, vec b, vec c) {
	return (vec){fmaf(a[0], b[0], c[0]), fmaf(a[1], b[1], c[1]), fmaf(a[2], b[2], c[2]), fmaf(a[3], b[3], c[3])};
}
static INLINE vec square_root(vec x) { return (vec){sqrtf(x[0]), sqrtf(x[1]), sqrtf(x[2]), sqrtf(x[3])}; }

#define ISA_TABLE gmel_isa_scalar
#define ISA_NAME "scalar"
#include "template.h"
