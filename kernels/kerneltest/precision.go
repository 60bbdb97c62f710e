package kerneltest

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

const unit = 0x1p-24

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// checkPrecision compares the float32 results of ref with its float64 results.
func (b *bench) checkPrecision(t *testing.T, got []float32) {
	for n, tr := range b.trials {
		if tr.bound == 0 {
			continue
		}
		arena := widen(b.arena)
		if err := ref.Exec(&tr.desc, arena); err != nil {
			t.Fatal(err)
		}
		scale := tr.scale(b.arena)
		for a, arg := range tr.spec().Args {
			if arg.Mode == kernels.In || tr.desc.Arg[a] == kernels.Absent {
				continue
			}
			for i := tr.arg[a].from; i < tr.arg[a].to; i++ {
				limit := tr.bound * unit * scale(i, arena[i])
				if !near(got[i], arena[i], limit) {
					t.Fatalf("trial %d (%s) %s[%d]: float32 %g, float64 %g, off by more than %g",
						n, tr, arg.Name, i-tr.arg[a].from, got[i], arena[i], limit)
				}
			}
		}
	}
}

// scale returns the unit of a trial's bound at arena[i]: max(1, |value|), or the sum of the absolute
// values of all terms, which the same op computes from absolute values; of the result that has most, for a Winograd form.
func (t *trial) scale(arena []float32) func(i int64, value float64) float64 {
	if !t.terms {
		return func(_ int64, value float64) float64 { return max(1, math.Abs(value)) }
	}
	terms := widen(arena)
	for i := range terms {
		terms[i] = math.Abs(terms[i])
	}
	d := t.desc
	d.Fn, d.Flags = kernels.FnIdentity, d.Flags&^(kernels.FlagFnGrad|kernels.FlagWinograd)
	sum := d.Op == kernels.OpSumAll || d.Op == kernels.OpSumRows || d.Op == kernels.OpSumCols
	if sum && t.desc.Fn == kernels.FnSquare {
		d.Fn = kernels.FnSquare
	}
	d.Scalar[0] = float32(math.Abs(float64(d.Scalar[0])))
	if err := ref.Exec(&d, terms); err != nil {
		panic(err)
	}
	if t.desc.Has(kernels.FlagWinograd) {
		most := t.mostTerms(terms)
		return func(int64, float64) float64 { return most + 1 }
	}
	return func(i int64, _ float64) float64 { return terms[i] + 1 }
}

// mostTerms is the largest sum of terms of a result. Winograd's form makes results from sums and differences of those beside them,
// so the error of one is bounded by the terms of all: a tap that meets only padding has a gradient of zero by cancellation.
func (t *trial) mostTerms(terms []float64) (most float64) {
	for a, arg := range t.spec().Args {
		if arg.Mode != kernels.In && t.desc.Arg[a] != kernels.Absent {
			most = slices.Max(append(terms[t.arg[a].from:t.arg[a].to:t.arg[a].to], most)) // a result may have no numbers
		}
	}
	return most
}

// near also accepts overflow to infinity and underflow to zero, where float32 has no closer number.
func near(got float32, want, limit float64) bool {
	g := float64(got)
	switch {
	case math.IsNaN(g) || math.IsNaN(want):
		return math.IsNaN(g) && math.IsNaN(want)
	case math.Abs(want) > math.MaxFloat32*0.999:
		return math.IsInf(g, 0) == (math.Abs(want) > math.MaxFloat32*1.001) || math.Abs(g) > math.MaxFloat32*0.99
	}
	return math.Abs(g-want) <= limit
}
