package kernels

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// rover is an environment whose state goes to a device and comes back.
type rover struct {
	state []uint32
	fetch func() error
	stays bool

	completed int
}

func (*rover) Sizes() (worlds, agents, obs, actions int) { return 1, 1, 1, 1 }
func (*rover) Play(Slot) error                           { return nil }
func (r *rover) OnDevice(fetch func() error)             { r.fetch = fetch }

func (*rover) Illegal(agent, action int) error {
	return fmt.Errorf("agent %d, action %d is illegal", agent, action)
}

func (r *rover) Image() *Image {
	if r.stays || r.home() != nil {
		return nil
	}
	return &Image{State: r.state, Complete: func() { r.completed++ }}
}

func (r *rover) home() error {
	if f := r.fetch; f != nil {
		r.fetch = nil
		return f()
	}
	return nil
}

// fakeState is the memory of a device; it counts copies.
type fakeState struct {
	memory        []uint32
	pushes, pulls int
	refused       bool
	fail          error
	freed         bool
}

func (x *fakeState) Push(i *Image) error { x.pushes++; copy(x.memory, i.State); return x.fail }
func (x *fakeState) Pull(i *Image) error { x.pulls++; copy(i.State, x.memory); return x.fail }
func (x *fakeState) Free() error         { x.freed = true; return nil }

func (x *fakeState) Refused() (agent, action int, ok bool, err error) {
	ok, x.refused = x.refused, false
	return 7, 3, ok, nil
}

// newResidents is a device with a fakeState.
func newResidents() (*Residents, *fakeState) {
	x := &fakeState{}
	return &Residents{Allocate: func(i *Image) (DeviceState, error) { x.memory = make([]uint32, len(i.State)); return x, x.fail }}, x
}

// acquire returns the resident of a Program that plays r.
func acquire(t *testing.T, s *Residents, r *rover) *Resident {
	t.Helper()
	list, err := s.Acquire(&Program{Environments: []Environment{&dumb{}, r}})
	if err != nil {
		t.Fatal(err)
	}
	if list[0] != nil {
		t.Error("an environment that no kernel knows is on the device")
	}
	return list[1]
}

// dumb is no Portable.
type dumb struct{}

func (*dumb) Sizes() (worlds, agents, obs, actions int) { return 1, 1, 1, 1 }
func (*dumb) Play(Slot) error                           { return nil }

func TestGuestKeepsTheStateUntilItIsFetched(t *testing.T) {
	r := &rover{state: []uint32{1, 2}}
	s, x := newResidents()
	g := acquire(t, s, r)
	for range 3 {
		if err := g.ToDevice(); err != nil {
			t.Fatal(err)
		}
		x.memory[0]++ // a slot
	}
	if x.pushes != 1 || r.state[0] != 1 || r.completed != 0 {
		t.Errorf("%d copies to the device, the host has %v, completed %d times", x.pushes, r.state, r.completed)
	}
	if err := r.home(); err != nil || !slices.Equal(r.state, []uint32{4, 2}) || r.completed != 1 {
		t.Errorf("the host has %v, completed %d times: %v", r.state, r.completed, err)
	}
	r.state[1] = 7 // the host plays
	if err := g.ToDevice(); err != nil || x.memory[1] != 7 {
		t.Errorf("the device has %v: %v", x.memory, err)
	}
	x.memory[1] = 8
	err := s.Release([]*Resident{nil, g})
	x.memory[1] = 9 // used by others
	if err = errors.Join(err, g.ToHost(), r.home(), s.Close()); err != nil || r.state[1] != 8 || !x.freed || r.completed != 2 {
		t.Errorf("after the last Program the host has %v, freed %t, completed %d times: %v", r.state, x.freed, r.completed, err)
	}
}

// Programs that take turns share a resident: nothing is copied, and the state stays on the device until
// the last of them is closed.
func TestProgramsShareAResident(t *testing.T) {
	r := &rover{state: []uint32{1}}
	s, x := newResidents()
	a, b := acquire(t, s, r), acquire(t, s, r)
	for range 3 {
		for _, g := range []*Resident{a, b} {
			if err := g.ToDevice(); err != nil {
				t.Fatal(err)
			}
			x.memory[0]++
		}
	}
	if x.pushes != 1 || x.pulls != 0 || x.memory[0] != 7 {
		t.Errorf("%d copies there, %d back, state %v", x.pushes, x.pulls, x.memory)
	}
	if err := s.Release([]*Resident{a}); err != nil || x.freed || x.pulls != 0 {
		t.Errorf("freed %t, %d copies back while the other Program is there: %v", x.freed, x.pulls, err)
	}
	if err := s.Release([]*Resident{b}); err != nil || !x.freed || r.state[0] != 7 {
		t.Errorf("freed %t, the host has %v: %v", x.freed, r.state, err)
	}
}

// Two devices hand the environment over by way of the host.
func TestDevicesTakeTurns(t *testing.T) {
	r := &rover{state: []uint32{1}}
	s1, x1 := newResidents()
	s2, x2 := newResidents()
	a, b := acquire(t, s1, r), acquire(t, s2, r)
	for i := range 3 {
		if err := a.ToDevice(); err != nil {
			t.Fatal(err)
		}
		x1.memory[0]++
		if err := b.ToDevice(); err != nil {
			t.Fatal(err)
		}
		if x2.memory[0]++; x2.memory[0] != uint32(3+2*i) {
			t.Errorf("the second device has %v in round %d", x2.memory, i)
		}
	}
	if err := errors.Join(s1.Close(), s2.Close()); err != nil || r.state[0] != 7 {
		t.Errorf("the host has %v: %v", r.state, err)
	}
}

func TestGuestThatCannotEnterIsNotAway(t *testing.T) {
	r := &rover{state: []uint32{1}}
	s, x := newResidents()
	g := acquire(t, s, r)
	x.fail = errors.New("lost")
	if err := g.ToDevice(); !errors.Is(err, x.fail) || r.fetch != nil {
		t.Errorf("error %v, away %v", err, r.fetch != nil)
	}
	if x.fail, r.stays = nil, true; g.ToDevice() == nil {
		t.Error("an environment without an image enters")
	}
}

// If the state is lost when the device frees it, later reads return the error.
func TestLostStateIsToldToTheEnvironment(t *testing.T) {
	r := &rover{state: []uint32{1}}
	s, x := newResidents()
	if err := acquire(t, s, r).ToDevice(); err != nil {
		t.Fatal(err)
	}
	x.fail = errors.New("lost")
	if err := s.Close(); !errors.Is(err, x.fail) {
		t.Errorf("Close: %v", err)
	}
	if err := r.home(); !errors.Is(err, x.fail) {
		t.Errorf("the environment comes home with %v", err)
	}
}

func TestRefusedActionIsToldOnce(t *testing.T) {
	r := &rover{state: []uint32{1}}
	s, x := newResidents()
	g := acquire(t, s, r)
	for _, ask := range []func() error{s.Refused, g.Refused, r.home} {
		if err := g.ToDevice(); err != nil {
			t.Fatal(err)
		}
		x.refused = true
		if err := ask(); err == nil || err.Error() != "agent 7, action 3 is illegal" {
			t.Errorf("error %v", err)
		}
		if err := s.Refused(); err != nil {
			t.Errorf("again: %v", err)
		}
	}
}

func TestNoRoom(t *testing.T) {
	s, x := newResidents()
	x.fail = errors.New("no room")
	if _, err := s.Acquire(&Program{Environments: []Environment{&rover{}}}); !errors.Is(err, x.fail) || len(s.all) > 0 {
		t.Errorf("error %v, %d residents", err, len(s.all))
	}
}
