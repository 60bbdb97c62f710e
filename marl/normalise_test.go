package marl

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/nn/machine"
)

// Three columns: a spread one, a constant one, and one with an outlier.
func TestFeatureMoments(t *testing.T) {
	mean, scale := featureMoments([]float32{1, 7, 0, 3, 7, 0, 5, 7, 0, 7, 7, 8}, 3)
	for i, want := range []float64{4, 7, 2} {
		near(t, "mean", float64(mean[i]), want, 1e-6)
	}
	for i, want := range []float64{1 / math.Sqrt(5), 1, 1 / math.Sqrt(12)} {
		near(t, "scale", float64(scale[i]), want, 1e-6)
	}
}

// The device applies (x - mean) scale and clips.
func TestNormaliserOnDevice(t *testing.T) {
	c := tiny(1)
	r := newRig(t, &c, sizes{1, 2, 2, 2})
	in, out := r.add("in", 2, 2), r.add("out", 2, 2)
	p := r.open(func(b *machine.Builder) { b.Copy(r.normaliser.apply(b, in), out) })
	r.must(r.normaliser.upload(r.session, []float32{1, -2}, []float32{2, 0.5}))
	r.put(in, []float32{2, 0, 100, -3})
	r.run(p)
	for i, want := range []float32{2, 1, obsClip, -0.5} {
		if got := r.get(out)[i]; got != want {
			t.Errorf("feature %d is %g, want %g", i, got, want)
		}
	}
}

// The trainer measures the warm-up once; the policy that it hands out normalises alike.
func TestTrainerMeasuresTheWarmUp(t *testing.T) {
	c := smallConfig(1)
	tr := smallTrainer(t, c, 1)
	if err := tr.WarmUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := tr.Policy(openBackend(t, "auto", 1), false, tr.seed)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{offPolicyOf(tr), t}
	x := r.get(offPolicyOf(tr).replay.obs)
	rows := offPolicyOf(tr).replay.count * tr.learner.size.agents
	for j, m := range p.mean {
		sum := 0.0
		for i := range rows {
			sum += float64(x[i*tr.learner.size.obs+j])
		}
		near(t, "mean", float64(m), sum/float64(rows), 1e-5)
	}
}
