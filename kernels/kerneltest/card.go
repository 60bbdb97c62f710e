package kerneltest

import (
	"maps"
	"slices"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// card is the description of an op for the suite. The cards of a family are in one file, op_*.go.
type card struct {
	trials   func(op kernels.Op) []*trial       // shapes at the edges of vectors, tiles and chunks
	random   func(r dice, op kernels.Op) *trial // a trial of a random shape
	mistakes mistakes                           // the trials must detect these, besides those that any op can have
}

type family map[kernels.Op]card

// mistakes by a description of the error.
type mistakes map[string]mistake

// mistake changes an op before it runs, or its results afterwards.
type mistake struct {
	before func(d *kernels.Desc) // may be nil
	after  func(c *call)         // may be nil
}

// cards has a card for each of workOps.
var cards = collect(gemmOps, pointwiseOps, reduceOps, policyOps, attentionOps, convOps, gatherOps, randomOps, optimOps, normOps, imageOps, rolloutOps)

func collect(families ...family) family {
	all := family{}
	for _, f := range families {
		maps.Copy(all, f)
	}
	return all
}

// trialsOf returns the trials of an op; there is at least one.
func trialsOf(op kernels.Op) []*trial {
	if c, ok := cards[op]; ok {
		return c.trials(op)
	}
	return nil
}

// call is an op after its run.
type call struct {
	*kernels.Desc
	old, x []float32 // arena before the program and after the op; trials share no memory
}

// arg is an argument by name in an arena, or nil if it is absent.
func (c *call) arg(arena []float32, name string) []float32 {
	spec, _ := kernels.SpecOf(c.Op)
	for i, a := range spec.Args {
		if a.Name == name && c.Arg[i] != kernels.Absent {
			return arena[c.Arg[i] : c.Arg[i]+a.Len(c.Desc)]
		}
	}
	return nil
}

// redo runs the op again on package ref, after change has modified an input.
func (c *call) redo(input string, change func(x []float32)) {
	spec, _ := kernels.SpecOf(c.Op)
	for _, a := range spec.Args {
		if a.Mode != kernels.In {
			copy(c.arg(c.x, a.Name), c.arg(c.old, a.Name))
		}
	}
	x := c.arg(c.x, input)
	kept := slices.Clone(x)
	change(x)
	d := *c.Desc
	if err := ref.Exec(&d, c.x); err != nil {
		panic(err)
	}
	copy(x, kept)
}

// fewer makes a dimension smaller by one.
func fewer(dim int) mistake {
	return mistake{before: func(d *kernels.Desc) { d.Dim[dim] = max(d.Dim[dim]-1, 0) }}
}

// scalar fixes a parameter.
func scalar(i int, v float32) mistake {
	return mistake{before: func(d *kernels.Desc) { d.Scalar[i] = v }}
}

// lowCounter runs the op with only the low digit of its counter.
func lowCounter(c *call) { c.redo("counter", func(x []float32) { x[0] = 0 }) }

// clamped runs the op with indices clamped to the range below Dim[dim].
func clamped(input string, dim int) func(c *call) {
	return func(c *call) {
		c.redo(input, func(x []float32) {
			for i, v := range x {
				x[i] = min(max(v, 0), float32(c.Dim[dim]-1))
			}
		})
	}
}
