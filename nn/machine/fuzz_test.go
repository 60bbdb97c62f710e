package machine_test

import (
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	"github.com/gmel-go/gmel/nn/machine"
)

// FuzzGraphs compares values and gradients of random graphs. The compiled Program on the cpu backend
// must have the bits of the reference, with any instruction set, with 1 to 3 threads, fused or not.
// The reference must agree with gorgonia's TapeMachine. To run it longer:
// go test -fuzz FuzzGraphs ./nn/machine.
func FuzzGraphs(f *testing.F) {
	ref := open(f, "ref")
	info, err := kernels.Describe("cpu")
	if err != nil {
		f.Skip(err) // a build without cgo
	}
	for i := range 8 {
		seed := make([]byte, 512)
		for j := range seed {
			seed[j] = byte((i + 1) * (j + 3) * (j + 11))
		}
		f.Add(seed)
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		b := random(t, G.Float32)
		o := kernels.Options{Threads: rapid.IntRange(1, 3).Draw(t, "threads"), ISA: rapid.SampledFrom(info.ISAs).Draw(t, "isa")}
		want := values(t, b, build(t, b, machine.On(ref), machine.Poison()))
		compare(t, "reference against TapeMachine", want, values(t, b, G.NewTapeMachine(b.g)), 2e-5)
		compare(t, "unfolded", values(t, b, build(t, b, machine.On(ref), machine.Naive())), want, 2e-5)
		cpu, err := kernels.Open("cpu", o)
		if err != nil {
			t.Fatal(err)
		}
		defer cpu.Close()
		bits(t, "cpu", values(t, b, build(t, b, machine.On(cpu), machine.Poison())), want)
		bits(t, "cpu, unfused", values(t, b, build(t, b, machine.On(cpu), machine.Unfused(), machine.Poison())), want)
	}))
}
