package render

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// sight steps two worlds with a heuristic in view of a viewer of the second.
type sight struct {
	*Viewer
	t       *testing.T
	w       *sim.Worlds
	p       sim.Policy
	actions []int32
}

func newSight(t *testing.T, s *sim.Scenario) *sight {
	t.Helper()
	w, err := sim.New(s, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	p, err := sim.NewPolicy("random", s, 3)
	if err != nil {
		t.Fatal(err)
	}
	w.RecordTasks(true)
	return &sight{Viewer: NewViewer(s, "small, random", 1), t: t, w: w, p: p, actions: make([]int32, w.W*w.A)}
}

func (s *sight) step() {
	s.p.Act(s.w, s.actions)
	s.Before(s.w)
	if err := s.w.Step(s.actions); err != nil {
		s.t.Fatal(err)
	}
	s.After(s.w)
}

func (s *sight) png() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, s.Draw(s.w)); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

// The viewer draws each slot as a camera that was told to take it, the last of the episode too.
func TestViewerDrawsAsTheCamera(t *testing.T) {
	s := paper(t, "time: {slots: 4}")
	seen := newSight(t, s)
	for slot := range 4 {
		p, err := sim.NewPolicy("random", s, 3)
		if err != nil {
			t.Fatal(err)
		}
		c := NewCamera(s, Options{Title: "small, random", World: 1, Slot: slot})
		if _, err := sim.Simulate(sim.SimulateOptions{Scenario: s, Policy: p, Worlds: 2, Episodes: 2, Seed: 3, Watcher: c, Watched: 1}); err != nil {
			t.Fatal(err)
		}
		want, err := c.Picture()
		if err != nil {
			t.Fatal(err)
		}
		if seen.step(); !bytes.Equal(seen.png(), want) {
			t.Errorf("slot %d is another picture", slot)
		}
	}
}

// Before the first slot of an episode, the IEDs with a task wait, and nothing is sent.
func TestViewerBeforeTheIEDsDecide(t *testing.T) {
	seen := newSight(t, paper(t, "time: {slots: 4}"))
	w := seen.w
	scene := seen.next(w)
	for i, ied := range scene.IEDs {
		want := Idle
		if w.Obs[(w.A+i)*w.O] == 1 { // the first number of an observation
			want = Waiting
		}
		if ied.State != want || ied.Server != -1 {
			t.Errorf("IED %d: %+v, want state %d", i, ied, want)
		}
	}
	if n := scene.count(); n[Waiting] == 0 || n[Idle] == 0 {
		t.Error("the IEDs are all alike", n)
	}
	img := Draw(scene)
	for _, ied := range scene.IEDs {
		wantPixel(t, img, scene, ied.X, ied.Y, 0, 0, stateStyle[ied.State].fill)
	}
}

// Where the state of the world was set, the viewer shows what is to come, and does not tell what it did not count.
func TestViewerForgets(t *testing.T) {
	seen := newSight(t, paper(t, "time: {slots: 4}"))
	begin := seen.png()
	seen.step()
	played := seen.png()
	seen.Forget()
	if s := seen.next(seen.w); !s.Partial || bytes.Equal(seen.png(), played) {
		t.Error("a slot that was forgotten is drawn")
	}
	for _, partial := range []bool{true, true, true, false, false} {
		if seen.step(); seen.last.Partial != partial {
			t.Errorf("slot %d: partial is %v", seen.last.Slot, seen.last.Partial)
		}
	}
	seen.w.ResetTo(3)
	seen.Forget()
	if !bytes.Equal(seen.png(), begin) {
		t.Error("after a reset, the beginning is another picture")
	}
}
