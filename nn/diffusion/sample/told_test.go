package sample

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/unet"
)

// wide is a network whose blocks are told different amounts, with parameters that are not zero.
func wide(t *testing.T, change func(*unet.Config)) (*unet.Model, []float32) {
	t.Helper()
	c := unet.Config{
		Size: []int{4, 6}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 8}, {Channels: 12}},
		Blocks: 1, Groups: 2, Eps: 1e-5, Kernel: 3, Classes: 4, TimeWidth: 16, FreqShift: 1,
	}
	change(&c)
	m, err := unet.New("net", c)
	if err != nil {
		t.Fatal(err)
	}
	flat := make([]float32, m.Params().Len())
	for i := range flat {
		flat[i] = 0.3 * float32(math.Sin(float64(i)*1.7))
	}
	return m, flat
}

// A network that is told everything at the start gives the bits of one that computes it in each step, with fewer ops.
func TestToldAtOnceIsTheSame(t *testing.T) {
	guide, flat := tiny(t)
	const edm = diffusion.PredictEDM
	for name, c := range map[string]struct {
		net     func(*unet.Config)
		options Options
		classes []float32
	}{
		"one image":    {func(*unet.Config) {}, Options{Batch: 1, Guidance: 1, Predict: edm}, []float32{2}},
		"three images": {func(*unet.Config) {}, Options{Batch: 3, Guidance: 1, Predict: edm}, []float32{1, 1, 0}},
		"more images":  {func(*unet.Config) {}, Options{Batch: 7, Guidance: 1, Predict: edm}, []float32{3, 0, 3, 2, 1, 1, 0}},
		"guidance":     {func(*unet.Config) {}, Options{Batch: 3, Guidance: 1.5, Predict: edm}, classes},
		"guide":        {func(*unet.Config) {}, Options{Batch: 3, Guidance: 2, Guide: &Guide{guide, flat}, Predict: edm}, classes},
		"added time":   {func(c *unet.Config) { c.AddTime = true }, Options{Batch: 2, Guidance: 1, Predict: edm}, classes[:2]},
		"no classes":   {func(c *unet.Config) { c.Classes = 0 }, Options{Batch: 2, Guidance: 1, Predict: edm}, nil},
		"sequence":     {func(c *unet.Config) { c.Size = []int{24} }, Options{Batch: 2, Guidance: 1, Predict: edm}, classes[:2]},
		"times of 0":   {func(*unet.Config) {}, Options{Batch: 2, Guidance: 1, Predict: diffusion.PredictNoise}, classes[:2]},
	} {
		m, flat := wide(t, c.net)
		plan := plans()["heun"]
		for i := range plan {
			if name == "times of 0" {
				plan[i].Level.Time = 0
			}
		}
		var want []float32
		ops := map[bool]int{}
		for _, on := range []string{"ref", "cpu"} {
			for _, untold := range []bool{true, false} {
				c.options.untold = untold
				got, n := twoRuns(t, open(t, on, 2), m, flat, plan, c.options, c.classes)
				ops[untold] = n
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s on %s, told at once: %t: other bits", name, on, !untold)
				}
			}
		}
		if ops[false] >= ops[true] {
			t.Errorf("%s: a step of %d ops, %d without a table", name, ops[false], ops[true])
		}
	}
}

// twoRuns are the samples of a second run of a sampler, after one with other classes, and the ops of a step.
func twoRuns(t *testing.T, backend kernels.Backend, m *unet.Model, flat []float32, plan diffusion.Plan, o Options, classes []float32) ([]float32, int) {
	t.Helper()
	s, err := New(backend, m, flat, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if len(s.mem.told) == 0 != o.untold {
		t.Fatal("the wrong form")
	}
	if err := s.session.Poison(); err != nil {
		t.Fatal(err)
	}
	first := slices.Clone(classes)
	slices.Reverse(first)
	if _, err := s.Run(Request{First: 9, Classes: first}); err != nil {
		t.Fatal(err)
	}
	x, err := s.Run(Request{Classes: classes})
	if err != nil {
		t.Fatal(err)
	}
	return x, len(s.step.Descs)
}

// A table is made only where it has room: here a row has 168 numbers.
func TestTableHasRoom(t *testing.T) {
	m, _ := wide(t, func(*unet.Config) {})
	if sum, chunk := width(m); sum != 168 || chunk != 8 {
		t.Fatalf("%d numbers in chunks of %d", sum, chunk)
	}
	most := mostTold / 168
	for _, c := range []struct {
		evaluations, n int
		want           bool
	}{{most, 1, true}, {most + 1, 1, false}, {most / 4, 64, true}, {most/4 + 1, 64, false}, {1, most + 1, false}} {
		if got := canTell(m, c.evaluations, c.n); got != c.want {
			t.Errorf("%d evaluations of a batch of %d: %t", c.evaluations, c.n, got)
		}
	}
	for want, list := range map[string][]float32{"[0] [0 0 0]": nil, "[2 0] [0 0 0]": {2, 2, 2}, "[3 1] [0 1 0]": {3, 1, 3}} {
		values, places := distinct(list, max(1, min(2, len(list))), 3)
		if got := fmt.Sprint(values, places); got != want {
			t.Errorf("%v: %s, want %s", list, got, want)
		}
	}
}
