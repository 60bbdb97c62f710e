package kerneltest

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// Package ref with rounded factors, which rounds no weights, is within the bounds of attention in tf32 and bf16; mistakes are not.
func TestBoundsOfRoundedAttention(t *testing.T) {
	for precision := range halfUnit {
		round := func(x float32) float32 { return Rounded(precision, x) }
		for mistake, right := range map[string]struct {
			round  func(x float32) float32
			change func(d *kernels.Desc)
			fine   bool
		}{
			"":                          {round, func(*kernels.Desc) {}, true},
			"factors are not rounded":   {func(x float32) float32 { return x }, func(*kernels.Desc) {}, false},
			"the mask is dropped":       {round, selfMistakes["an agent always attends to itself"].before, false},
			"agents skip themselves":    {round, selfMistakes["an agent never attends to itself"].before, false},
			"heads and width are mixed": {round, attentionMistakes["heads and their width are exchanged"].before, false},
			"results are overwritten":   {round, func(d *kernels.Desc) { d.Flags &^= acc }, false},
		} {
			b := newRoundedAttention(30)
			got := attentionOnRef(t, b, right.round, right.change)
			if faults := b.attentionFaults(precision, got); (len(faults) == 0) != right.fine {
				t.Errorf("%s, mistake %q: faults %v", precision, mistake, faults)
			}
		}
	}
}

// attentionOnRef is the result of package ref with rounded factors and changed ops.
func attentionOnRef(t *testing.T, b *bench, round func(x float32) float32, change func(d *kernels.Desc)) []float32 {
	p := b.program
	p.Descs = slices.Clone(p.Descs)
	x := slices.Clone(b.arena)
	for i, tr := range b.trials {
		change(&p.Descs[i])
		for a, arg := range tr.spec().Args {
			if arg.Mode != kernels.In || arg.Name == "dpenalty" {
				continue
			}
			for at := tr.arg[a].from; at < tr.arg[a].to; at++ {
				x[at] = round(x[at])
			}
		}
	}
	if err := ref.Run(&p, x); err != nil {
		t.Fatal(err)
	}
	return x
}
