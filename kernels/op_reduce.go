package kernels

import "fmt"

// Sums and statistics.
const (
	// OpSumAll: y[1] = s * sum f(x[n]); acc. Arg: x, y. Dim: n. Scalar: s. f has no parameters:
	// it is one of FnIdentity, FnSquare, FnAbs.
	OpSumAll Op = 5

	// OpSumRows: y[M] = s * sum_j f(x[M,N]); acc. Arg: x, y. Dim: M, N. As OpSumAll per row.
	OpSumRows Op = 6

	// OpSumCols: y[N] = s * sum_i f(x[M,N]); acc. Arg: x, y. Dim: M, N, ldx.
	OpSumCols Op = 7

	// OpMoments: y[2] = (mean, standard deviation) of x[0 : rows*N] weighted by w (0 or 1; all ones when
	// absent). rows = count[1] is a scalar in the arena. y = (0, 1) if no element is selected or the deviation
	// is below 1e-6. Arg: x, w?, count, y. Dim: R (capacity in rows), N. Population variance, two passes.
	OpMoments Op = 36

	// OpCheckFinite: y[1] = 1 if every x[n] is finite, else 0; with acc y = min(y, .). Arg: x, y. Dim: n.
	OpCheckFinite Op = 37
)

var reduceOps = family{
	OpSumAll: {
		Name: "sumall", Dims: []string{"n"}, Accumulates: true, Flops: dim(0),
		Args:  []ArgSpec{in("x", dim(0)), out("y", one)},
		Check: (*Desc).checkSum,
		Rows:  byRow(Rows{Sum: 1}, one),
	},
	OpSumRows: {
		Name: "sumrows", Dims: []string{"M", "N"}, Accumulates: true, Flops: prod(0, 1),
		Args:  []ArgSpec{in("x", prod(0, 1)), out("y", dim(0))},
		Check: (*Desc).checkSum,
		Rows:  byRow(separate, dim(1), one),
	},
	OpSumCols: {
		Name: "sumcols", Dims: []string{"M", "N", "ldx"}, Accumulates: true, Flops: prod(0, 1),
		Args:  []ArgSpec{in("x", ldLen(2)), out("y", dim(1))},
		Check: (*Desc).checkSum,
		Rows:  byRow(Rows{Sum: 1}, dim(2)),
	},
	OpMoments: {
		Name: "moments", Dims: []string{"R", "N"},
		Args: []ArgSpec{in("x", prod(0, 1)), opt("w", prod(0, 1)), in("count", one), out("y", two)},
		Rows: uncut,
	},
	OpCheckFinite: {
		Name: "checkfinite", Dims: []string{"n"}, Accumulates: true,
		Args: []ArgSpec{in("x", dim(0)), out("y", one)},
		Rows: uncut,
	},
}

// checkSum allows the functions that need no parameters: Scalar[0] is the factor of the sum.
func (d *Desc) checkSum() error {
	if d.Fn != FnIdentity && d.Fn != FnSquare && d.Fn != FnAbs {
		return fmt.Errorf("%s: cannot sum %s, only identity, square and abs", d.Op, d.Fn)
	}
	return d.checkFlags(FlagAccumulate)
}
