package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

var reduceOps = family{
	kernels.OpSumAll: {sumAllTrials, randomSum, mistakes{
		"what follows the first chunk is dropped": {before: func(d *kernels.Desc) { d.Dim[0] = min(d.Dim[0], kernels.Chunk) }},
		"the last element is dropped":             fewer(0),
		"a sum in ascending order, without lanes": {after: ascending},
	}},
	kernels.OpSumRows: {sumRowsTrials, randomSum, mistakes{
		"the factor is ignored": scalar(0, 1),
	}},
	kernels.OpSumCols: {sumColsTrials, randomSum, mistakes{
		"what follows the first chunk of rows is dropped": {before: func(d *kernels.Desc) { d.Dim[0] = min(d.Dim[0], kernels.ChunkRows) }},
		"the distance of rows is ignored":                 {before: func(d *kernels.Desc) { d.Dim[2] = d.Dim[1] }},
	}},
	kernels.OpMoments: {momentsTrials, randomMoments, mistakes{
		"the deviation is that of a sample": {after: ofSample},
	}},
	kernels.OpCheckFinite: {checkFiniteTrials, randomFinite, mistakes{
		"the last number is not looked at": fewer(0),
	}},
}

var sumFns = []kernels.Fn{kernels.FnIdentity, kernels.FnSquare, kernels.FnAbs}

func sumAllTrials(op kernels.Op) []*trial {
	all := []*trial{newTrial(op, 0)}
	for i, n := range long {
		for _, f := range sumFns {
			all = append(all, newTrial(op, n).fn(f).scalars(-0.7).flags(kernels.Flags(i%2)*acc).ofTerms().within(20))
		}
	}
	return append(all, newTrial(op, 130*kernels.Chunk+5).scalars(1).ofTerms().within(20)) // more chunks than a device has threads in a block
}

func sumRowsTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range small {
		for _, n := range long {
			t := newTrial(op, m, n).fn(sumFns[i%3]).scalars(1.5).ofTerms().within(20)
			all = append(all, t.flags(kernels.Flags(i%2)*acc))
		}
	}
	return append(all, newTrial(op, 1500, 5).scalars(1).ofTerms())
}

func sumColsTrials(op kernels.Op) []*trial {
	all := []*trial{newTrial(op, 0, 3, 3)}
	for i, m := range []int64{1, 2, 31, kernels.ChunkRows - 1, kernels.ChunkRows, kernels.ChunkRows + 1, 1300} {
		for j, n := range []int64{1, 5, 31, 33, 64, 130} {
			t := newTrial(op, m, n, n+int64(i%3)).fn(sumFns[j%3]).scalars(0.3).ofTerms().within(40)
			all = append(all, t.flags(kernels.Flags(i%2)*acc))
		}
	}
	return append(all, newTrial(op, 3, 2100, 2100).scalars(1).ofTerms())
}

func randomSum(r dice, op kernels.Op) *trial {
	dims := []int64{r.size(3 * kernels.Chunk)}
	if op != kernels.OpSumAll {
		dims = append(dims, r.size(share(work, dims[0])))
	}
	if op == kernels.OpSumCols {
		dims = append(dims, dims[1]+r.pad())
	}
	t := newTrial(op, dims...).fn(sumFns[r.IntN(3)]).scalars(r.scale()).flags(r.flag()).ofTerms().within(64)
	if r.odds(8) {
		t.with("x", special).discrete()
	}
	return t
}

func momentsTrials(op kernels.Op) []*trial {
	all := []*trial{
		newTrial(op, 10, 3).without("w").with("count", values(0)),
		newTrial(op, 10, 3).with("w", values(0)).with("count", values(10)),
		newTrial(op, 10, 3).without("w").with("x", values(2.5)).with("count", values(10)),
		newTrial(op, 10, 3).without("w").with("count", values(99)),
	}
	for _, s := range [][3]int64{{1, 1, 1}, {5, 31, 3}, {40, 300, 33}, {9000, 1, 8999}, {8192, 2, 8192},
		{130 * kernels.Chunk, 1, 130 * kernels.Chunk}} { // more chunks than a device has threads in a block
		count := values(float32(s[2]))
		all = append(all,
			newTrial(op, s[0], s[1]).without("w").with("count", count).within(64),
			newTrial(op, s[0], s[1]).with("w", flagsOf(3)).with("count", count).within(64))
	}
	return all
}

func randomMoments(r dice, op kernels.Op) *trial {
	m := r.size(3 * kernels.Chunk)
	n := r.size(share(work, m))
	t := newTrial(op, m, n).with("w", flagsOf(3)).with("count", values(float32(r.Int64N(m+2)))).within(64)
	return r.drop(t, "w")
}

// lastInfinite fills with random numbers, and infinity as the last.
func lastInfinite(r *rand.Rand, x []float32) {
	normal(1)(r, x)
	x[len(x)-1] = float32(math.Inf(-1))
}

func checkFiniteTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, n := range long {
		y := values(float32(i % 2))
		all = append(all,
			newTrial(op, n), newTrial(op, n).with("x", lastInfinite), newTrial(op, n).with("y", values(0)), newTrial(op, n).with("x", special),
			newTrial(op, n).flags(acc).with("y", y), newTrial(op, n).with("x", special).flags(acc).with("y", y))
	}
	return all
}

func randomFinite(r dice, op kernels.Op) *trial {
	return newTrial(op, r.size(3*kernels.Chunk)).with("x", r.fill(special, normal(1))).with("y", values(float32(r.IntN(2)))).flags(r.flag())
}

// ascending adds plain sums without lanes.
func ascending(c *call) {
	if c.Fn != kernels.FnIdentity || c.Has(acc) {
		return
	}
	sum := float32(0)
	for _, v := range c.arg(c.old, "x") {
		sum += v
	}
	c.arg(c.x, "y")[0] = c.Scalar[0] * sum
}

// ofSample divides by n - 1 if all elements are selected.
func ofSample(c *call) {
	n := min(float64(c.arg(c.old, "count")[0]), float64(c.Dim[0])) * float64(c.Dim[1])
	if c.Arg[1] == kernels.Absent && n > 1 {
		c.arg(c.x, "y")[1] *= float32(math.Sqrt(n / (n - 1)))
	}
}
