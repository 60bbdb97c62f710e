// The softmax of attention on tensor cores: a row belongs to four lanes, and its columns may come in blocks.
#ifndef GMEL_ATTENTION_MMA_SOFTMAX_CUH
#define GMEL_ATTENTION_MMA_SOFTMAX_CUH

#include "attention_mma.cuh"

namespace flash {

// exp2_of is 2^x within two units of the last digit: 0 below -126, NaN for NaN.
DEVICE float exp2_of(float x) {
#ifdef GMEL_EMULATE
	return exp2f(x);
#else
	float y;
	asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
	return y;
#endif
}
#define LOG2_E 1.44269504088896341f

// Reductions over the four lanes of a row. Lanes have the same result.
DEVICE float row_largest(float x) {
	UNROLL for (int by = 1; by < 4; by *= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, by));
	return x;
}
DEVICE float row_sum(float x) {
	UNROLL for (int by = 1; by < 4; by *= 2) x += __shfl_xor_sync(0xffffffffu, x, by);
	return x;
}

// softmax has the state of a lane's rows, two for each tile: the largest score so far, before it is scaled, and the
// lane's part of the sum of exponentials.
template <int TILES> struct softmax {
	float top[TILES][2], total[TILES][2];

	DEVICE void begin() {
		UNROLL for (int m = 0; m < TILES; m++)
			UNROLL for (int h = 0; h < 2; h++) top[m][h] = -infinity(), total[m][h] = 0;
	}
	// base is the largest score, or 0 for a row without others.
	DEVICE float base(int m, int h) const { return top[m][h] == -infinity() ? 0 : top[m][h]; }
	// raise lets the largest score include a row, and returns the factor for what was added with the old one.
	template <int COLUMNS> DEVICE float raise(const float (&s)[COLUMNS][4], int m, int h, float scale) {
		float x = top[m][h];
		UNROLL for (int c = 0; c < COLUMNS; c++) x = fmaxf(x, fmaxf(s[c][2 * h], s[c][2 * h + 1]));
		x = flash::row_largest(x);
		float before = top[m][h];
		top[m][h] = x;
		float factor = exp2_of((before - base(m, h)) * scale);
		total[m][h] *= factor;
		return factor;
	}
	// weigh turns scores into exponentials, and adds them to the sum.
	template <int COLUMNS> DEVICE void weigh(float (&s)[COLUMNS][4], int m, int h, float scale) {
		float less = -base(m, h) * scale;
		UNROLL for (int c = 0; c < COLUMNS; c++)
			UNROLL for (int i = 2 * h; i < 2 * h + 2; i++) s[c][i] = exp2_of(fmaf(s[c][i], scale, less)), total[m][h] += s[c][i];
	}
	// inverse is 1 / the sum of the row; 1 for a row without others, whose weights are 0.
	DEVICE float inverse(int m, int h) const {
		float sum = row_sum(total[m][h]);
		return sum == 0 ? 1 : 1 / sum;
	}
};

} // namespace flash

#endif
