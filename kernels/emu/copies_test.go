//go:build emu || ptx

package emu

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// layers are two products in a loop. The first has a weight that a launch copies, and writes the copy of its result; the second reads both.
func layers() *kernels.Program {
	const n, iterations = 64, 4
	product := func(a, b, c int64) kernels.Desc {
		return kernels.Desc{
			Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{n, n, n, n, n, n, 1}, Arg: [kernels.MaxArgs]int64{a, b, kernels.Absent, kernels.Absent, c},
		}
	}
	const square = n * n
	p := &kernels.Program{
		Name: "layers", Arena: square * (1 + 2*iterations), Local: square, Steps: make([]kernels.Step, 3),
		Descs: []kernels.Desc{
			{Op: kernels.OpLoop, Dim: [kernels.MaxDims]int64{2, iterations, 1}},
			product(square, 0, kernels.LocalBase), product(kernels.LocalBase, 0, square*(1+iterations)),
		},
	}
	p.Steps[1].Iteration[0], p.Steps[2].Iteration[4] = square, square
	return p
}

func openBF16(t *testing.T) *backend {
	t.Helper()
	b, err := kernels.Open(name, kernels.Options{Precision: kernels.BF16})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b.(*backend)
}

// A plan in which a launch of copies is missing is refused.
func TestEachCopyHasALaunch(t *testing.T) {
	b := openBF16(t)
	for missing := range int64(2) {
		var pin runtime.Pinner
		x := b.layout(&pin, layers(), nil)
		if x.CastCount == 0 {
			t.Fatal("no copies, so this tests nothing")
		}
		x.Casts.Before += missing * 2 // in the body of the loop, where no launch is made
		e := &executable{backend: b, program: layers()}
		err := e.prepare(x)
		pin.Unpin()
		if missing == 0 && err != nil || missing != 0 && (err == nil || !strings.Contains(err.Error(), "the products need 1")) {
			t.Errorf("%d missing: %v", missing, err)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A product that reads a copy which no launch has made gives NaN.
func TestCopiesThatNoLaunchMakesAreNaN(t *testing.T) {
	b, p := openBF16(t), layers()
	ones := make([]float32, p.Arena)
	for i := range ones {
		ones[i] = 1
	}
	for _, missing := range []bool{false, true} {
		var pin runtime.Pinner
		defer pin.Unpin()
		x := b.layout(&pin, p, nil)
		if missing {
			x.Casts, x.CastCount = nil, 0
		}
		e := &executable{backend: b, program: p}
		if err := e.prepare(x); err != nil {
			t.Fatal(err)
		}
		buf, err := b.Alloc(len(ones))
		if err != nil {
			t.Fatal(err)
		}
		got := make([]float32, p.Arena)
		for _, err := range []error{buf.Upload(0, ones), e.Run(buf, 2), buf.Download(got, 0), buf.Close(), e.Close()} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if nan := slices.ContainsFunc(got, func(v float32) bool { return v != v }); nan != missing {
			t.Errorf("missing %t: numbers that are NaN: %t", missing, nan)
		}
	}
}
