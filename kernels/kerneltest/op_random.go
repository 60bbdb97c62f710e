package kerneltest

import (
	"github.com/gmel-go/gmel/kernels"
)

var randomOps = family{
	kernels.OpRandInt: {randomTrials, randomDraws, drawMistakes},
	kernels.OpUniform: {randomTrials, randomDraws, drawMistakes},
	kernels.OpNormal:  {randomTrials, randomDraws, drawMistakes},
	kernels.OpCount: {countTrials, randomCount, mistakes{
		"the carry is lost": {after: func(c *call) { c.arg(c.x, "counter")[0] = c.arg(c.old, "counter")[0] }},
	}},
	kernels.OpDropout: {dropoutTrials, randomDraws, mistakes{
		"what is kept is not scaled":               {after: unscaled},
		"the high digit of the counter is ignored": {after: lowCounter},
		"the number of the first block is ignored": {before: fromBlockZero},
	}},
}

var drawMistakes = mistakes{
	"the last word of a block is the one before it": {after: repeatWord},
	"the high digit of the counter is ignored":      {after: lowCounter},
}

func randomTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, n := range long {
		t := newTrial(op, n).with("counter", counter).seed(0x123456789abcdef0+uint64(i), uint32(i)).scalars(-2, 3)
		switch op {
		case kernels.OpRandInt:
			t.with("bound", values(float32(1+1000*i))).discrete()
		case kernels.OpNormal:
			t.within(64)
		}
		all = append(all, t)
	}
	return all
}

// randomDraws is for the ops that draw a number per element.
func randomDraws(r dice, op kernels.Op) *trial {
	t := newTrial(op, r.size(3*kernels.Chunk)).with("counter", counter).seed(r.Uint64(), r.Uint32())
	switch op {
	case kernels.OpRandInt:
		return t.with("bound", values(float32(1+r.IntN(1<<20)))).discrete()
	case kernels.OpDropout:
		t.desc.Dim[1] = r.Int64N(1 << 20)
		p := r.Float32() * 0.99 // the kept elements are large, and may cancel with the output that they are added to
		return t.with("x", special).scalars(p).flags(r.flag()).within(8 + 40/(1-float64(p)))
	case kernels.OpNormal:
		t.within(64)
	}
	return t.scalars(r.scale(), 3)
}

func countTrials(op kernels.Op) []*trial {
	const last = kernels.CounterBase - 1
	return []*trial{
		newTrial(op, 1).with("counter", values(0, 0)),
		newTrial(op, 3).with("counter", values(7, last-1)),
		newTrial(op, 1).with("counter", values(last, last)),
		newTrial(op, 5*kernels.CounterBase+9).with("counter", values(2, 3)),
		newTrial(op, 0).with("counter", values(2, 3)),
	}
}

func randomCount(r dice, op kernels.Op) *trial {
	return newTrial(op, r.Int64N(1<<(1+r.IntN(47)))).with("counter", counter)
}

func dropoutTrials(op kernels.Op) []*trial {
	var all []*trial
	for i, n := range long {
		t := newTrial(op, n, int64(i%2)*n).with("counter", counter).with("x", special).seed(uint64(n)<<33|7, uint32(i)).scalars(float32(i) / 16)
		all = append(all, t.flags(kernels.Flags(i%2)*acc))
	}
	return all
}

func fromBlockZero(d *kernels.Desc) { d.Dim[1] = 0 }

func repeatWord(c *call) {
	y := c.arg(c.x, "y")
	for i := 3; i < len(y); i += 4 {
		y[i] = y[i-1]
	}
}

func unscaled(c *call) {
	if c.Has(acc) {
		return
	}
	for i := range c.arg(c.x, "y") {
		c.arg(c.x, "y")[i] *= 1 - c.Scalar[0]
	}
}
