package unet

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

func preset(t *testing.T, name string, size []int, channels, classes int) Config {
	t.Helper()
	c, err := Preset(name, size, channels, classes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func model(t *testing.T, c Config) *Model {
	t.Helper()
	m, err := New("net", c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ddpm is the network that Ho et al. 2020 trained on CIFAR-10.
func ddpm() Config {
	return Config{
		Size: []int{32, 32}, Inputs: 3, Outputs: 3, Blocks: 2, Middle: true, Groups: 32, Eps: 1e-6, Kernel: 3, AtEnd: true,
		Dropout: 0.1, TimeWidth: 512, FreqShift: 1, AddTime: true,
		Levels: []Level{{Channels: 128}, {Channels: 256, Attention: true}, {Channels: 256}, {Channels: 256}},
	}
}

// The numbers of the library's networks; its paper gives 35.7 million for the last one.
func TestCounts(t *testing.T) {
	image, sequence := []int{32, 32}, []int{64}
	for _, c := range []struct {
		name   string
		config Config
		want   int
	}{
		{"xs", preset(t, "xs", image, 1, 12), 283617},
		{"s", preset(t, "s", image, 1, 12), 1142593},
		{"m", preset(t, "m", image, 1, 12), 6950209},
		{"l", preset(t, "l", image, 1, 12), 24704641},
		{"1d", preset(t, "1d", sequence, 8, 9), 742792},
		{"ddpm", ddpm(), 35746307},
	} {
		if got := model(t, c.config).Count(); got != c.want {
			t.Errorf("%s has %d parameters, want %d", c.name, got, c.want)
		}
	}
}

func TestFaultsOfConfig(t *testing.T) {
	good := preset(t, "s", []int{32, 24}, 3, 5)
	for want, spoil := range map[string]func(c *Config){
		"Size is [32 26], must be multiples of 4: 3 levels halve it 2 times": func(c *Config) { c.Size = []int{32, 26} },
		"Size is [0 4], must be multiples of 4":                              func(c *Config) { c.Size = []int{0, 4} },
		"Size is [4 4 4], must be [Y, X] or [T]":                             func(c *Config) { c.Size = []int{4, 4, 4} },
		"there are 0 Levels, must be 1 to 16":                                func(c *Config) { c.Levels = nil },
		"Inputs is 0, must be 1 to 1048576":                                  func(c *Config) { c.Inputs = 0 },
		"Blocks is -1, must be 1 to 100":                                     func(c *Config) { c.Blocks = -1 },
		"Levels[1].Channels is 60, must be a multiple of the 8 Groups":       func(c *Config) { c.Levels[1].Channels = 60 },
		"Levels[2].Channels is 64, must be a multiple of HeadWidth, 24":      func(c *Config) { c.HeadWidth = 24 },
		"HeadWidth is -1, must be 0 to 1048576":                              func(c *Config) { c.HeadWidth = -1 },
		"Eps is 0, must be positive":                                         func(c *Config) { c.Eps = 0 },
		"Kernel is 4, must be an odd number":                                 func(c *Config) { c.Kernel = 4 },
		"AtEnd is true, must be false for sequences":                         func(c *Config) { c.AtEnd, c.Size = true, []int{32} },
		"Dropout is 1, must be at least 0 and":                               func(c *Config) { c.Dropout = 1 },
		"Classes is -2, must be 0 to 1048576":                                func(c *Config) { c.Classes = -2 },
		"FreqShift is 16, must be at least 0":                                func(c *Config) { c.FreqShift = 16 },
		"TimeWidth is 0, must be 1 to":                                       func(c *Config) { c.TimeWidth = 0 },
		"Levels[0].Channels is 33, must be even":                             func(c *Config) { c.Levels[0].Channels, c.Groups = 33, 1 },
	} {
		c := good
		c.Levels = slices.Clone(good.Levels)
		spoil(&c)
		if _, err := New("net", c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	for want, size := range map[string][]int{"size [32] does not fit \"s\"": {32}, "must be multiples of 4": {30, 30}} {
		if _, err := Preset("s", size, 1, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if _, err := Preset("s", []int{32, 32}, 1, -1); err == nil || !strings.Contains(err.Error(), "-1 classes, must be at least 1, or 0") {
		t.Errorf("error %v", err)
	}
	if _, err := Preset("xxl", []int{32, 32}, 1, 0); err == nil || !strings.Contains(err.Error(), `no size "xxl", only [xs s m l 1d]`) {
		t.Errorf("error %v", err)
	}
}

// tiny networks that have everything between them.
func tiny() map[string]Config {
	levels := []Level{{Channels: 4}, {Channels: 8, Attention: true}}
	image := Config{Size: []int{4, 6}, Inputs: 2, Outputs: 1, Levels: levels, Blocks: 1, Middle: true, HeadWidth: 4, Groups: 2, Eps: 1e-5,
		Kernel: 3, Dropout: 0.3, Classes: 3, TimeWidth: 6, FreqShift: 1}
	added, sequence, told := image, image, image
	told.Augment = 3
	added.AtEnd, added.AddTime, added.Classes, added.Blocks = true, true, 0, 2
	sequence.Size, sequence.Kernel = []int{10}, 5
	return map[string]Config{"scaled": image, "added": added, "sequence": sequence, "told": told}
}

// trial is a network with random parameters and a random batch, whose Program computes the loss and its gradients.
type trial struct {
	m     *Model
	l     *machine.Layout
	loss  Loss
	batch Batch
	net   machine.Tensor
	at    *nn.Placed // with net as its memory
	build func() *machine.Builder
	in    map[machine.Tensor][]float32
}

func newTrial(t *testing.T, c Config, n int) *trial {
	t.Helper()
	r := &trial{m: model(t, c), l: machine.NewLayout()}
	net, grads := r.m.Params().Place(r.l, "net"), r.m.Params().Place(r.l, "grad")
	r.batch, r.loss, r.net = r.m.Place(r.l, "batch", n), r.m.PlaceLoss(r.l, "loss", n), net.Flat
	r.at, r.loss.Seed, r.loss.First = net, 5, 9
	if c.Augment > 0 {
		r.m.PlaceAugment(r.l, "batch", &r.batch, n)
	}
	r.build = func() *machine.Builder {
		b := machine.NewBuilder("gradients", r.l)
		if err := r.m.Gradients(b, net, grads, r.batch, r.loss); err != nil {
			t.Fatal(err)
		}
		return b
	}
	rng := rand.New(rand.NewPCG(3, 4))
	r.in = map[machine.Tensor][]float32{}
	for _, to := range []machine.Tensor{net.Flat, r.batch.X, r.batch.Time, r.loss.Target, r.loss.Weight} {
		r.in[to] = make([]float32, to.Len())
		for i := range r.in[to] {
			r.in[to][i] = 0.3 * float32(rng.NormFloat64())
		}
	}
	r.in[r.loss.Counter] = []float32{0, 77}
	if c.Augment > 0 {
		r.in[r.batch.Augment] = normals(n*c.Augment, 5)
	}
	if c.Classes > 0 {
		r.in[r.batch.Class] = make([]float32, n)
		for i := range n {
			r.in[r.batch.Class][i] = float32(i % c.Classes)
		}
	}
	return r
}

// results are y, the loss and the gradients.
func (r *trial) results(p *pass) []float32 {
	return slices.Concat(p.numbers("batch/y"), p.numbers("loss/loss"), p.numbers("grad"))
}

// The same bits by the reference and by C on one and more threads.
func TestBackendsAgreeBitForBit(t *testing.T) {
	for name, c := range tiny() {
		r := newTrial(t, c, 3)
		want := r.results(run(t, open(t, "ref", 1), r.l, r.build(), r.in))
		for _, threads := range []int{1, 3} {
			if got := r.results(run(t, open(t, "cpu", threads), r.l, r.build(), r.in)); !slices.Equal(got, want) {
				t.Errorf("%s: the results of cpu with %d threads differ from those of ref", name, threads)
			}
		}
		if slices.Max(want) == slices.Min(want) {
			t.Errorf("%s: all results are equal", name)
		}
	}
}

// The gradients are those of the loss, in a random direction, with one mask of dropout.
func TestGradientsByDifferences(t *testing.T) {
	backend := open(t, "auto", 1)
	for name, c := range tiny() {
		r := newTrial(t, c, 3)
		grads := run(t, backend, r.l, r.build(), r.in).numbers("grad")
		rng, at := rand.New(rand.NewPCG(8, 9)), r.in[r.net]
		direction, slope := make([]float32, len(at)), 0.0
		for i := range direction {
			direction[i] = float32(rng.NormFloat64())
			slope += float64(grads[i]) * float64(direction[i])
		}
		const h = 2e-3
		var loss [2]float64
		for side, step := range []float32{h, -h} {
			moved := make([]float32, len(at))
			for i := range moved {
				moved[i] = at[i] + step*direction[i]
			}
			r.in[r.net] = moved
			loss[side] = float64(run(t, backend, r.l, r.build(), r.in).numbers("loss/loss")[0])
		}
		if got := (loss[0] - loss[1]) / (2 * h); !(math.Abs(got-slope) < 0.01*math.Abs(slope)+1e-3) {
			t.Errorf("%s: difference %g, gradient %g", name, got, slope)
		}
	}
}

// The counter alone decides on the masks of dropout, and every residual block has its own.
func TestDropoutFollowsItsCounter(t *testing.T) {
	c := tiny()["scaled"]
	r := newTrial(t, c, 3)
	backend := open(t, "auto", 1)
	first := run(t, backend, r.l, r.build(), r.in).numbers("batch/y")
	if again := run(t, backend, r.l, r.build(), r.in).numbers("batch/y"); !slices.Equal(first, again) {
		t.Error("one counter gives two results")
	}
	r.in[r.loss.Counter] = []float32{0, 78}
	if other := run(t, backend, r.l, r.build(), r.in).numbers("batch/y"); slices.Equal(first, other) {
		t.Error("two counters give one result")
	}
	if got, want := r.m.Streams(), 2+2+4; got != want {
		t.Errorf("%d streams, want %d: one for each residual block", got, want)
	}
}

// An image has the same output in every batch, bit for bit; so an evaluation drops nothing, too.
func TestBatchDoesNotMatter(t *testing.T) {
	for name, c := range tiny() {
		var alone, together []float32
		for _, n := range []int{1, 5} {
			m, l := model(t, c), machine.NewLayout()
			net, batch := m.Params().Place(l, "net"), m.Place(l, "batch", n)
			b := machine.NewBuilder("evaluate", l)
			m.Evaluate(b, net, batch)
			in := map[machine.Tensor][]float32{net.Flat: normals(int(net.Flat.Len()), 1), batch.X: normals(int(batch.X.Len()), 2), batch.Time: normals(n, 3)}
			if c.Classes > 0 {
				in[batch.Class] = make([]float32, n)
			}
			y := run(t, open(t, "auto", 2), l, b, in).numbers("batch/y")
			alone, together = together, y
		}
		if !slices.Equal(alone, together[:len(alone)]) {
			t.Errorf("%s: alone %v, in a batch %v", name, alone, together[:len(alone)])
		}
	}
}

// To be told of zeros is to be told nothing, and anything else makes a difference.
func TestAugmentOfZerosIsNone(t *testing.T) {
	const n = 3
	c := tiny()["told"]
	evaluate := func(told []float32) []float32 {
		m, l := model(t, c), machine.NewLayout()
		net, batch := m.Params().Place(l, "net"), m.Place(l, "batch", n)
		in := map[machine.Tensor][]float32{net.Flat: normals(int(net.Flat.Len()), 1), batch.X: normals(int(batch.X.Len()), 2), batch.Time: normals(n, 3)}
		if told != nil {
			m.PlaceAugment(l, "batch", &batch, n)
			in[batch.Augment] = told
		}
		in[batch.Class] = make([]float32, n)
		b := machine.NewBuilder("evaluate", l)
		m.Evaluate(b, net, batch)
		return run(t, open(t, "auto", 1), l, b, in).numbers("batch/y")
	}
	none, zeros, told := evaluate(nil), evaluate(make([]float32, n*c.Augment)), evaluate(normals(n*c.Augment, 5))
	if !slices.Equal(zeros, none) || slices.Equal(told, none) {
		t.Errorf("told %v\nzeros %v\nnone %v", told, zeros, none)
	}
}

// normals are the first n numbers of a stream.
func normals(n int, stream uint64) []float32 {
	rng, x := rand.New(rand.NewPCG(7, stream)), make([]float32, n)
	for i := range x {
		x[i] = 0.3 * float32(rng.NormFloat64())
	}
	return x
}

// An untrained network gives zeros, so its loss is the mean square of the target times the weight.
func TestUntrainedNetworkGivesZeros(t *testing.T) {
	for name, c := range tiny() {
		r := newTrial(t, c, 2)
		r.m.Params().Place(machine.NewLayout(), "other").Init(r.in[r.net], 1)
		for i, weight := range r.in[r.loss.Weight] {
			r.in[r.loss.Weight][i] = max(weight, -weight)
		}
		p := run(t, open(t, "auto", 1), r.l, r.build(), r.in)
		for _, y := range p.numbers("batch/y") {
			if y != 0 {
				t.Fatalf("%s: y is %g, want 0", name, y)
			}
		}
		target, want := r.in[r.loss.Target], 0.0
		for i, x := range target {
			want += float64(x) * float64(x) * float64(r.in[r.loss.Weight][i/(len(target)/2)]) / float64(len(target))
		}
		if got := float64(p.numbers("loss/loss")[0]); math.Abs(got-want) > 1e-5*want {
			t.Errorf("%s: loss %g, want %g", name, got, want)
		}
	}
}
