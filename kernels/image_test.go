package kernels

import (
	"errors"
	"testing"
)

// deviceBackend is a backend whose device can play images of one world.
type deviceBackend struct{ Backend }

func (deviceBackend) StateBytes(i *Image) (int64, error) {
	if i.Worlds > 1 {
		return 0, errors.New("too many worlds")
	}
	return 4 * int64(len(i.State)), nil
}

// bound is an environment that says why only the host plays it.
type bound struct{ dumb }

func (*bound) HostOnly() string { return "it is bound" }

// crowd is a Portable of two worlds.
type crowd struct{ rover }

func (*crowd) Image() *Image { return &Image{Worlds: 2} }

func TestResidencyOf(t *testing.T) {
	for _, x := range []struct {
		backend Backend
		env     Environment
		want    Residency
	}{
		{nil, &rover{}, Residency{}},
		{deviceBackend{}, &rover{state: []uint32{1, 2}}, Residency{Device: true, Bytes: 8}},
		{deviceBackend{}, &dumb{}, Residency{Why: "it is played through Go"}},
		{deviceBackend{}, &bound{}, Residency{Why: "it is bound"}},
		{deviceBackend{}, &crowd{}, Residency{Why: "too many worlds"}},
	} {
		if got := ResidencyOf(x.backend, x.env); got != x.want {
			t.Errorf("%T on %T: %+v, want %+v", x.env, x.backend, got, x.want)
		}
	}
}
