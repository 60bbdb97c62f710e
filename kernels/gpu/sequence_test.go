//go:build gpu && !cpu

package gpu

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// TestSequence: calls of several programs are launches at first and then one graph, whose order is theirs.
func TestSequence(t *testing.T) {
	b := open(t, kernels.Options{})
	halve := &kernels.Program{Name: "halve", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnAffine, 4, 0, 0)}}
	halve.Descs[0].Scalar = [kernels.MaxScalars]float32{0.5}
	increase := &kernels.Program{Name: "increase", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnAffine, 4, 0, 0)}}
	increase.Descs[0].Scalar = [kernels.MaxScalars]float32{1, 1}
	e, m := loaded(t, b, halve, []float32{8, 16, 24, 32, 0, 0, 0, 0})
	other, _ := loaded(t, b, increase, make([]float32, 8))
	calls := []kernels.Call{{Executable: e, Times: 3}, {Executable: other, Times: 2}}
	for run, want := range [][]float32{{3, 4, 5, 6}, {2.375, 2.5, 2.625, 2.75}, {2.296875, 2.3125, 2.328125, 2.34375}} {
		got := make([]float32, 4)
		if err := errors.Join(kernels.RunAll(b, m, calls...), m.Download(got, 0)); err != nil || !slices.Equal(got, want) {
			t.Errorf("run %d: %g, %v, want %g", run, got, err, want)
		}
		if n := len(e.(*executable).sequences); n != min(run, 1) {
			t.Errorf("run %d: %d graphs", run, n)
		}
	}
}

// TestSequenceWithoutRuns: a call of no runs, whose kernels were never launched, does not keep a sequence from being a graph.
func TestSequenceWithoutRuns(t *testing.T) {
	b := open(t, kernels.Options{})
	p := &kernels.Program{Name: "abs", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnAbs, 4, 0, 4)}}
	e, m := loaded(t, b, p, []float32{-1, 2, -3, 4, 0, 0, 0, 0})
	never, _ := loaded(t, b, p, make([]float32, 8))
	for run := range 2 {
		if err := kernels.RunAll(b, m, kernels.Call{Executable: e, Times: 1}, kernels.Call{Executable: never}); err != nil {
			t.Fatal(err)
		}
		if n := len(e.(*executable).sequences); n != run {
			t.Errorf("run %d: %d graphs", run, n)
		}
	}
	if never.(*executable).ran {
		t.Error("a call of no runs counts as one")
	}
}

// TestSequenceAfterClose: a sequence refuses what Run refuses.
func TestSequenceAfterClose(t *testing.T) {
	b := open(t, kernels.Options{})
	p := &kernels.Program{Name: "abs", Arena: 8, Descs: []kernels.Desc{unary(kernels.FnAbs, 4, 0, 4)}}
	e, m := loaded(t, b, p, []float32{-1, 2, -3, 4, 0, 0, 0, 0})
	got := make([]float32, 4)
	if err := errors.Join(kernels.RunAll(b, m, kernels.Call{Executable: e, Times: 2}), m.Download(got, 4)); err != nil || !slices.Equal(got, []float32{1, 2, 3, 4}) {
		t.Errorf("%g, %v", got, err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := kernels.RunAll(b, m, kernels.Call{Executable: e, Times: 1}); err == nil || !strings.Contains(err.Error(), "Run after Close") {
		t.Errorf("error %v", err)
	}
}
