package kerneltest

import (
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

var convOps = family{
	kernels.OpConv: {convTrials, randomConv, mistakes{
		"taps beside the image are dropped": {before: func(d *kernels.Desc) { d.Dim[kernels.ConvPadX], d.Dim[kernels.ConvPadY] = 0, 0 }},
		"the zeros at the end are left out": {before: withoutEnd},
		"Winograd's form is ignored":        {before: direct},
	}},
	kernels.OpConvGradX: {convTrials, randomConv, mistakes{
		"taps beside the image are dropped": {before: func(d *kernels.Desc) { d.Dim[kernels.ConvPadX], d.Dim[kernels.ConvPadY] = 0, 0 }},
		"the zeros at the end are left out": {before: withoutEnd},
		"Winograd's form is ignored":        {before: direct},
	}},
	kernels.OpConvGradW: {convTrials, randomConv, mistakes{
		"the zeros at the end are left out": {before: withoutEnd},
		"the last image is dropped":         fewer(kernels.ConvB),
		"Winograd's form is ignored":        {before: direct},
	}},
}

func withoutEnd(d *kernels.Desc) { d.Dim[kernels.ConvEnd] = 0 }
func direct(d *kernels.Desc)     { d.Flags &^= kernels.FlagWinograd }

// winogradShapes are B, Y, X, C, F, padY, padX, end of convolutions in Winograd's form.
var winogradShapes = [][]int64{
	{1, 1, 1, 1, 1, 1, 1, 0}, {2, 5, 4, 3, 8, 1, 1, 0}, {1, 8, 8, 16, 16, 1, 1, 0}, {2, 7, 9, 17, 31, 1, 1, 0}, {1, 6, 6, 33, 33, 0, 0, 0},
	{3, 4, 5, 5, 50, 2, 0, 0}, {1, 3, 3, 4, 2, 3, 4, 0}, {2, 4, 7, 9, 18, 0, 1, 2}, // outputs that read nothing but zeros
	{3, 16, 16, 12, 20, 1, 1, 0}, {1, 4, 5, 64, 70, 1, 1, 0}, {5, 3, 30, 40, 34, 1, 1, 0}, {1, 2, 3, 300, 20, 1, 1, 0}, {1, 3, 2, 20, 300, 1, 1, 0},
	{0, 3, 3, 2, 2, 1, 1, 0}, {1, 2, 2, 2, 2, 0, 0, 0}, {2, 3, 3, 0, 2, 1, 1, 0}, {2, 3, 3, 2, 0, 1, 1, 0},
	{1, 2, 3, 300, 9, 1, 1, 0}, {1, 3, 2, 9, 300, 1, 1, 0}, // several blocks of terms and few columns
}

// inWinograd is the dimensions of a convolution of 3x3 taps.
func inWinograd(s []int64) []int64 {
	return []int64{s[0], s[1], s[2], s[3], 3, 3, s[4], 1, 1, s[5], s[6], s[7]}
}

// convShapes are B, Y, X, C, KY, KX, F, strideY, strideX, padY, padX and, if not 0, end.
var convShapes = [][]int64{
	{1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0}, {2, 3, 5, 1, 3, 3, 2, 1, 1, 1, 1}, {2, 5, 4, 3, 3, 3, 8, 1, 1, 1, 1},
	{1, 8, 8, 16, 3, 3, 16, 1, 1, 1, 1}, {2, 7, 9, 17, 3, 3, 31, 1, 1, 1, 1}, {1, 6, 6, 33, 3, 3, 33, 1, 1, 0, 0},
	{3, 5, 7, 31, 1, 1, 33, 1, 1, 0, 0}, {2, 8, 6, 32, 3, 3, 40, 2, 2, 1, 1}, {2, 7, 7, 5, 3, 3, 6, 2, 2, 0, 0},
	{1, 9, 5, 4, 4, 3, 7, 3, 2, 2, 1}, {2, 6, 6, 20, 1, 1, 9, 2, 2, 0, 0}, {2, 2, 3, 3, 5, 7, 4, 1, 1, 2, 3}, // kernels as large as the image or larger
	{1, 3, 3, 2, 2, 2, 3, 2, 3, 2, 2}, {1, 2, 2, 2, 3, 3, 2, 5, 4, 2, 1}, // no tap reaches some pixels
	{4, 1, 50, 3, 1, 5, 12, 1, 1, 0, 2}, {2, 1, 33, 1, 1, 5, 31, 1, 2, 0, 0}, {1, 1, 600, 2, 1, 5, 3, 1, 1, 0, 2}, // windows of sensors
	{7, 4, 4, 24, 3, 3, 18, 1, 1, 1, 1}, {2, 18, 20, 8, 3, 3, 16, 1, 1, 1, 1}, {1, 30, 40, 3, 3, 3, 5, 2, 1, 1, 1}, // several blocks of pixels
	{1, 4, 5, 64, 3, 3, 70, 1, 1, 1, 1}, {1, 2, 2, 300, 1, 1, 20, 1, 1, 0, 0}, {9, 16, 16, 40, 3, 3, 34, 1, 1, 1, 1}, // several blocks of terms, several tasks
	{2, 5, 4, 18, 3, 3, 24, 1, 1, 1, 1}, {1, 6, 5, 20, 3, 3, 48, 1, 1, 1, 1}, // dy in two panels, used in place
	{2, 8, 6, 32, 3, 3, 32, 2, 2, 0, 0, 1}, {3, 5, 4, 3, 3, 3, 18, 2, 2, 0, 0, 1}, {2, 4, 7, 17, 3, 2, 9, 1, 3, 1, 0, 2}, // more zeros at the end
	{0, 3, 3, 2, 3, 3, 2, 1, 1, 1, 1}, {1, 2, 2, 2, 3, 3, 2, 1, 1, 0, 0}, {2, 3, 3, 0, 3, 3, 2, 1, 1, 1, 1}, {2, 3, 3, 2, 3, 3, 0, 1, 1, 1, 1},
}

func convTrials(op kernels.Op) []*trial {
	r := rand.New(rand.NewPCG(2, uint64(op)))
	var all []*trial
	for _, s := range convShapes {
		all = append(all, convTrial(r, op, s))
	}
	for _, s := range winogradShapes {
		all = append(all, convTrial(r, op, inWinograd(s)).flags(kernels.FlagWinograd).convLimits())
	}
	small := convShapes[2]
	for f := range fnLast + 1 {
		if op == kernels.OpConv {
			all = append(all, newTrial(op, small...).fn(f).scalars(-0.4, 0.7).ofTerms().convLimits())
		}
	}
	for _, f := range []kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid} {
		for i := range kernels.Flags(2) {
			if op == kernels.OpConvGradX {
				all = append(all, newTrial(op, small...).fn(f).scalars(0.3).flags(kernels.FlagFnGrad|i*acc).ofTerms().convLimits())
			}
		}
	}
	return all
}

// convTrial draws everything except the shape.
func convTrial(r *rand.Rand, op kernels.Op, shape []int64) *trial {
	t := newTrial(op, shape...).flags(kernels.Flags(r.IntN(2)) * acc).ofTerms().scalars(0.1)
	switch op {
	case kernels.OpConv:
		t.fn([]kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnTanh}[r.IntN(3)])
		if r.IntN(2) == 0 {
			t.without("bias")
		}
	case kernels.OpConvGradX:
		t.without("aux")
	}
	return t.convLimits()
}

// convLimits sets the bound from the number of terms, as limits does for products.
func (t *trial) convLimits() *trial {
	d := &t.desc
	terms := d.Dim[kernels.ConvKY] * d.Dim[kernels.ConvKX] * max(d.Dim[kernels.ConvC], d.Dim[kernels.ConvF])
	if d.Op == kernels.OpConvGradW {
		rows, columns := d.ConvOutput()
		terms = d.Dim[kernels.ConvB] * rows * columns
	}
	t.bound = 8 + float64(terms)/16
	if d.Has(kernels.FlagWinograd) {
		t.bound *= 4 // the transforms of a tile add terms of all of its pixels, and subtract them later
	}
	switch {
	case d.Has(kernels.FlagFnGrad):
		t.bound *= 20
	case d.Fn == kernels.FnExp, d.Fn == kernels.FnLog, d.Fn == kernels.FnSquare, d.Fn == kernels.FnSqrt, d.Fn == kernels.FnReciprocal:
		t.bound = 0
	}
	return t
}

func randomConv(r dice, op kernels.Op) *trial {
	c, f := r.size(65), r.size(65)
	kernel := func() int64 { return []int64{1, 1, 2, 3, 3, 4, 5}[r.IntN(7)] }
	ky, kx := kernel(), kernel()
	y := r.size(share(8*work, c, f, ky, kx))
	x := r.size(share(8*work, c, f, ky, kx, y))
	b := min(r.size(share(8*work, c, f, ky, kx, y, x)), 9)
	stride := func() int64 { return 1 + r.Int64N(3)*r.Int64N(2) }
	if r.odds(2) {
		s := []int64{b, min(y, 40), min(x, 40), min(c, 40), min(f, 40), r.Int64N(3), r.Int64N(3), r.Int64N(3) * r.Int64N(2)}
		return convTrial(r.Rand, op, inWinograd(s)).flags(kernels.FlagWinograd).convLimits()
	}
	return convTrial(r.Rand, op, []int64{b, y, x, c, ky, kx, f, stride(), stride(), r.Int64N(3), r.Int64N(3), r.Int64N(3) * r.Int64N(2)})
}
