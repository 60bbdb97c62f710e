package kernels

// Rows of tables.
const (
	// OpGatherRows: y[M,N] = table[idx[M], N]; NaN for an index out of range, as for OpPick. Arg: table, idx, y. Dim: M, N, R (rows of the table).
	OpGatherRows Op = 26

	// OpScatterRows: table[idx[M], N] = x[M,N], ascending M (the last of equal indices wins); acc adds
	// in ascending M. An index out of range is skipped, as for OpOneHot and OpPickGrad. Arg: x, idx, table. Dim: M, N, R.
	OpScatterRows Op = 27
)

var gatherOps = family{
	OpGatherRows: {
		Name: "gatherrows", Dims: []string{"M", "N", "R"},
		Args: []ArgSpec{in("table", prod(2, 1)), in("idx", dim(0)), out("y", prod(0, 1))},
		Rows: byRow(separate, nil, one, dim(1)),
	},
	OpScatterRows: {
		Name: "scatterrows", Dims: []string{"M", "N", "R"}, Accumulates: true,
		Args:  []ArgSpec{in("x", prod(0, 1)), in("idx", dim(0)), inout("table", prod(2, 1))},
		Rows:  uncut,
		Terms: termsOf([]int{2}, dim(1), one),
	},
}
