package kernels

// Distributions over actions.
const (
	// OpLogSoftmax: y[M,N] = log softmax of x over the legal entries; masked entries of y are
	// [MaskedLogProb]. A row without a legal entry is a programmer fault and gives NaN.
	// Arg: x, mask?, y. Dim: M, N.
	OpLogSoftmax Op = 11

	// OpLogSoftmaxGrad: dx[M,N] = dy - exp(y) sum_j dy over legal entries, 0 where masked; acc.
	// Arg: y, mask?, dy, dx. Dim: M, N.
	OpLogSoftmaxGrad Op = 12

	// OpSample: a[M] = index drawn from exp(logp[M,N]) by inverse CDF in ascending index with one
	// uniform per row: Philox(key Seed, counter (first + row, low, high, Stream)), word 0.
	// If rounding leaves no such index, it is the last one with positive probability.
	// Arg: logp, counter, a. Dim: M, N, first.
	OpSample Op = 13

	// OpArgMax: a[M] = first index of the largest x[M,N]. Arg: x, a. Dim: M, N.
	OpArgMax Op = 14

	// OpOneHot: y[M,N] = 1 at a[M], else 0. Arg: a, y. Dim: M, N.
	OpOneHot Op = 15

	// OpPick: y[M] = x[M, a[M]]. Arg: x, a, y. Dim: M, N.
	OpPick Op = 16

	// OpPickGrad: dx[M,N] = dy[M] at a[M], else 0; acc. Arg: dy, a, dx. Dim: M, N.
	OpPickGrad Op = 17
)

var policyOps = family{
	OpLogSoftmax: {
		Name: "logsoftmax", Dims: []string{"M", "N"},
		Args: []ArgSpec{in("x", prod(0, 1)), opt("mask", prod(0, 1)), out("y", prod(0, 1))},
		Rows: byRow(separate, dim(1), dim(1), dim(1)),
	},
	OpLogSoftmaxGrad: {
		Name: "logsoftmaxgrad", Dims: []string{"M", "N"}, Accumulates: true,
		Args: []ArgSpec{in("y", prod(0, 1)), opt("mask", prod(0, 1)), in("dy", prod(0, 1)), out("dx", prod(0, 1))},
		Rows: byRow(separate, dim(1), dim(1), dim(1), dim(1)),
	},
	OpSample: {
		Name: "sample", Dims: []string{"M", "N", "first"}, Rare: 1, Random: true,
		Args: []ArgSpec{in("logp", prod(0, 1)), in("counter", two), out("a", dim(0))},
		Rows: uncut,
	},
	OpArgMax: {
		Name: "argmax", Dims: []string{"M", "N"},
		Args: []ArgSpec{in("x", prod(0, 1)), out("a", dim(0))},
		Rows: byRow(separate, dim(1), one),
	},
	OpOneHot: {
		Name: "onehot", Dims: []string{"M", "N"},
		Args: []ArgSpec{in("a", dim(0)), out("y", prod(0, 1))},
		Rows: byRow(separate, one, dim(1)),
	},
	OpPick: {
		Name: "pick", Dims: []string{"M", "N"},
		Args: []ArgSpec{in("x", prod(0, 1)), in("a", dim(0)), out("y", dim(0))},
		Rows: byRow(separate, dim(1), one, one),
	},
	OpPickGrad: {
		Name: "pickgrad", Dims: []string{"M", "N"}, Accumulates: true,
		Args: []ArgSpec{in("dy", dim(0)), in("a", dim(0)), out("dx", prod(0, 1))},
		Rows: byRow(separate, one, one, dim(1)),
	},
}
