// NEON on 64-bit ARM: 4 floats a vector.
#if defined(__aarch64__)
#include <arm_neon.h>

#include "template_begin.h"

#include "vector4.h"

static INLINE vec multiply_add(vec a, vec b, vec c) { return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b); }
static INLINE vec square_root(vec x) { return (vec)vsqrtq_f32((float32x4_t)x); }

#define ISA_TABLE gmel_isa_neon
#define ISA_NAME "neon"
#include "template.h"
#endif
