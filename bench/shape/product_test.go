package shape

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// Every product of the table is a valid op of a Program that holds its arguments.
func TestProductsAreValid(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Products() {
		if seen[p.String()] {
			t.Errorf("%s is there twice", p)
		}
		seen[p.String()] = true
		d := p.Desc()
		spec, _ := kernels.SpecOf(d.Op)
		if got, want := spec.Flops(&d), 2*int64(p.M)*int64(p.N)*int64(p.K); got != want {
			t.Errorf("%s: %d operations, want %d", p, got, want)
		}
		program := kernels.Program{Name: p.String(), Descs: []kernels.Desc{d}, Arena: 1 << 21}
		if err := program.Validate(); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestNarrow(t *testing.T) {
	for _, p := range Layer(256, 64, 5) {
		if !p.Narrow() {
			t.Errorf("%s is not narrow", p)
		}
	}
	for _, p := range append(Layer(256, 64, 64), Product{Forward, 1, 128, 128}) {
		if p.Narrow() {
			t.Errorf("%s is narrow", p)
		}
	}
}

func TestGeometricMean(t *testing.T) {
	if got := GeometricMean([]float64{2, 8}); math.Abs(got-4) > 1e-12 {
		t.Error(got)
	}
	if got := GeometricMean(nil); got != 0 {
		t.Error(got)
	}
}
