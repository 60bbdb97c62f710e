package kernels

// Random numbers.
const (
	// OpRandInt: y[n] = floor(u * bound[1]) clamped below bound, u from Philox word i%4 of counter
	// (i/4, low, high, Stream). Arg: bound, counter, y. Dim: n.
	OpRandInt Op = 28

	// OpUniform: y[n] = lo + (hi-lo) u, in this order without fma; u as in OpRandInt. Scalar: lo, hi.
	// Arg: counter, y. Dim: n.
	OpUniform Op = 29

	// OpNormal: y[n] = mean + std z, z by Box-Muller from pairs of words: u1 = (w0>>8 + 1) 2^-24,
	// u2 = (w1>>8) 2^-24, z0 = sqrt(-2 log u1) cos(2 pi u2), z1 with sin. Scalar: mean, std. Arg: counter, y. Dim: n.
	OpNormal Op = 30

	// OpCount: counter[2] = (high, low) += Dim[0] in base 2^24. Arg: counter.
	OpCount Op = 31

	// OpDropout: y[n] = u < p ? 0 : x * (1 / (1-p)), u from Philox word i%4 of counter (first + i/4, low, high, Stream),
	// so the same counter gives the same mask again (Srivastava et al. 2014); acc. Scalar: p. Arg: x, counter, y. Dim: n,
	// first: blocks of four elements before x, of which x is a part.
	OpDropout Op = 46
)

var randomOps = family{
	OpRandInt: {
		Name: "randint", Dims: []string{"n"}, Random: true,
		Args: []ArgSpec{in("bound", one), in("counter", two), out("y", dim(0))},
		Rows: uncut,
	},
	OpUniform: {
		Name: "uniform", Dims: []string{"n"}, Random: true,
		Args: []ArgSpec{in("counter", two), out("y", dim(0))},
		Rows: uncut,
	},
	OpNormal: {
		Name: "normal", Dims: []string{"n"}, Random: true,
		Args: []ArgSpec{in("counter", two), out("y", dim(0))},
		Rows: uncut,
	},
	OpCount: {
		Name: "count", Dims: []string{"by"},
		Args: []ArgSpec{inout("counter", two)},
		Rows: uncut,
	},
	OpDropout: {
		Name: "dropout", Dims: []string{"n", "first"}, Rare: 1, Random: true, Accumulates: true,
		Args: []ArgSpec{in("x", dim(0)), in("counter", two), out("y", dim(0))},
		Rows: uncut,
	},
}
