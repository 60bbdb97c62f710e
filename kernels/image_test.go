package kernels

import (
	"errors"
	"testing"
)

// hotel is a backend that holds images of one world.
type hotel struct{ Backend }

func (hotel) RoomFor(i *Image) (int64, error) {
	if i.Worlds > 1 {
		return 0, errors.New("too many worlds")
	}
	return 4 * int64(len(i.State)), nil
}

// shy is an environment that says why it stays.
type shy struct{ dumb }

func (*shy) Homebound() string { return "it is shy" }

// crowd is a Portable of two worlds.
type crowd struct{ rover }

func (*crowd) Image() *Image { return &Image{Worlds: 2} }

func TestStayOf(t *testing.T) {
	for _, x := range []struct {
		backend Backend
		env     Environment
		want    Stay
	}{
		{nil, &rover{}, Stay{}},
		{hotel{}, &rover{state: []uint32{1, 2}}, Stay{Device: true, Bytes: 8}},
		{hotel{}, &dumb{}, Stay{Why: "it is played through Go"}},
		{hotel{}, &shy{}, Stay{Why: "it is shy"}},
		{hotel{}, &crowd{}, Stay{Why: "too many worlds"}},
	} {
		if got := StayOf(x.backend, x.env); got != x.want {
			t.Errorf("%T on %T: %+v, want %+v", x.env, x.backend, got, x.want)
		}
	}
}
