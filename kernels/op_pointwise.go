package kernels

// Pointwise functions, copies and fills.
const (
	// OpUnary: y[n] = f(x[n]). Arg: x, y. Dim: n. Scalar: parameters of f. In place allowed. acc.
	OpUnary Op = 2

	// OpUnaryGrad: dx[n] = dy[n] f'(x[n]); acc. Arg: x, y, dy, dx (x and y are input and output of f;
	// f' is evaluated from whichever [Fn] documents). Dim: n.
	OpUnaryGrad Op = 3

	// OpBinary: y[M,N] = a[i*ars+j*acs] (Bin) b[i*brs+j*bcs]; strides 0 broadcast. acc.
	// Arg: a, b, y. Dim: M, N, ars, acs, brs, bcs. In place (y = a) allowed when a is contiguous.
	OpBinary Op = 4

	// OpCopy: y[i*ldy+j] = x[i*ldx+j] for i < M, j < N; acc. Arg: x, y. Dim: M, N, ldx, ldy.
	OpCopy Op = 8

	// OpFill: y[n] = Scalar[0]. Arg: y. Dim: n.
	OpFill Op = 9
)

var pointwiseOps = family{
	OpUnary: {
		Name: "unary", Dims: []string{"n"}, Accumulates: true, Flops: dim(0),
		Args:  []ArgSpec{in("x", dim(0)), out("y", dim(0))},
		Check: (*Desc).checkUnary,
		Rows:  byRow(separate, one, one),
	},
	OpUnaryGrad: {
		Name: "unarygrad", Dims: []string{"n"}, Accumulates: true, Flops: dim(0),
		Args:  []ArgSpec{in("x", dim(0)), in("y", dim(0)), in("dy", dim(0)), out("dx", dim(0))},
		Check: (*Desc).checkUnary,
		Rows:  byRow(separate, one, one, one, one),
	},
	OpBinary: {
		Name: "binary", Dims: []string{"M", "N", "ars", "acs", "brs", "bcs"}, Accumulates: true, Flops: prod(0, 1),
		Args: []ArgSpec{
			in("a", func(d *Desc) int64 { return strided(d.Dim[0], d.Dim[1], d.Dim[2], d.Dim[3]) }),
			in("b", func(d *Desc) int64 { return strided(d.Dim[0], d.Dim[1], d.Dim[4], d.Dim[5]) }),
			out("y", prod(0, 1)),
		},
		Rows: binaryRows,
	},
	OpCopy: {
		Name: "copy", Dims: []string{"M", "N", "ldx", "ldy"}, Accumulates: true,
		Args: []ArgSpec{in("x", ldLen(2)), out("y", ldLen(3))},
		Gaps: func(d *Desc) bool { return d.Dim[1] != d.Dim[3] },
		Rows: copyRows,
	},
	OpFill: {
		Name: "fill", Dims: []string{"n"},
		Args: []ArgSpec{out("y", dim(0))},
		Rows: byRow(separate, one),
	},
}

func (d *Desc) checkUnary() error { return d.checkFlags(FlagAccumulate) }

// binaryRows cuts the op into rows, or into elements if it has one row.
func binaryRows(d *Desc) (Rows, bool) {
	if d.Dim[0] == 1 {
		return Rows{Dim: 1, Sum: NoSum, Pitch: [MaxArgs]int64{d.Dim[3], d.Dim[5], 1}}, true
	}
	return Rows{Sum: NoSum, Pitch: [MaxArgs]int64{d.Dim[2], d.Dim[4], d.Dim[1]}}, true
}

// copyRows cuts the op into rows, or into elements if it has one row.
func copyRows(d *Desc) (Rows, bool) {
	if d.Dim[0] == 1 {
		return Rows{Dim: 1, Sum: NoSum, Pitch: [MaxArgs]int64{1, 1}}, true
	}
	return Rows{Sum: NoSum, Pitch: [MaxArgs]int64{d.Dim[2], d.Dim[3]}}, true
}
