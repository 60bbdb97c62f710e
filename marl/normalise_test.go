package marl_test

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/machine"
)

// Three columns: a spread one, a constant one, and one with an outlier.
func TestFeatureMoments(t *testing.T) {
	mean, scale := marl.FeatureMoments([]float32{1, 7, 0, 3, 7, 0, 5, 7, 0, 7, 7, 8}, 3)
	for i, want := range []float64{4, 7, 2} {
		marltest.Near(t, "mean", float64(mean[i]), want, 1e-6)
	}
	for i, want := range []float64{1 / math.Sqrt(5), 1, 1 / math.Sqrt(12)} {
		marltest.Near(t, "scale", float64(scale[i]), want, 1e-6)
	}
}

// The device applies (x - mean) scale and clips.
func TestNormaliserOnDevice(t *testing.T) {
	c := tiny(1)
	r := marltest.NewRig(t, &c, marl.Sizes{Worlds: 1, Agents: 2, Obs: 2, Actions: 2})
	in, out := r.Add("in", 2, 2), r.Add("out", 2, 2)
	p := r.Open(func(b *machine.Builder) { b.Copy(r.Normaliser.Apply(b, in), out) })
	r.Must(r.Normaliser.Upload(r.Session, []float32{1, -2}, []float32{2, 0.5}))
	r.Put(in, []float32{2, 0, 100, -3})
	r.Run(p)
	for i, want := range []float32{2, 1, marl.ObsClip, -0.5} {
		if got := r.Get(out)[i]; got != want {
			t.Errorf("feature %d is %g, want %g", i, got, want)
		}
	}
}

// The trainer measures the warm-up once; the policy that it returns normalises in the same way.
func TestTrainerMeasuresTheWarmUp(t *testing.T) {
	c := smallConfig(1)
	tr := smallTrainer(t, c, 1)
	if err := tr.WarmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := tr.Policy(marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1)})
	if err != nil {
		t.Fatal(err)
	}
	w := tr.Workshop()
	x, rows := marltest.Get(t, tr, w.Memory().Observed), w.Memory().Filled()*w.Sizes.Agents
	for j, m := range p.Mean() {
		sum := 0.0
		for i := range rows {
			sum += float64(x[i*w.Sizes.Obs+j])
		}
		marltest.Near(t, "mean", float64(m), sum/float64(rows), 1e-5)
	}
}
