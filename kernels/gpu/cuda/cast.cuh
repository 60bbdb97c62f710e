// Copies in bf16 of matrices that products read, such as weights (kernels/copies).
#ifndef GMEL_CAST_CUH
#define GMEL_CAST_CUH

#include "halves.cuh"
#include "product.cuh"
#include "tasks.cuh"

// OP_CAST: copy[i, j] = x[i pitch + j], rounded, i < lines, j < width. dim: lines, width, pitch. arg: x, copy. An element is eight
// neighbours; after the last ones there are zeros.
struct cast {
	static BOTH int64_t count(const desc &d) { return d.dim[0] * (copied_width(d.dim[1]) / 8); }
	static DEVICE void at(const view &v, int64_t i) {
		int64_t across = copied_width(v.dim(1)) / 8, line = i / across, column = i % across * 8;
		const float *x = v.arg(0) + line * v.dim(2) + column;
		int n = (int)smaller(v.dim(1) - column, 8);
		bool vector = aligned_for_float4(x);
		uint2 low = halves_of(four_of(x, n, vector)), high = halves_of(four_of(x + 4, n - 4, vector));
		*(uint4 *)(v.copy(1) + i * 8) = make_uint4(low.x, low.y, high.x, high.y);
	}
};

#endif
