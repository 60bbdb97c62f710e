package kerneltest

import (
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

var gemmOps = family{
	kernels.OpGemm: {gemmTrials, randomGemm, mistakes{
		"the last term of every sum is dropped":   fewer(kernels.GemmK),
		"the last row is not computed":            fewer(kernels.GemmM),
		"all groups share the bias":               {before: func(d *kernels.Desc) { d.Dim[kernels.GemmStrideBias] = 0 }},
		"terms are rounded before they are added": {after: roundTerms},
	}},
}

var gemmShapes = [][3]int64{
	{1, 1, 1}, {2, 3, 5}, {5, 31, 33}, {31, 33, 31}, {33, 31, 257}, {6, 16, 256}, {7, 17, 255}, {14, 32, 512},
	{64, 64, 1030}, {300, 34, 39}, {1, 33, 300}, {97, 5, 64}, {12, 130, 513}, {290, 270, 70}, {3, 4, 0}, {0, 3, 2}, {4, 0, 3}, {600, 40, 270},
	{300, 140, 20}, {270, 24, 300}, {64, 5, 1030}, {40, 1, 700}, {200, 3, 100}, {25, 9, 60},
}

// gemmTrials has all shapes in all transpositions; everything else is random.
func gemmTrials(op kernels.Op) []*trial {
	r := rand.New(rand.NewPCG(1, 1))
	var all []*trial
	for _, s := range gemmShapes {
		for trans := range kernels.Flags(4) {
			all = append(all, gemmTrial(r, s, trans*kernels.FlagTransA))
		}
	}
	for trans := range kernels.Flags(4) { // one row (or column) of B for all k
		t := gemmTrial(r, [3]int64{9, 64, 20}, trans*kernels.FlagTransA)
		t.desc.Dim[kernels.GemmLDB] = 0
		all = append(all, t)
	}
	for f := range fnLast + 1 {
		t := gemmTrial(r, [3]int64{9, 35, 20}, 0).fn(f)
		t.desc.Flags &^= kernels.FlagFnGrad
		all = append(all, t.limits())
	}
	return all
}

func gemmTrial(r *rand.Rand, s [3]int64, trans kernels.Flags) *trial {
	m, n, k := s[0], s[1], s[2]
	pad := r.Int64N(4)
	lda, ldb, ldc, groups := k+pad, n+pad, n+r.Int64N(3), int64(1)
	if trans&kernels.FlagTransA != 0 {
		lda = m + pad
	}
	if trans&kernels.FlagTransB != 0 {
		ldb = k + pad
	}
	if m*n*k < 1<<18 {
		groups += r.Int64N(3)
	}
	t := newTrial(kernels.OpGemm, m, n, k, lda, ldb, ldc, groups, m*(k+pad)+k*pad+5, k*(n+pad)+n*pad+3, m*ldc+1, r.Int64N(2)*(n+2)).flags(trans)
	t.ofTerms().scalars(0.1, 0.7)
	if r.IntN(2) == 0 {
		t.without("bias")
	}
	if r.IntN(2) == 0 {
		t.flags(acc)
	}
	fns := []kernels.Fn{kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid, kernels.FnIdentity, kernels.FnIdentity}
	t.fn(fns[r.IntN(len(fns))])
	if r.IntN(3) == 0 {
		t.flags(kernels.FlagFnGrad)
	} else {
		t.without("aux")
	}
	return t.limits()
}

// limits sets the bound of a product: the errors of K terms grow like a random walk. The trials of unary
// test steep functions.
func (t *trial) limits() *trial {
	k := float64(t.desc.Dim[kernels.GemmK])
	t.bound = 8 + k/16
	switch t.desc.Fn {
	case kernels.FnExp, kernels.FnLog, kernels.FnSquare, kernels.FnSqrt, kernels.FnReciprocal:
		t.bound = 0
	}
	if t.desc.Has(kernels.FlagFnGrad) {
		t.bound *= 20 // the derivative at normal numbers may be this large
	}
	return t
}

func randomGemm(r dice, op kernels.Op) *trial {
	m := r.size(513)
	n := r.size(share(4*work, m))
	k := r.size(share(4*work, m, n))
	t := gemmTrial(r.Rand, [3]int64{m, n, k}, kernels.Flags(r.IntN(4))*kernels.FlagTransA)
	d := &t.desc
	switch groups := d.Dim[kernels.GemmGroups]; {
	case groups > 1 && r.odds(3): // groups side by side, like the heads of attention
		d.Dim[kernels.GemmStrideC], d.Dim[kernels.GemmLDC] = n, groups*n
	case r.odds(8): // one row of B for all
		d.Dim[kernels.GemmLDB] = 0
	case r.odds(8): // one matrix for all groups
		d.Dim[kernels.GemmStrideA] = 0
	}
	return t
}

// roundTerms computes the first number of a plain product without fused multiply-add.
func roundTerms(c *call) {
	if c.Fn != kernels.FnIdentity || c.Flags != 0 || c.Arg[2] != kernels.Absent || len(c.arg(c.x, "C")) == 0 {
		return
	}
	a, b, sum := c.arg(c.old, "A"), c.arg(c.old, "B"), float32(0)
	for k := range c.Dim[kernels.GemmK] {
		sum += float32(a[k] * b[k*c.Dim[kernels.GemmLDB]])
	}
	c.arg(c.x, "C")[0] = sum
}
