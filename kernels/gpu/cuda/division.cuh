// Division of whole numbers by numbers that are known before the launch: a device has no instruction that divides, and a
// division of 64 bits is a function of some 100 instructions.
#ifndef GMEL_DIVISION_CUH
#define GMEL_DIVISION_CUH

#include "device.cuh"

struct quotient {
	int64_t whole, rest;
};

// reciprocal_of is m = floor((2^64 - 1) / d); it takes a d below 1 for 1, because nothing is divided by it then.
inline uint64_t reciprocal_of(int64_t d) { return ~(uint64_t)0 / (uint64_t)(d < 1 ? 1 : d); }

// divide divides n >= 0 by d >= 1 with the reciprocal of d. m is at least 2^64 / d - 1, so for n < 2^63 the number n m / 2^64 is at most
// n / d and above n / d - 1/2: rounded down, it is the quotient or one less.
DEVICE quotient divide(int64_t n, int64_t d, uint64_t reciprocal) {
	int64_t q = (int64_t)__umul64hi((uint64_t)n, reciprocal), rest = n - q * d;
	if (rest >= d) q++, rest -= d;
	return {q, rest};
}

#endif
