package marl

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/sim"
)

// Normaliser scales every feature of the observation to mean 0 and deviation 1. It is measured once,
// over the warm-up, and then frozen, so that networks and replay always use the same scale. It is part
// of the policy. Features have different units; without scaling, a gain whose useful range is a tenth of
// its scale is learned many times slower.
type Normaliser struct {
	mean, scale machine.Tensor // [O]; scale is 1 / deviation
}

// obsClip limits a normalised feature: deep fades are rare and far from the mean.
const obsClip = 5

func newNormaliser(l *machine.Layout, obs int) Normaliser {
	return Normaliser{mean: l.Add("obs_mean", obs), scale: l.Add("obs_scale", obs)}
}

// Apply returns the normalised obs [rows, O].
func (n Normaliser) Apply(b *machine.Builder, obs machine.Tensor) machine.Tensor {
	y := b.Temp(obs.Name()+"/normalised", obs.Shape()...)
	b.Binary(kernels.BinSub, obs, n.mean, y)
	b.Binary(kernels.BinMul, y, n.scale, y)
	b.Unary(op.Clamp(-obsClip, obsClip), y, y)
	return y
}

// identity makes Apply clip only.
func (n Normaliser) identity(s *machine.Session) error {
	return n.upload(s, make([]float32, n.mean.Len()), ones(int(n.mean.Len())))
}

func (n Normaliser) upload(s *machine.Session, mean, scale []float32) error {
	if err := s.Upload(n.mean, mean); err != nil {
		return err
	}
	return s.Upload(n.scale, scale)
}

func ones(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = 1
	}
	return v
}

// FeatureMoments returns mean and 1/deviation of every column of x [rows, width], summed in
// float64 in the order of the rows. A constant column is only centred.
func FeatureMoments(x []float32, width int) (mean, scale []float32) {
	sum, squares := make([]float64, width), make([]float64, width)
	for i, v := range x {
		sum[i%width] += float64(v)
	}
	rows := float64(len(x) / width)
	for i, v := range x {
		d := float64(v) - sum[i%width]/rows
		squares[i%width] += float64(d * d)
	}
	mean, scale = make([]float32, width), ones(width)
	for j := range width {
		mean[j] = float32(sum[j] / rows)
		if deviation := math.Sqrt(squares[j] / rows); deviation > 1e-6 {
			scale[j] = float32(1 / deviation)
		}
	}
	return mean, scale
}

// normalise measures the observations of the warm-up.
func (t *Trainer) normalise() error {
	w := t.shop
	if !t.cfg.NormaliseObs || w.memory.count == 0 {
		return nil
	}
	x, err := Read(t.session, w.memory.Observed)
	if err != nil {
		return err
	}
	mean, scale := FeatureMoments(x[:w.memory.count*w.Sizes.Agents*w.Sizes.Obs], w.Sizes.Obs)
	w.Sizes.keepValues(mean, scale)
	return w.Normaliser.upload(t.session, mean, scale)
}

// keepValues makes Apply clip only what agents see of the values of their actions: they have one unit, and their differences count.
func (s Sizes) keepValues(mean, scale []float32) {
	if !s.Valued {
		return
	}
	for j := s.Obs - sim.Appraisals(s.Actions); j < s.Obs; j++ {
		mean[j], scale[j] = 0, 1
	}
}

// Read returns a copy of a tensor.
func Read(s *machine.Session, x machine.Tensor) ([]float32, error) {
	v := make([]float32, x.Len())
	return v, s.Download(v, x)
}
