package kerneltest

import (
	"github.com/gmel-go/gmel/kernels"
)

var pointwiseOps = family{
	kernels.OpUnary: {unaryTrials, randomUnary, mistakes{
		"the parameters of the function are exchanged": {before: func(d *kernels.Desc) { d.Scalar[0], d.Scalar[1] = d.Scalar[1], d.Scalar[0] }},
	}},
	kernels.OpUnaryGrad: {unaryGradTrials, randomUnaryGrad, mistakes{
		"the slope is taken at the other of x and y": {before: func(d *kernels.Desc) { d.Arg[0], d.Arg[1] = d.Arg[1], d.Arg[0] }},
	}},
	kernels.OpBinary: {binaryTrials, randomBinary, mistakes{
		"the operands are exchanged":    {before: exchangeOperands},
		"b is not broadcast along rows": {before: func(d *kernels.Desc) { d.Dim[5] = 1 }},
	}},
	kernels.OpCopy: {copyTrials, randomCopy, mistakes{
		"the distance of the rows of x is ignored": {before: func(d *kernels.Desc) { d.Dim[2] = d.Dim[1] }},
	}},
	kernels.OpFill: {fillTrials, randomVector, mistakes{
		"the value is a whole number": {before: func(d *kernels.Desc) { d.Scalar[0] = float32(int(d.Scalar[0])) }},
	}},
}

func unaryTrials(op kernels.Op) []*trial {
	var all []*trial
	for f := range fnLast + 1 {
		for _, n := range []int64{1, 7, 33, 3000, kernels.Chunk + 5} {
			all = append(all, newTrial(op, n).fn(f).scalars(-0.5, 0.75).with("x", special).within(64))
		}
		all = append(all, newTrial(op, 77).fn(f).scalars(0.25, 3).with("x", special).flags(acc).within(64))
		all = append(all, newTrial(op, 77).fn(f).scalars(0.25, 3).with("x", special).shares("y", "x").within(64))
	}
	return all
}

func randomUnary(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).fn(kernels.Fn(r.IntN(int(fnLast)+1))).scalars(-0.5, 0.75).with("x", special).within(64)
	if r.odds(3) {
		return t.shares("y", "x")
	}
	return t.flags(r.flag())
}

func unaryGradTrials(op kernels.Op) []*trial {
	var all []*trial
	for f := range fnLast + 1 {
		for i, n := range []int64{1, 9, 3000, kernels.Chunk + 5} {
			t := newTrial(op, n).fn(f).scalars(-0.5, 0.75).with("x", special).with("y", special).discrete()
			u := newTrial(op, n).fn(f).scalars(-0.5, 0.75).with("x", uniform(0.1, 2)).with("y", uniform(0.1, 2)).within(64)
			all = append(all, t.flags(kernels.Flags(i%2)*acc), u)
		}
	}
	return all
}

func randomUnaryGrad(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).fn(kernels.Fn(r.IntN(int(fnLast)+1))).scalars(-0.5, 0.75).flags(r.flag())
	if r.odds(2) {
		return t.with("x", special).with("y", special).with("dy", special).discrete()
	}
	return t.with("x", uniform(0.1, 2)).with("y", uniform(0.1, 2)).within(64)
}

func binaryTrials(op kernels.Op) []*trial {
	var all []*trial
	for b := range kernels.BinMax + 1 {
		for i, s := range [][6]int64{
			{3, 33, 33, 1, 33, 1}, {5, 31, 31, 1, 0, 1}, {7, 5, 5, 1, 1, 0}, {4, 9, 12, 1, 0, 0}, {2, 6, 1, 2, 6, 1},
			{1, 40, 0, 0, 0, 1}, {40, 1, 1, 1, 3, 1}, {130, 70, 70, 1, 0, 1}, {100, 97, 97, 1, 97, 1},
		} {
			t := newTrial(op, s[:]...).with("a", special).with("b", special).flags(kernels.Flags(i%3/2) * acc).within(4)
			t.desc.Bin = b
			all = append(all, t)
		}
		t := newTrial(op, 6, 35, 35, 1, 0, 1).shares("y", "a").within(4)
		t.desc.Bin = b
		all = append(all, t)
	}
	return all
}

func randomBinary(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := r.size(share(work, m))
	stride := func() (rows, columns int64) {
		switch r.IntN(5) {
		case 0: // a row
			return 0, 1
		case 1: // a column
			return 1, 0
		case 2: // transposed
			return 1, m
		}
		return n + r.pad(), 1
	}
	ars, acs := stride()
	brs, bcs := stride()
	t := newTrial(op, m, n, ars, acs, brs, bcs).with("a", special).with("b", special).flags(r.flag()).within(4)
	t.desc.Bin = kernels.Bin(r.IntN(int(kernels.BinMax) + 1))
	if ars == n && acs == 1 && r.odds(3) {
		t.shares("y", "a").desc.Flags = 0
	}
	return t
}

func copyTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, m := range small {
		for _, n := range small {
			all = append(all, newTrial(op, m, n, n+3, n), newTrial(op, m, n, n, n+2).flags(acc), newTrial(op, m, n, n, n))
		}
	}
	return append(all, newTrial(op, 700, 39, 39, 64))
}

func randomCopy(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := r.size(share(work, m))
	return newTrial(op, m, n, n+r.pad(), n+r.pad()).with("x", special).flags(r.flag())
}

func fillTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, n := range long {
		all = append(all, newTrial(op, n).scalars(2.5))
	}
	return all
}

// randomVector is for ops of one length and one scalar.
func randomVector(r dice, op kernels.Op) *trial {
	return newTrial(op, r.size(3*kernels.Chunk)).scalars(r.scale())
}

func exchangeOperands(d *kernels.Desc) {
	d.Arg[0], d.Arg[1] = d.Arg[1], d.Arg[0]
	d.Dim[2], d.Dim[3], d.Dim[4], d.Dim[5] = d.Dim[4], d.Dim[5], d.Dim[2], d.Dim[3]
}
