//go:build cgo

package cpu_test

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func open(t *testing.T, o kernels.Options) kernels.Backend {
	t.Helper()
	b, err := kernels.Open("cpu", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// fill is a program that sets n floats, enough for several tasks.
func fill(n int64, value float32) *kernels.Program {
	d := kernels.Desc{Op: kernels.OpFill}
	d.Dim[0], d.Scalar[0] = n, value
	return &kernels.Program{Name: "fill", Descs: []kernels.Desc{d}, Arena: n}
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got error %v, want one that contains %q", err, part)
	}
}

func TestOpenRefuses(t *testing.T) {
	_, err := kernels.Open("cpu", kernels.Options{ISA: "mmx"})
	wantError(t, err, `cannot run instruction set "mmx"; it can run: `)
	for _, n := range []int{-1, 1025, math.MaxInt} {
		_, err = kernels.Open("cpu", kernels.Options{Threads: n})
		wantError(t, err, fmt.Sprintf("threads is %d, allowed are 1 to 1024", n))
	}
}

func TestRunRefuses(t *testing.T) {
	b := open(t, kernels.Options{Threads: 2})
	run, err := b.Compile(fill(100, 1))
	if err != nil {
		t.Fatal(err)
	}
	small, err := b.Alloc(99)
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, run.Run(small, 1), "needs an arena of 100 floats, got 99")
	wantError(t, small.Upload(98, make([]float32, 2)), "[98, 100)")
	if err := small.Close(); err != nil {
		t.Error(err)
	}
	wantError(t, run.Run(small, 1), "after Close")
}

func TestCompileRefuses(t *testing.T) {
	p := fill(100, 1)
	p.Descs[0].Op = 999
	_, err := open(t, kernels.Options{Threads: 1}).Compile(p)
	wantError(t, err, "unknown op code 999")
}

// Backends live side by side, each with its own threads, and end when they are closed.
func TestManyBackends(t *testing.T) {
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for round := range 5 {
				checkFill(t, 1+i%4, float32(i*10+round))
			}
		})
	}
	all.Wait()
}

func checkFill(t *testing.T, threads int, value float32) {
	const n = 50_000
	b, err := kernels.Open("cpu", kernels.Options{Threads: threads})
	if err != nil {
		t.Error(err)
		return
	}
	defer b.Close()
	run, err := b.Compile(fill(n, value))
	if err != nil {
		t.Error(err)
		return
	}
	defer run.Close()
	buf, err := b.Alloc(n)
	if err != nil {
		t.Error(err)
		return
	}
	defer buf.Close()
	got := make([]float32, n)
	if err := run.Run(buf, 1); err != nil {
		t.Error(err)
	}
	if err := buf.Download(got, 0); err != nil {
		t.Error(err)
	}
	for i := range got {
		if got[i] != value {
			t.Errorf("element %d is %g, want %g", i, got[i], value)
			return
		}
	}
}

func TestInfo(t *testing.T) {
	info, err := kernels.Describe("cpu")
	if err != nil {
		t.Fatal(err)
	}
	if info.Device == "" || info.Threads < 1 || len(info.ISAs) == 0 || info.ISA != info.ISAs[0] || info.ISAs[len(info.ISAs)-1] != "scalar" {
		t.Errorf("%+v", info)
	}
}

func TestEmptyProgram(t *testing.T) {
	b := open(t, kernels.Options{Threads: 2})
	run, err := b.Compile(&kernels.Program{})
	if err != nil {
		t.Fatal(err)
	}
	buf, err := b.Alloc(0)
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Run(buf, 1); err != nil {
		t.Error(err)
	}
}

func TestProfileMeasuresEveryOp(t *testing.T) {
	for threads := 1; threads <= 3; threads++ {
		b, err := kernels.Open("cpu", kernels.Options{Threads: threads, Profile: true})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		fill := kernels.Desc{Op: kernels.OpFill, Dim: [kernels.MaxDims]int64{100_000}}
		run, err := b.Compile(&kernels.Program{Descs: []kernels.Desc{fill, fill}, Arena: 100_000})
		if err != nil {
			t.Fatal(err)
		}
		defer run.Close()
		buf, err := b.Alloc(100_000)
		if err != nil {
			t.Fatal(err)
		}
		defer buf.Close()
		for range 3 {
			if err := run.Run(buf, 1); err != nil {
				t.Fatal(err)
			}
		}
		f := run.(kernels.Profiler).Profile()
		if f.Runs != 3 || f.Threads != threads || len(f.Seconds) != 2 || f.Seconds[0] <= 0 || f.Seconds[1] <= 0 {
			t.Errorf("%d threads: profile %+v", threads, f)
		}
	}
}
