// Package philox is the counter-based random generator Philox4x32-10.
//
// A counter-based generator has no state: the random words are a keyed bijection
// of a counter. So any draw of any world, agent and slot can be recomputed on its
// own, in any order, on any device.
//
// Source: J. Salmon, M. Moraes, R. Dror, D. Shaw, "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011. The package passes the known-answer vectors of the
// authors' Random123 library.
package philox

// Multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, table 2;
// the increments are the golden ratio and sqrt(3)-1 as 32-bit fractions).
const (
	mul0  = 0xD2511F53
	mul1  = 0xCD9E8D57
	weyl0 = 0x9E3779B9
	weyl1 = 0xBB67AE85
)

// Rounds is the number of rounds. The authors recommend 10, which has a safety
// margin: 6 rounds already pass BigCrush.
const Rounds = 10

// Block returns the four random words of counter ctr under key.
// Different (key, ctr) pairs give statistically independent blocks.
func Block(key [2]uint32, ctr [4]uint32) [4]uint32 {
	a, b, c, d := Words(key[0], key[1], ctr[0], ctr[1], ctr[2], ctr[3])
	return [4]uint32{a, b, c, d}
}

// Words is Block with scalar arguments, for hot loops. Go passes scalars in
// registers but arrays in memory, which would cost more than the ten rounds.
func Words(k0, k1, c0, c1, c2, c3 uint32) (u0, u1, u2, u3 uint32) {
	for range Rounds {
		p0 := uint64(mul0) * uint64(c0)
		p1 := uint64(mul1) * uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += weyl0
		k1 += weyl1
	}
	return c0, c1, c2, c3
}

// Key splits a 64-bit seed into the two key words, low word first.
func Key(seed uint64) [2]uint32 {
	return [2]uint32{uint32(seed), uint32(seed >> 32)}
}

// Uniform maps a random word to [0, 1): its top 24 bits times 2^-24. Every result
// is exact in float32, so all devices give the same.
func Uniform(u uint32) float32 {
	return float32(u>>8) * 0x1p-24
}

// UniformOpen maps a random word to (0, 1]: (top 24 bits + 1) times 2^-24,
// exact in float32. Use it as the argument of a logarithm.
func UniformOpen(u uint32) float32 {
	return float32(u>>8+1) * 0x1p-24
}
