package kerneltest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// roundedNetTimes is the iterations of a net whose factors are rounded: so many that a device copies its weights. Most of the widths are
// multiples of eight: a device copies such results.
const roundedNetTimes = 5

var roundedNetWidths = []int64{8, 16, 24, 33, 64, 120, 128, 5}

// newRoundedNet is a net with products that read results of others. A device may keep these as copies.
func newRoundedNet(seed uint64) *bench {
	b := newNetOf(seed, roundedNetWidths, roundedNetTimes)
	b.program.Name = fmt.Sprintf("rounded net %d", seed)
	return b
}

// inTurns is the result of ref, op by op, with the factors of each product rounded as it reads them.
func (b *bench) inTurns(t *testing.T, precision string) []float32 {
	t.Helper()
	p := &b.program
	memory := slices.Concat(b.arena, make([]float32, p.Local))
	for at := 0; at < len(p.Descs); at++ {
		if p.Descs[at].Op != kernels.OpLoop {
			b.turn(t, precision, memory, &p.Descs[at])
			continue
		}
		header := &p.Descs[at]
		body := int(header.Dim[kernels.LoopBody])
		for s := range header.Dim[kernels.LoopSegments] {
			from, to := header.SegmentRange(s)
			for i := from; i < to; i++ {
				for op := at + 1; op <= at+body; op++ {
					d := p.Steps[op].At(&p.Descs[op], i, s, i == from)
					b.turn(t, precision, memory, &d)
				}
			}
		}
		at += body
	}
	return memory[:len(b.arena)]
}

// turn runs an op on memory, in which local memory follows the arena.
func (b *bench) turn(t *testing.T, precision string, memory []float32, op *kernels.Desc) {
	t.Helper()
	d := *op
	for a, at := range d.Arg {
		if at >= kernels.LocalBase {
			d.Arg[a] = at - kernels.LocalBase + int64(len(b.arena))
		}
	}
	exact := slices.Clone(memory)
	spec, _ := kernels.SpecOf(d.Op)
	for a := range factors {
		if slices.Contains(productOps, d.Op) {
			for i := range spec.Args[a].Len(&d) {
				memory[d.Arg[a]+i] = Rounded(precision, exact[d.Arg[a]+i])
			}
		}
	}
	if err := ref.Exec(&d, memory); err != nil {
		t.Fatal(err)
	}
	for a := range factors {
		if slices.Contains(productOps, d.Op) {
			from, to := d.Arg[a], d.Arg[a]+spec.Args[a].Len(&d)
			copy(memory[from:to], exact[from:to])
		}
	}
}

// TrialsOfRoundedNet runs the net with number seed on package ref with factors rounded to a precision.
func TrialsOfRoundedNet(t *testing.T, seed uint64, precision string) *Trials {
	b := newRoundedNet(seed)
	return &Trials{b, b.inTurns(t, precision)}
}
