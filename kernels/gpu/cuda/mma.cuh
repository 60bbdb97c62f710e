// The instruction of tensor cores and its number formats, which need inline assembly. Each function has a plain
// replacement for the emulation.
//
// A word holds the factors of one lane in one register: one in tf32, two neighbours along k in bf16. Counted in words,
// the fragments of both precisions have the same layout. With lane = 4 g + t, mma_tile multiplies
//
//	a [16 rows, 8 words]     a[0] (g, t), a[1] (g + 8, t), a[2] (g, t + 4), a[3] (g + 8, t + 4)
//	b [8 words, 8 columns]   b[0] (t, g), b[1] (t + 4, g)
//	c [16 rows, 8 columns]   c[0] (g, 2 t), c[1] (g, 2 t + 1), c[2] (g + 8, 2 t), c[3] (g + 8, 2 t + 1)
//
// which is mma.m16n8k8 for .tf32 and mma.m16n8k16 for .bf16 in PTX ISA 9, Matrix Fragments.
#ifndef GMEL_MMA_CUH
#define GMEL_MMA_CUH

#include "device.cuh"

// tf32: 8 bits of exponent, 10 of mantissa; to nearest, ties away from zero. NaN stays NaN.
struct tf32 {
	static const int terms = 1; // in a word

	static DEVICE uint32_t word(const float *x) {
#ifdef GMEL_EMULATE
		if (!(fabsf(x[0]) <= infinity())) return 0x7fffe000;
		return (bits_of(x[0]) + 0x1000) & 0xffffe000; // the mantissa of infinity stays zero
#else
		uint32_t w;
		asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(w) : "f"(x[0]));
		return w;
#endif
	}
};

// bf16: 8 bits of exponent, 7 of mantissa; to nearest, ties to even. The first term is in the lower half.
struct bf16 {
	static const int terms = 2;

	static DEVICE uint32_t word(const float *x) {
#ifdef GMEL_EMULATE
		return half(x[1]) << 16 | half(x[0]);
#else
		uint32_t w;
		asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(w) : "f"(x[1]), "f"(x[0]));
		return w;
#endif
	}
#ifdef GMEL_EMULATE
	static uint32_t half(float x) {
		if (!(fabsf(x) <= infinity())) return 0x7fff;
		return (bits_of(x) + 0x7fff + (bits_of(x) >> 16 & 1)) >> 16;
	}
#endif
};

// load_matrices loads four matrices of 8 x 8 terms of 16 bits from shared memory (ldmatrix, PTX ISA 9). Lane 8 i + j says which
// 16 bytes of the panel are row j of matrix i. Lane 4 g + t gets word t of row g of each, or the terms 2 t and 2 t + 1 of column g
// if turned. All lanes of a warp call it.
template <bool turned> DEVICE void load_matrices(uint32_t (&w)[4], const uint4 *panel, int row) {
#ifdef GMEL_EMULATE
	uint32_t rows[32];
	emu::all_lanes((uint32_t)row, rows);
	int g = (int)emu::lane() / 4, t = (int)emu::lane() % 4;
	auto term = [&](int i, int r, int c) { return ((const uint32_t *)(panel + rows[8 * i + r]))[c / 2] >> c % 2 * 16 & 0xffff; };
	for (int i = 0; i < 4; i++) w[i] = turned ? term(i, 2 * t + 1, g) << 16 | term(i, 2 * t, g) : term(i, g, 2 * t + 1) << 16 | term(i, g, 2 * t);
#else
	uint32_t at = (uint32_t)__cvta_generic_to_shared(panel + row);
	if (turned) asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(w[0]), "=r"(w[1]), "=r"(w[2]), "=r"(w[3]) : "r"(at) : "memory");
	else asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(w[0]), "=r"(w[1]), "=r"(w[2]), "=r"(w[3]) : "r"(at) : "memory");
#endif
}

// mma_tile adds a b to c. All lanes of a warp call it. Products are exact. The device adds them in its own order and
// with its own rounding, the emulation by fma in ascending k.
template <class Precision> DEVICE void mma_tile(float *c, const uint32_t (&a)[4], const uint32_t (&b)[2]);

#ifdef GMEL_EMULATE

DEVICE float factor(tf32, uint32_t word, int) { return float_of(word); }
DEVICE float factor(bf16, uint32_t word, int i) { return float_of(i == 0 ? word << 16 : word & 0xffff0000); }

template <class Precision> DEVICE void mma_tile(float *c, const uint32_t (&a)[4], const uint32_t (&b)[2]) {
	// Fragments of the running warp: two of each, because a lane may be one tile ahead of others.
	static uint32_t all_as[2][16][8], all_bs[2][8][8];
	static bool side[32];
	int lane = (int)emu::lane(), g = lane / 4, t = lane % 4;
	auto &as = all_as[side[lane]];
	auto &bs = all_bs[side[lane]];
	side[lane] = !side[lane];
	for (int i = 0; i < 4; i++) as[g + i % 2 * 8][t + i / 2 * 4] = a[i];
	for (int i = 0; i < 2; i++) bs[t + i * 4][g] = b[i];
	__syncwarp();
	for (int i = 0; i < 4; i++)
		for (int w = 0; w < 8; w++)
			for (int k = 0; k < Precision::terms; k++)
				c[i] = fmaf(factor(Precision(), as[g + i / 2 * 8][w], k), factor(Precision(), bs[w][2 * t + i % 2], k), c[i]);
}

#else

#define MMA_WORDS : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1])

template <> DEVICE void mma_tile<tf32>(float *c, const uint32_t (&a)[4], const uint32_t (&b)[2]) {
	asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" MMA_WORDS);
}
template <> DEVICE void mma_tile<bf16>(float *c, const uint32_t (&a)[4], const uint32_t (&b)[2]) {
	asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};" MMA_WORDS);
}

#endif

#endif
