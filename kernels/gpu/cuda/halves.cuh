// Numbers in bf16 in memory.
#ifndef GMEL_HALVES_CUH
#define GMEL_HALVES_CUH

#include "mma.cuh"

// copied_width is the distance of the rows of a copy in bf16: 16 bytes or a multiple.
BOTH int64_t copied_width(int64_t width) { return (width + 7) / 8 * 8; }

DEVICE uint2 halves_of(const float4 &x) {
	float low[2] = {x.x, x.y}, high[2] = {x.z, x.w};
	return make_uint2(bf16::word(low), bf16::word(high));
}

DEVICE uint16_t half_of(float x) {
	float pair[2] = {x, 0};
	return (uint16_t)bf16::word(pair);
}

#endif
