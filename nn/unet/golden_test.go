package unet

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// golden is a network that diffusers evaluated and differentiated: its folder with io.safetensors, see testdata/peer.py.
type golden struct {
	m    *Model
	flat []float32
	io   map[string]safetensors.Tensor
}

func readTensors(t *testing.T, path string) map[string]safetensors.Tensor {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, err := safetensors.Decode(file)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return all
}

func readGolden(t *testing.T, dir string) *golden {
	t.Helper()
	m, flat, err := Load(dir, "net")
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{m, flat, readTensors(t, filepath.Join(dir, "io.safetensors"))}
	if flipped(t, dir) {
		swapHalves(g.io["grad."+frequencies])
	}
	return g
}

// flipped reports that diffusers has the cosines of time before the sines.
func flipped(t *testing.T, dir string) bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, configFile))
	if err != nil {
		t.Fatal(err)
	}
	s, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s.FlipSinToCos
}

// channelsLast turns [B,C,...] into [B,...,C].
func channelsLast(x safetensors.Tensor) []float32 {
	b, c := x.Shape[0], x.Shape[1]
	n := len(x.Data) / (b * c)
	y := make([]float32, len(x.Data))
	for i, v := range x.Data {
		y[i/(n*c)*n*c+i%n*c+i/n%c] = v
	}
	return y
}

// pass is a Program on a backend.
type pass struct {
	t       *testing.T
	layout  *machine.Layout
	session *machine.Session
	program *kernels.Program
}

// numbers are the values of a tensor by its name.
func (p *pass) numbers(name string) []float32 {
	p.t.Helper()
	at, ok := p.layout.Lookup(name)
	if !ok {
		p.t.Fatalf("no tensor %s", name)
	}
	x := make([]float32, at.Len())
	if err := p.session.Download(x, at); err != nil {
		p.t.Fatal(err)
	}
	return x
}

func open(t *testing.T, name string, threads int) kernels.Backend {
	t.Helper()
	if name != "auto" && !slices.Contains(kernels.Backends(), name) {
		t.Skipf("backend %s is not in this build", name)
	}
	b, err := kernels.Open(name, kernels.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// pass runs an evaluation with the gradients of mean(y w).
func (g *golden) pass(t *testing.T, backend kernels.Backend) *pass {
	t.Helper()
	l := machine.NewLayout()
	net, grads, n := g.m.Params().Place(l, "net"), g.m.Params().Place(l, "grad"), g.io["x"].Shape[0]
	batch := g.m.Place(l, "batch", n)
	w, dx := l.Add("w", batch.Y.Shape()...), l.Add("dx", batch.X.Shape()...)
	f := nn.NewFragment()
	bd, in := f.Bind(g.m.Params(), net), g.m.input(f, batch)
	y := g.m.Apply(bd, in)
	if err := f.Gradients(op.Mean(op.Mul(y, f.Input(w))), bd, grads, nn.InputGrad{Of: in.X, To: dx}); err != nil {
		t.Fatal(err)
	}
	f.Output(y, batch.Y)
	b := machine.NewBuilder("golden", l)
	f.Lower(b)
	values := map[machine.Tensor][]float32{
		net.Flat: g.flat, batch.X: channelsLast(g.io["x"]), batch.Time: g.io["t"].Data, w: channelsLast(g.io["w"]),
	}
	if batch.Class != machine.None {
		values[batch.Class] = g.io["y"].Data
	}
	return run(t, backend, l, b, values)
}

// run builds the Program and runs it once.
func run(t *testing.T, backend kernels.Backend, l *machine.Layout, b *machine.Builder, values map[machine.Tensor][]float32) *pass {
	t.Helper()
	p := build(t, backend, l, b)
	p.run(values)
	return p
}

func build(t *testing.T, backend kernels.Backend, l *machine.Layout, b *machine.Builder) *pass {
	t.Helper()
	p := &pass{t: t, layout: l}
	var err error
	if p.program, err = b.Build(); err != nil {
		t.Fatal(err)
	}
	if p.session, err = machine.NewSession(backend, l, p.program); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.session.Close() })
	if err := p.session.Poison(); err != nil {
		t.Fatal(err)
	}
	return p
}

// run uploads values and runs the Program over poisoned memory.
func (p *pass) run(values map[machine.Tensor][]float32) {
	p.t.Helper()
	for to, x := range values {
		if err := p.session.Upload(to, x); err != nil {
			p.t.Fatal(err)
		}
	}
	if err := p.session.Run(p.program); err != nil {
		p.t.Fatal(err)
	}
}

// goldens are the folders in testdata, and those in the folder GMEL_UNET_GOLDEN if it is set.
func goldens(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("testdata/*/config.json")
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("GMEL_UNET_GOLDEN"); dir != "" {
		more, err := filepath.Glob(filepath.Join(dir, "*", "config.json"))
		if err != nil || len(more) == 0 {
			t.Fatalf("no networks in GMEL_UNET_GOLDEN=%s: %v", dir, err)
		}
		all = append(all, more...)
	}
	for i, config := range all {
		all[i] = filepath.Dir(config)
	}
	return all
}

// Outputs agree with those of diffusers to 1e-4, gradients to 1e-3 of their largest number.
func TestAgreesWithDiffusers(t *testing.T) {
	for _, dir := range goldens(t) {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			g := readGolden(t, dir)
			g.compare(t, g.pass(t, open(t, "auto", 1)))
			if _, ok := g.io["edm6"]; ok {
				g.compareSample(t, open(t, "auto", 1))
			}
		})
	}
}

// compareSample makes the six Euler steps of Karras et al. 2022, algorithm 1 without its second evaluation, and compares
// what they make of z.
func (g *golden) compareSample(t *testing.T, backend kernels.Backend) {
	t.Helper()
	const deviation = 0.5
	l, n := machine.NewLayout(), g.io["z"].Shape[0]
	net, batch := g.m.Params().Place(l, "net"), g.m.Place(l, "batch", n)
	b := machine.NewBuilder("evaluate", l)
	g.m.Evaluate(b, net, batch)
	x, scaled, time := channelsLast(g.io["z"]), make([]float32, batch.X.Len()), make([]float32, n)
	values := map[machine.Tensor][]float32{net.Flat: g.flat, batch.X: scaled, batch.Time: time, batch.Class: g.io["y"].Data}
	p := build(t, backend, l, b)
	for step, at := range g.io["edm_timesteps"].Data {
		sigma, next := float64(g.io["edm_sigmas"].Data[step]), float64(g.io["edm_sigmas"].Data[step+1])
		norm := math.Sqrt(sigma*sigma + deviation*deviation)
		for i := range x {
			scaled[i] = float32(float64(x[i]) / norm)
		}
		for i := range time {
			time[i] = at
		}
		p.run(values)
		for i, f := range p.numbers("batch/y") {
			v := float64(x[i])
			clean := deviation*deviation/(norm*norm)*v + sigma*deviation/norm*float64(f)
			x[i] = float32(v + (next-sigma)*(v-clean)/sigma)
		}
	}
	near(t, "edm6", x, channelsLast(g.io["edm6"]), 1e-4, false)
}

// The network for sequences agrees with one that is written in PyTorch.
func TestSequencesAgreeWithPyTorch(t *testing.T) {
	c := Config{
		Size: []int{12}, Inputs: 2, Outputs: 2, Levels: []Level{{Channels: 4}, {Channels: 8}}, Blocks: 1, Middle: true,
		Groups: 2, Eps: 1e-5, Kernel: 5, Classes: 4, TimeWidth: 8, FreqShift: 1,
	}
	m, err := New("net", c)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{m: m, io: readTensors(t, "testdata/sequence.safetensors")}
	weights := map[string]safetensors.Tensor{}
	for _, q := range m.Params().List() {
		weights[tensorName(q)] = g.io[tensorName(q)]
	}
	if err := m.compare(weights); err != nil {
		t.Fatal(err)
	}
	g.flat = m.flat(weights)
	g.compare(t, g.pass(t, open(t, "auto", 1)))
}

func (g *golden) compare(t *testing.T, p *pass) {
	t.Helper()
	near(t, "out", p.numbers("batch/y"), channelsLast(g.io["out"]), 1e-4, false)
	near(t, "dx", p.numbers("dx"), channelsLast(g.io["dx"]), 1e-3, true)
	compared := 0
	all := g.m.tensors(p.numbers("grad"))
	for name, want := range g.io {
		if of, ok := strings.CutPrefix(name, "grad."); ok {
			got, ok := all[of]
			if !ok {
				t.Fatalf("no parameter %s", of)
			}
			compared++
			if strings.HasSuffix(of, ".to_k.bias") { // adds the same to all scores of a row, which changes no weight
				zero(t, name, got.Data, 1e-7)
				continue
			}
			near(t, name, got.Data, want.Data, 1e-3, true)
		}
	}
	if compared < 6 {
		t.Errorf("only %d gradients compared", compared)
	}
}

// zero reports numbers above limit.
func zero(t *testing.T, what string, got []float32, limit float64) {
	t.Helper()
	for i, x := range got {
		if !(math.Abs(float64(x)) <= limit) {
			t.Errorf("%s[%d] is %g, must be 0 to %g", what, i, x, limit)
		}
	}
}

// near reports the largest difference if it is above limit, which may be relative to the largest number.
func near(t *testing.T, what string, got, want []float32, limit float64, relative bool) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d numbers, want %d", what, len(got), len(want))
	}
	worst, scale := 0.0, 0.0
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= worst) {
			worst = d
		}
		scale = max(scale, math.Abs(float64(want[i])))
	}
	if scale == 0 {
		t.Fatalf("%s: all numbers are 0, nothing is compared", what)
	}
	if relative {
		worst /= scale
	}
	if !(worst <= limit) {
		t.Errorf("%s is off by %.3g, want at most %g (largest number %.3g)", what, worst, limit, scale)
	}
	t.Logf("%s: off by %.2g", what, worst)
}
