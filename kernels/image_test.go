package kernels

import (
	"errors"
	"slices"
	"testing"
)

// rover is an environment whose state goes to a device and comes back.
type rover struct {
	state []uint32
	fetch func() error
}

func (*rover) Sizes() (worlds, agents, obs, actions int) { return 1, 1, 1, 1 }
func (*rover) Play(Slot) error                           { return nil }
func (r *rover) Image() *Image                           { return &Image{State: r.state} }
func (r *rover) Away(fetch func() error)                 { r.fetch = fetch }
func (*rover) Illegal(int, int) error                    { return nil }

func (r *rover) home() error {
	if f := r.fetch; f != nil {
		r.fetch = nil
		return f()
	}
	return nil
}

// newGuest is a device with a memory of its own that counts what is copied.
func newGuest(r *rover) (g *Guest, memory []uint32, pushes *int) {
	memory, pushes = make([]uint32, len(r.state)), new(int)
	return &Guest{
		Env:  r,
		Push: func(i *Image) error { *pushes++; copy(memory, i.State); return nil },
		Pull: func(i *Image) error { copy(i.State, memory); return nil },
	}, memory, pushes
}

func TestGuestKeepsTheStateUntilItIsFetched(t *testing.T) {
	r := &rover{state: []uint32{1, 2}}
	g, memory, pushes := newGuest(r)
	for range 3 {
		if err := g.Enter(); err != nil {
			t.Fatal(err)
		}
		memory[0]++ // a slot
	}
	if *pushes != 1 || r.state[0] != 1 {
		t.Errorf("%d copies to the device, the host has %v", *pushes, r.state)
	}
	if err := r.home(); err != nil || !slices.Equal(r.state, []uint32{4, 2}) {
		t.Errorf("the host has %v: %v", r.state, err)
	}
	r.state[1] = 7 // the host plays
	if err := g.Enter(); err != nil || memory[1] != 7 {
		t.Errorf("the device has %v: %v", memory, err)
	}
	memory[1] = 8
	err := g.Leave()
	memory[1] = 9 // freed, and used by others
	if err = errors.Join(err, g.Leave(), r.home()); err != nil || r.state[1] != 8 {
		t.Errorf("after Leave the host has %v: %v", r.state, err)
	}
}

func TestGuestThatCannotEnterIsNotAway(t *testing.T) {
	r, lost := &rover{state: []uint32{1}}, errors.New("lost")
	g := &Guest{Env: r, Push: func(*Image) error { return lost }}
	if err := g.Enter(); !errors.Is(err, lost) || r.fetch != nil {
		t.Errorf("error %v, away %v", err, r.fetch != nil)
	}
}
