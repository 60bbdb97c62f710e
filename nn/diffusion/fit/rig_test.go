package fit

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/unet"
)

// backendOf opens a backend, or skips the test where the machine lacks it.
func backendOf(t *testing.T, name string, threads int) kernels.Backend {
	t.Helper()
	if err := kernels.Probe(name); err != nil {
		t.Skip(err)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// stripes is a set of three classes: bars across, bars down, and a checkerboard, of which there are counts.
func stripes(counts ...int) *Data {
	d := &Data{Shape: []int{8, 8, 1}}
	for class, n := range counts {
		for i := range n {
			for at := range 64 {
				y, x := at/8, at%8
				bit := []int{y + i, x + i, x + y + i}[class] / 2 % 2
				d.Values = append(d.Values, diffusion.DataStd*float32(2*bit-1))
			}
			d.Class = append(d.Class, class)
		}
	}
	return d
}

// network is a small one for stripes.
func network(t *testing.T, dropout float32) *unet.Model {
	t.Helper()
	m, err := unet.New("net", unet.Config{
		Size: []int{8, 8}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 8}, {Channels: 8, Attention: true}}, Blocks: 1,
		Groups: 2, Eps: 1e-5, Kernel: 3, Dropout: dropout, Classes: 4, TimeWidth: 16, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func options(updates int) Options {
	o := Defaults()
	o.Seed, o.Updates, o.Batch, o.WarmUp = 7, updates, 8, 2
	return o
}

func open(t *testing.T, b kernels.Backend, d *Data, o Options) *Trainer {
	t.Helper()
	tr, err := Plan(b, network(t, 0.1), d, o)
	if err == nil {
		err = tr.Open()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

func steps(t *testing.T, tr *Trainer, n int) {
	t.Helper()
	for range n {
		if err := tr.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// read1 ends the test after an error of reading.
func read1(t *testing.T, v []float32, err error) []float32 {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sameBits(a, b []float32) bool {
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return len(a) == len(b)
}
