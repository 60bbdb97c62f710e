package sample

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// tiny is a network for images of 4 x 6 with three classes and one for none. Its last layers begin as zero, so its parameters are drawn anew.
func tiny(t *testing.T) (*unet.Model, []float32) {
	t.Helper()
	m, err := unet.New("net", unet.Config{
		Size: []int{4, 6}, Inputs: 1, Outputs: 1, Levels: []unet.Level{{Channels: 8}, {Channels: 8, Attention: true}},
		Blocks: 1, Groups: 2, Eps: 1e-5, Kernel: 3, Classes: 4, TimeWidth: 16, FreqShift: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	flat := make([]float32, m.Params().Place(machine.NewLayout(), "net").Flat.Len())
	for i := range flat {
		flat[i] = 0.3 * float32(math.Sin(float64(i)*1.7))
	}
	return m, flat
}

func open(t *testing.T, name string, threads int) kernels.Backend {
	t.Helper()
	if !slices.Contains(kernels.Backends(), name) {
		t.Skipf("backend %s is not in this build", name)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// draw makes samples with a new sampler.
func draw(t *testing.T, backend kernels.Backend, plan diffusion.Plan, o Options, r Request) []float32 {
	t.Helper()
	m, flat := tiny(t)
	s, err := New(backend, m, flat, plan, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.session.Poison(); err != nil {
		t.Fatal(err)
	}
	x, err := s.Run(r)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// network is the prediction of the tiny network on the reference backend, for diffusion.Plan.Run.
type network struct {
	t       *testing.T
	session *machine.Session
	program *kernels.Program
	batch   unet.Batch
}

func newNetwork(t *testing.T, n int) *network {
	t.Helper()
	m, flat := tiny(t)
	return networkOf(t, m, flat, n)
}

func networkOf(t *testing.T, m *unet.Model, flat []float32, n int) *network {
	t.Helper()
	l := machine.NewLayout()
	net := m.Params().Place(l, "net")
	e := &network{t: t, batch: m.Place(l, "batch", n)}
	b := machine.NewBuilder("evaluate", l)
	m.Evaluate(b, net, e.batch)
	var err error
	if e.program, err = b.Build(); err == nil {
		e.session, err = machine.NewSession(open(t, "ref", 1), l, e.program)
	}
	if err == nil {
		err = e.session.Upload(net.Flat, flat)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.session.Close() })
	return e
}

func (e *network) predict(in []float32, time float64, classes []float32) []float32 {
	e.t.Helper()
	times := make([]float32, len(classes))
	for i := range times {
		times[i] = float32(time)
	}
	y := make([]float32, len(in))
	for _, err := range []error{
		e.session.Upload(e.batch.X, in), e.session.Upload(e.batch.Time, times), e.session.Upload(e.batch.Class, classes),
		e.session.Run(e.program), e.session.Download(y, e.batch.Y),
	} {
		if err != nil {
			e.t.Fatal(err)
		}
	}
	return y
}

// denoiser is the network with EDM's scalars and guidance, in float64 but for the network itself.
func (e *network) denoiser(p diffusion.Prediction, classes []float32, guidance float64) diffusion.Denoiser {
	none := make([]float32, len(classes))
	for i := range none {
		none[i] = 3
	}
	return func(x []float64, at diffusion.Level) []float64 {
		c := p.At(at)
		in := make([]float32, len(x))
		for j := range x {
			in[j] = float32(c.In * x[j])
		}
		with, without := e.predict(in, c.Time, classes), e.predict(in, c.Time, none)
		d := make([]float64, len(x))
		for j := range x {
			f := float64(without[j]) + guidance*(float64(with[j])-float64(without[j]))
			d[j] = c.Estimate(x[j], f)
		}
		return d
	}
}

var classes = []float32{2, 0, 1}

func plans() map[string]diffusion.Plan {
	edm := append(diffusion.Karras(6, 0.02, 10, 7), diffusion.Clean)
	return map[string]diffusion.Plan{
		"ddim": diffusion.DDIM(edm, 0), "ddpm": diffusion.DDPM(edm), "eta": diffusion.DDIM(edm, 0.5), "heun": diffusion.Heun(edm),
		"ipndm": diffusion.IPNDM(edm), "dpm++": diffusion.DPMSolver(edm), "unipc": diffusion.UniPC(edm, 3), "consistency": diffusion.Consistency(edm),
	}
}

// TestAgreesWithPlan compares every sampler with the specification in float64, from the same noise.
func TestAgreesWithPlan(t *testing.T) {
	for name, plan := range plans() {
		for _, guidance := range []float32{1, 1.5} {
			for _, clip := range []float32{0, 0.7} {
				o := Options{Batch: 3, Predict: diffusion.PredictEDM, Clip: clip, Seed: 9, Guidance: guidance}
				got := draw(t, open(t, "ref", 1), plan, o, Request{First: 5, Classes: classes})
				dice := newDice(t, o, 5)
				x := slices.Clone(dice.at(0, ofSampler))
				for j := range x {
					x[j] *= plan[0].Level.Sigma
				}
				plan.Run(x, newNetwork(t, 3).denoiser(diffusion.PredictEDM, classes, float64(guidance)), diffusion.Options{
					Clip: float64(clip), Noise: dice.stream(ofSampler),
				})
				for j := range x {
					if math.Abs(float64(got[j])-x[j]) > 1e-4 {
						t.Errorf("%s, guidance %g, clip %g: number %d is %g, want %g", name, guidance, clip, j, got[j], x[j])
						break
					}
				}
			}
		}
	}
}

// dice gives the noise of a sampler.
type dice struct {
	t       *testing.T
	session *machine.Session
	program *kernels.Program
	noise   [streams]machine.Tensor
	drawn   [streams][][]float64
}

func newDice(t *testing.T, o Options, first int) *dice {
	t.Helper()
	const pixels = 24
	l := machine.NewLayout()
	s := &Sampler{options: o, pixels: pixels}
	s.mem.dice, s.mem.nextDraw = l.Add("dice", o.Batch, 2), l.Add("draw", 2)
	d := &dice{t: t}
	for stream := range d.noise {
		d.noise[stream] = l.Add(fmt.Sprint("noise/", stream), o.Batch, pixels)
	}
	b := machine.NewBuilder("dice", l)
	s.draw(b, d.noise)
	var err error
	if d.program, err = b.Build(); err == nil {
		d.session, err = machine.NewSession(open(t, "ref", 1), l, d.program)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.session.Close() })
	if err := d.session.Upload(s.mem.nextDraw, []float32{0, 1}); err != nil {
		t.Fatal(err)
	}
	for i := range o.Batch {
		if err := d.session.UploadRows(s.mem.dice, i, []float32{float32(first + i), 0}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// at is the noise of a counter: 0 at the start, and one more for each evaluation that draws any.
func (d *dice) at(counter, stream int) []float64 {
	d.t.Helper()
	for len(d.drawn[stream]) <= counter {
		if err := d.session.Run(d.program); err != nil {
			d.t.Fatal(err)
		}
		for stream, from := range d.noise {
			z := make([]float32, from.Len())
			if err := d.session.Download(z, from); err != nil {
				d.t.Fatal(err)
			}
			var all []float64
			for _, v := range z {
				all = append(all, float64(v))
			}
			d.drawn[stream] = append(d.drawn[stream], all)
		}
	}
	return d.drawn[stream][counter]
}

// stream gives number after number of the evaluations.
func (d *dice) stream(stream int) func(step int) float64 {
	at, last := 0, -1
	return func(step int) float64 {
		if step != last {
			at, last = 0, step
		}
		at++
		return d.at(1+step, stream)[at-1]
	}
}

// TestSameImageInEveryBatch: bits depend neither on the batch nor on threads and backend.
func TestSameImageInEveryBatch(t *testing.T) {
	for name, plan := range plans() {
		o := Options{Batch: 3, Predict: diffusion.PredictEDM, Seed: 9, Guidance: 1.5}
		want := draw(t, open(t, "ref", 1), plan, o, Request{First: 5, Classes: classes})
		for _, threads := range []int{1, 2, 3} {
			if got := draw(t, open(t, "cpu", threads), plan, o, Request{First: 5, Classes: classes}); !slices.Equal(got, want) {
				t.Fatalf("%s: other bits on cpu with %d threads", name, threads)
			}
		}
		o.Batch = 1
		for i := range 3 {
			got := draw(t, open(t, "cpu", 1), plan, o, Request{First: 5 + i, Classes: classes[i : i+1]})
			if !slices.Equal(got, want[24*i:][:24]) {
				t.Fatalf("%s: image %d has other bits alone", name, i)
			}
		}
	}
}

// TestRunsAreAlike: a second run of a sampler does not remember the first, and the seed and the number of an image decide its noise.
func TestRunsAreAlike(t *testing.T) {
	m, flat := tiny(t)
	s, err := New(open(t, "cpu", 1), m, flat, plans()["unipc"], Options{Batch: 3, Predict: diffusion.PredictEDM, Guidance: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var runs [3][]float32
	for i, first := range []int{0, 0, 3} {
		if runs[i], err = s.Run(Request{First: first, Classes: classes}); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(runs[0], runs[1]) {
		t.Error("two runs of the same request differ")
	}
	if slices.Equal(runs[0], runs[2]) {
		t.Error("other images are equal")
	}
}

func TestRefused(t *testing.T) {
	m, flat := tiny(t)
	backend := open(t, "ref", 1)
	for want, o := range map[string]Options{"a batch of 0": {Guidance: 1}} {
		if _, err := New(backend, m, flat, plans()["ddim"], o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := New(backend, m, flat, nil, Options{Batch: 1, Guidance: 1}); err == nil || !strings.Contains(err.Error(), "no evaluation") {
		t.Errorf("error %v", err)
	}
	s, err := New(backend, m, flat, plans()["ddim"], Options{Batch: 2, Guidance: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for want, r := range map[string]Request{
		"1 classes for 2 images": {Classes: classes[:1]},
		"image 1 has class 4":    {Classes: []float32{0, 4}},
		"class 0.5":              {Classes: []float32{0.5, 1}},
		"images from -1":         {First: -1, Classes: classes[:2]},
		"images of 3 numbers":    {Classes: classes[:2], Image: make([]float32, 3)},
		"the plan draws all":     {Classes: classes[:2], Image: make([]float32, 48), Known: make([]float32, 48)},
	} {
		if _, err := s.Run(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
