package unet

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/machine"
)

// Features have the documented width, are those of the image alone whatever its batch, and depend on image and time.
func TestFeatures(t *testing.T) {
	for name, c := range tiny() {
		m := model(t, c)
		read := func(n int, scale, time float32) []float32 {
			l := machine.NewLayout()
			net, batch, to := m.Params().Place(l, "net"), m.Place(l, "batch", n), l.Add("features", n, m.FeatureWidth())
			b := machine.NewBuilder("features", l)
			m.Features(b, net, batch, to)
			p, err := b.Build()
			if err != nil {
				t.Fatal(err)
			}
			backend, err := kernels.Open("ref", kernels.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer backend.Close()
			s, err := machine.NewSession(backend, l, p)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			flat, size := make([]float32, m.Params().Len()), int(batch.X.Len())/n
			net.Init(flat, 3)
			x, times := normals(size, 1), make([]float32, n)
			for i := range x {
				x[i] *= scale
			}
			for i := range times {
				times[i] = time
			}
			y := make([]float32, to.Len())
			for _, err := range []error{s.Upload(net.Flat, flat), s.Upload(batch.X, slices.Repeat(x, n)), s.Upload(batch.Time, times), s.Run(p), s.Download(y, to)} {
				if err != nil {
					t.Fatal(err)
				}
			}
			return y
		}
		one, three := read(1, 1, .5), read(3, 1, .5)
		if len(one) != m.FeatureWidth() || !slices.Equal(three, slices.Repeat(one, 3)) {
			t.Errorf("%s: features depend on the batch", name)
		}
		if slices.Equal(one, read(1, 2, .5)) {
			t.Errorf("%s: features do not depend on the image", name)
		}
	}
}
