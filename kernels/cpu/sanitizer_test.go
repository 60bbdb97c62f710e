//go:build cgo && asan

package cpu_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

const faultVariable = "GMEL_TEST_FAULT"

// faults are errors that a second process makes, by the text that the sanitizer must print.
var faults = map[string]func(t *testing.T, b kernels.Backend){
	"READ of size": func(t *testing.T, b kernels.Backend) { // reads one number after the argument
		sum := kernels.Desc{Op: kernels.OpSumAll, Dim: [kernels.MaxDims]int64{100}, Arg: [kernels.MaxArgs]int64{1, 0}}
		guarded(t, b, &kernels.Program{Name: "sum", Descs: []kernels.Desc{sum}, Arena: 101})
	},
	"WRITE of size": func(t *testing.T, b kernels.Backend) { guarded(t, b, fill(101, 1)) },
	"detected memory leaks": func(t *testing.T, b kernels.Backend) {
		for range 100 { // a register may still hold the address of one
			if _, err := b.Alloc(1000); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
	},
}

// guarded runs a program that touches 101 floats, and guards the floats from number 100 on. It guards
// several, because the sanitizer cannot guard the first half of 8 bytes alone.
func guarded(t *testing.T, b kernels.Backend, p *kernels.Program) {
	buf, err := b.Alloc(120)
	if err != nil {
		t.Fatal(err)
	}
	run, err := b.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	buf.(interface{ Guard(from, to int) }).Guard(100, 120)
	if err := run.Run(buf, 1); err != nil {
		t.Fatal(err)
	}
}

// The sanitizers detect the faults that the conformance suite relies on them for: an access outside
// an argument, on every instruction set, and memory that is never freed.
func TestSanitizersBite(t *testing.T) {
	info, err := kernels.Describe("cpu")
	if err != nil {
		t.Fatal(err)
	}
	if fault := os.Getenv(faultVariable); fault != "" {
		says, isa, _ := strings.Cut(fault, "/")
		faults[says](t, open(t, kernels.Options{Threads: 1, ISA: isa}))
		return
	}
	for says := range faults {
		for _, isa := range info.ISAs {
			child := exec.Command(os.Args[0], "-test.run=^TestSanitizersBite$")
			child.Env = append(os.Environ(), faultVariable+"="+says+"/"+isa)
			out, err := child.CombinedOutput()
			if err == nil || !strings.Contains(string(out), says) {
				t.Errorf("%s: error %v and no %q in\n%s", isa, err, says, out)
			}
		}
	}
}
