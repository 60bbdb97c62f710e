package fit

import (
	"math"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/unet"
)

// withHeldOut is a set with others of the same classes held out.
func withHeldOut(counts ...int) *Data {
	d := stripes(counts...)
	d.HeldOut = stripes(2, 2, 2)
	for i := range d.HeldOut.Values {
		d.HeldOut.Values[i] *= 0.5 + 0.1*float32(i/64)
	}
	return d
}

func heldOutLoss(t *testing.T, tr *Trainer) float64 {
	t.Helper()
	loss, err := tr.HeldOutLoss()
	if err != nil {
		t.Fatal(err)
	}
	return loss
}

// The loss is what the formulas of package diffusion make of the same noise, in float64 but for the network.
func TestHeldOutLoss(t *testing.T) {
	tr := open(t, backendOf(t, "ref", 1), withHeldOut(4, 4, 4), options(40))
	if first := heldOutLoss(t, tr); math.Abs(first-1) > 0.2 { // the data have half of the variance of training's
		t.Errorf("the first loss is %g", first)
	}
	steps(t, tr, 40)
	k, h, d := &tr.mem, &tr.mem.heldOut, tr.data.HeldOut
	e := newEvaluation(t, tr)
	levels, ema := tr.must(t, h.levels), tr.must(t, k.ema.Flat)
	sum, square := 0., 0.
	for first := 0; first < heldOutRows; first += heldOutBatch {
		noise := e.noise(ema)
		for i := range heldOutBatch {
			z := float64(levels[first+i])
			square += z * z
			level := diffusion.EDMLevel(math.Exp(tr.options.LevelMean + tr.options.LevelStd*z))
			sample := (first + i) * d.N() / heldOutRows
			clean := d.Values[sample*64:][:64]
			sum += e.loss(level, clean, noise[i*64:][:64], d.Class[sample]) / heldOutRows
		}
	}
	if got := heldOutLoss(t, tr); math.Abs(got-sum) > 1e-5 {
		t.Errorf("the loss is %g, want %g", got, sum)
	}
	if sum > 0.95 {
		t.Errorf("a loss of %g after training is no test", sum)
	}
	if std := math.Sqrt(square / heldOutRows); math.Abs(std-1) > 0.01 {
		t.Errorf("the levels have the deviation %g", std)
	}
}

// evaluation is the network of a trainer, for one sample at a time.
type evaluation struct {
	t           *testing.T
	session     *machine.Session
	one, dice   *kernels.Program
	net, normal machine.Tensor
	batch       unet.Batch
}

func newEvaluation(t *testing.T, tr *Trainer) *evaluation {
	t.Helper()
	l := machine.NewLayout()
	counter, net := l.Add("counter", 2), tr.model.Params().Place(l, "net")
	e := &evaluation{t: t, net: net.Flat, normal: l.Add("normal", heldOutBatch, 64), batch: tr.model.Place(l, "one", 1)}
	one, dice := machine.NewBuilder("one", l), machine.NewBuilder("dice", l)
	tr.model.Evaluate(one, net, e.batch)
	dice.Normal(counter, e.normal, heldOutSeed, streamHeldOut)
	dice.Count(counter, 1)
	var err error
	if e.one, err = one.Build(); err == nil {
		e.dice, err = dice.Build()
	}
	if err == nil {
		e.session, err = machine.NewSession(backendOf(t, "cpu", 1), l, e.one, e.dice)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.session.Close() })
	return e
}

func (e *evaluation) must(errs ...error) {
	e.t.Helper()
	for _, err := range errs {
		if err != nil {
			e.t.Fatal(err)
		}
	}
}

// noise is that of the next batch.
func (e *evaluation) noise(net []float32) []float32 {
	e.t.Helper()
	z := make([]float32, e.normal.Len())
	e.must(e.session.Upload(e.net, net), e.session.Run(e.dice), e.session.Download(z, e.normal))
	return z
}

func (e *evaluation) loss(level diffusion.Level, clean, noise []float32, class int) (mean float64) {
	e.t.Helper()
	c := diffusion.PredictEDM.At(level)
	in, out := make([]float32, len(clean)), make([]float32, len(clean))
	for j := range in {
		in[j] = float32(c.In * level.Noisy(float64(clean[j]), float64(noise[j])))
	}
	e.must(e.session.Upload(e.batch.X, in), e.session.Upload(e.batch.Time, []float32{float32(level.Time)}),
		e.session.Upload(e.batch.Class, []float32{float32(class)}), e.session.Run(e.one), e.session.Download(out, e.batch.Y))
	for j := range out {
		miss := float64(out[j]) - c.Target(level.Noisy(float64(clean[j]), float64(noise[j])), float64(clean[j]))
		mean += miss * miss / float64(len(out))
	}
	return mean
}

// Measuring changes no bit of training, gives the same number again, and on every backend.
func TestHeldOutLossChangesNothing(t *testing.T) {
	plain := open(t, backendOf(t, "cpu", 2), stripes(6, 2, 3), options(4))
	steps(t, plain, 2)
	want := stateOf(t, plain)
	var losses []float64
	for _, name := range []string{"cpu", "ref"} {
		tr := open(t, backendOf(t, name, 1), withHeldOut(6, 2, 3), options(4))
		for range 2 {
			steps(t, tr, 1)
			losses = append(losses, heldOutLoss(t, tr), heldOutLoss(t, tr))
		}
		for name, data := range stateOf(t, tr) {
			if !sameBits(data, want[name]) {
				t.Errorf("%s differs", name)
			}
		}
	}
	for i := 0; i < 4; i += 2 {
		if losses[i] != losses[i+1] || losses[i] != losses[i+4] {
			t.Errorf("losses %v", losses)
		}
	}
}

// A network that learns one sample of each class by heart is told from one that learns the classes.
func TestHeldOutLossTellsMemory(t *testing.T) {
	of := func(n int) (first, last float64) {
		o := options(400)
		o.EMA = 0.9
		d := stripes(n, n, n)
		d.HeldOut = stripes(4, 4, 4)
		tr := open(t, backendOf(t, "cpu", 1), d, o)
		steps(t, tr, 100)
		first = heldOutLoss(t, tr)
		steps(t, tr, 300)
		return first, heldOutLoss(t, tr)
	}
	if first, last := of(4); last > 0.7*first {
		t.Errorf("with all kinds of samples the held-out loss goes from %.3f to %.3f", first, last)
	}
	if first, last := of(1); last < first {
		t.Errorf("with one sample a class the held-out loss goes from %.3f to %.3f", first, last)
	}
}

func TestHeldOutFaults(t *testing.T) {
	for want, spoil := range map[string]func(d *Data){
		"held-out samples [4 16 1] beside samples [8 8 1]":   func(d *Data) { d.Shape = []int{4, 16, 1} },
		"held-out samples: fit: sample 2 has class 3":        func(d *Data) { d.Class[2] = 3 },
		"held-out samples: fit: sample 1 has the value +Inf": func(d *Data) { d.Values[64] = float32(math.Inf(1)) },
	} {
		d := withHeldOut(4, 4, 4)
		spoil(d.HeldOut)
		if _, err := Plan(backendOf(t, "ref", 1), network(t, 0), d, options(3)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
