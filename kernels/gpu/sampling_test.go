//go:build gpu && !cpu

package gpu

import (
	"fmt"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/diffusion/sample"
	"github.com/gmel-go/gmel/nn/unet"
)

// sampler is one for n images of 4 x 6 with three classes and one for none, whose parameters are not zero.
func sampler(t *testing.T, b kernels.Backend, plan diffusion.Plan, guidance float32, n int) *sample.Sampler {
	t.Helper()
	m, err := unet.New("net", unet.Config{
		Size: []int{4, 6}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 8}, {Channels: 8, Attention: true}},
		Blocks: 1, Groups: 2, Eps: 1e-5, Kernel: 3, Classes: 4, TimeWidth: 16, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	flat := make([]float32, m.Params().Len())
	for i := range flat {
		flat[i] = 0.3 * float32(math.Sin(float64(i)*1.7))
	}
	s, err := sample.New(b, m, flat, plan, sample.Options{Batch: n, Predict: diffusion.PredictEDM, Guidance: guidance, Seed: 9})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// request asks for n images, of which every third number is known where the plan keeps a part.
func request(n int, keeps bool) (r sample.Request) {
	for i := range n {
		r.Classes = append(r.Classes, float32(i%3))
	}
	for j := range 24 * n {
		if keeps {
			r.Image, r.Known = append(r.Image, float32(math.Sin(float64(j)))), append(r.Known, float32((j+2)%3/2))
		}
	}
	return r
}

// TestSamplingIsOneGraph: a run of a sampler is a copy of what is asked for, one graph with all evaluations, and a copy of the
// images. The images have the bits of package ref, launch by launch and as a graph.
func TestSamplingIsOneGraph(t *testing.T) {
	levels := append(diffusion.Karras(3, 0.02, 10, 7), diffusion.Clean)
	part, err := diffusion.Inpaint(diffusion.DDIM(levels, 0), 2)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		plan     diffusion.Plan
		guidance float32
		n        int
	}{
		"heun": {diffusion.Heun(levels), 1, 1}, "ddpm": {diffusion.DDPM(levels), 1, 2}, "unipc, guided": {diffusion.UniPC(levels, 2), 1.5, 1},
		"ipndm": {diffusion.IPNDM(levels), 1, 2}, "ddim, a part": {part, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := &spy{Backend: open(t, kernels.Options{})}
			r := request(c.n, c.plan[0].Hold)
			want := images(t, sampler(t, reference(t), c.plan, c.guidance, c.n), r)
			s := sampler(t, b, c.plan, c.guidance, c.n)
			for run := range 3 {
				log := logged(t)
				if got := images(t, s, r); !slices.Equal(got, want) {
					t.Errorf("run %d: other bits than on ref", run)
				}
				start, step := b.executables[0].(*executable), b.executables[1].(*executable)
				nodes := len(start.plan.ops) + len(c.plan)*len(step.plan.ops)
				if run == 2 {
					checkRun(t, log(), nodes, r)
				}
				if run > 0 && (len(start.sequences) != 1 || len(start.graphs)+len(step.graphs) > 0) {
					t.Errorf("run %d: %d graphs of runs, and others", run, len(start.sequences))
				}
			}
		})
	}
}

// checkRun compares what the driver was asked for with: copies to the device, a graph, a copy of the images, waits for them.
func checkRun(t *testing.T, log []string, nodes int, r sample.Request) {
	t.Helper()
	if !fake() {
		return // only the driver in testdata writes a log
	}
	copies := 1
	if r.Image != nil {
		copies = 3 // the images, and what is known of them
	}
	if len(log) < copies+3 {
		t.Fatalf("calls %q", log)
	}
	for i, line := range log {
		want := "wait"
		switch {
		case i < copies:
			want = "to device"
		case i == copies:
			want = fmt.Sprintf("graph %d", nodes)
		case i == copies+1:
			want = fmt.Sprintf("to host %d", 4*24*len(r.Classes))
		}
		if !strings.HasPrefix(line, want) {
			t.Errorf("call %d is %q, want %q; all: %q", i, line, want, log)
		}
	}
}

// TestLongSamplingIsFewGraphs: a run with more launches than one graph may have is the start and graphs of powers of two.
func TestLongSamplingIsFewGraphs(t *testing.T) {
	needFake(t)
	const evaluations = 13
	levels := append(diffusion.Karras(evaluations, 0.02, 10, 7), diffusion.Clean)
	device := open(t, kernels.Options{})
	device.longest = 500
	s := sampler(t, device, diffusion.DDIM(levels, 0), 1, 1)
	want := images(t, s, request(1, false))
	log := logged(t)
	if got := images(t, s, request(1, false)); !slices.Equal(got, want) {
		t.Error("other bits")
	}
	launched, copied := 0, 0
	for _, line := range log() {
		if strings.HasPrefix(line, "graph") {
			launched++
		} else if strings.HasPrefix(line, "to ") {
			copied++
		}
	}
	if launched != 1+bits.OnesCount(evaluations) || copied != 2 {
		t.Errorf("%d graphs and %d copies, want %d and 2", launched, copied, 1+bits.OnesCount(evaluations))
	}
}

func reference(t *testing.T) kernels.Backend {
	t.Helper()
	b, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func images(t *testing.T, s *sample.Sampler, r sample.Request) []float32 {
	t.Helper()
	x, err := s.Run(r)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// logged makes the driver in testdata note what it is asked for, and returns the notes so far, line by line.
func logged(t *testing.T) func() []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	t.Setenv("GMEL_FAKE_LOG", path)
	return func() []string {
		text, err := os.ReadFile(path)
		if err != nil && fake() {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}
