package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

var policyOps = family{
	kernels.OpLogSoftmax: {softmaxTrials, randomSoftmax, mistakes{
		"a masked entry is minus infinity": {after: infiniteMask},
	}},
	kernels.OpLogSoftmaxGrad: {softmaxTrials, randomSoftmax, mistakes{
		"the sum over the row is left out": {after: withoutNormaliser},
	}},
	kernels.OpSample: {sampleTrials, randomSample, mistakes{
		"the last action is never drawn":           {after: dropLastAction},
		"the high digit of the counter is ignored": {after: lowCounter},
		"the number of the first row is ignored":   {before: fromRowZero},
	}},
	kernels.OpArgMax: {choiceTrials, randomChoice, mistakes{
		"the last of equal numbers is taken": {after: lastOfEqual},
	}},
	kernels.OpOneHot: {choiceTrials, randomChoice, mistakes{
		"an index out of range is the nearest one": {after: clamped("a", 1)},
	}},
	kernels.OpPick: {choiceTrials, randomChoice, mistakes{
		"an index out of range is the nearest one": {after: clamped("a", 1)},
	}},
	kernels.OpPickGrad: {choiceTrials, randomChoice, mistakes{
		"an index out of range is the nearest one": {after: clamped("a", 1)},
	}},
}

func softmaxTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range append(small, 300) {
		for _, n := range []int64{1, 2, 5, 8, 16, 31, 33, 100} {
			plain := newTrial(op, m, n).without("mask").within(64)
			masked := newTrial(op, m, n).with("mask", flagsOf(n)).within(64)
			if op == kernels.OpLogSoftmaxGrad {
				plain.with("y", logProbs(n)).flags(kernels.Flags(i%2) * acc)
				masked.with("y", logProbs(n)).flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, plain, masked)
		}
	}
	if op == kernels.OpLogSoftmax { // large scores, and a row without a legal entry
		all = append(all, newTrial(op, 3, 7).without("mask").with("x", normal(200)), newTrial(op, 3, 7).with("mask", constant(0)))
	}
	return append(all, newTrial(op, 2, kernels.Chunk+9).without("mask").with("y", uniform(-9, -8)).within(4000))
}

func randomSoftmax(r dice, op kernels.Op) *trial {
	m := r.size(513)
	n := max(1, r.size(share(work, m)))
	t := newTrial(op, m, n).with("mask", flagsOf(n)).within(64 + float64(n))
	if op == kernels.OpLogSoftmaxGrad {
		t.with("y", logProbs(n)).flags(r.flag())
	}
	return r.drop(t, "mask")
}

// logProbs fills rows of n with normalised log-probabilities.
func logProbs(n int64) filler {
	return func(r *rand.Rand, x []float32) {
		normal(2)(r, x)
		for i := int64(0); i+n <= int64(len(x)); i += n {
			sum := 0.0
			for _, v := range x[i : i+n] {
				sum += math.Exp(float64(v))
			}
			for j := i; j < i+n; j++ {
				x[j] -= float32(math.Log(sum))
				if r.IntN(4) == 0 && j > i {
					x[j] = kernels.MaskedLogProb
				}
			}
		}
	}
}

func sampleTrials(op kernels.Op) []*trial {
	var all []*trial
	for _, m := range append(small, 700) {
		for _, n := range []int64{1, 2, 5, 31, 33, 100} {
			t := newTrial(op, m, n, m%4*33).with("logp", logProbs(n)).with("counter", counter)
			all = append(all, t.seed(uint64(m)<<40+7, uint32(n)).discrete())
		}
	}
	return append(all, newTrial(op, 4, 5).with("logp", constant(kernels.MaskedLogProb)).with("counter", counter).discrete())
}

func randomSample(r dice, op kernels.Op) *trial {
	m := r.size(513)
	n := max(1, r.size(share(work, m)))
	return newTrial(op, m, n, r.Int64N(1<<20)).with("logp", logProbs(n)).with("counter", counter).seed(r.Uint64(), r.Uint32()).discrete()
}

func choiceTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, m := range append(small, 1000) {
		for _, n := range small {
			t := newTrial(op, m, n).discrete()
			if op == kernels.OpArgMax {
				t.with("x", special)
			} else {
				t.with("a", indices(n))
			}
			if op == kernels.OpPickGrad {
				t.flags(kernels.Flags(i%2) * acc)
			}
			all = append(all, t)
		}
	}
	return all
}

func randomChoice(r dice, op kernels.Op) *trial {
	m := r.size(1000)
	n := max(1, r.size(share(work, m)))
	t := newTrial(op, m, n).with("a", indices(n)).discrete()
	switch op {
	case kernels.OpArgMax:
		t = newTrial(op, m, n).with("x", r.fill(special, normal(1), values(1, 2, 2, 1))).discrete()
	case kernels.OpPickGrad:
		t.flags(r.flag())
	}
	return t
}

func infiniteMask(c *call) {
	for i, y := range c.arg(c.x, "y") {
		if y == kernels.MaskedLogProb {
			c.arg(c.x, "y")[i] = float32(math.Inf(-1))
		}
	}
}

// withoutNormaliser returns dy unchanged for the first row.
func withoutNormaliser(c *call) {
	if !c.Has(acc) && c.Dim[0] > 0 {
		copy(c.arg(c.x, "dx")[:c.Dim[1]], c.arg(c.old, "dy"))
	}
}

func fromRowZero(d *kernels.Desc) { d.Dim[2] = 0 }

func dropLastAction(c *call) {
	for i, a := range c.arg(c.x, "a") {
		if n := float32(c.Dim[1]); n > 1 && a == n-1 {
			c.arg(c.x, "a")[i] = n - 2
		}
	}
}

func lastOfEqual(c *call) {
	x, n := c.arg(c.x, "x"), c.Dim[1]
	for i, a := range c.arg(c.x, "a") {
		row := x[int64(i)*n:][:n]
		for j, v := range row {
			if v == row[int(a)] {
				c.arg(c.x, "a")[i] = float32(j)
			}
		}
	}
}
