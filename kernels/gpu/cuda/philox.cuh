// Philox4x32-10 (Salmon et al. 2011), as package philox.
#ifndef GMEL_PHILOX_CUH
#define GMEL_PHILOX_CUH

#include "device.cuh"

// philox_stream is the fixed part of a stream: the key and three counter words.
struct philox_stream {
	uint32_t key0, key1, low, high, stream;

	DEVICE void block(uint32_t i, uint32_t (&w)[4]) const {
		uint32_t k0 = key0, k1 = key1;
		w[0] = i, w[1] = low, w[2] = high, w[3] = stream;
		UNROLL for (int round = 0; round < 10; round++) {
			uint32_t h0 = __umulhi(0xD2511F53u, w[0]), l0 = 0xD2511F53u * w[0];
			uint32_t h1 = __umulhi(0xCD9E8D57u, w[2]), l1 = 0xCD9E8D57u * w[2];
			w[0] = h1 ^ w[1] ^ k0, w[1] = l1, w[2] = h0 ^ w[3] ^ k1, w[3] = l0;
			k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
		}
	}
};

// philox_of reads counter[2] = (high, low).
DEVICE philox_stream philox_of(const desc &d, const float *counter) {
	return {(uint32_t)d.seed, (uint32_t)(d.seed >> 32), (uint32_t)counter[1], (uint32_t)counter[0], d.stream};
}

// uniform_of is in [0, 1), uniform_open in (0, 1]; both are multiples of 2^-24, exact.
DEVICE float uniform_of(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }
DEVICE float uniform_open(uint32_t word) { return (float)((word >> 8) + 1) * 0x1p-24f; }

#endif
