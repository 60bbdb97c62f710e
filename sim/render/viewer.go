package render

import (
	"image"

	"github.com/gmel-go/gmel/sim"
)

// Viewer keeps the last slot of one world, to draw it at any time.
type Viewer struct {
	camera Camera
	last   *Scene // the last slot that was played; nil: none since the last Forget
	whole  bool   // the episode was seen from its first slot
}

// NewViewer returns a viewer of a world.
func NewViewer(s *sim.Scenario, title string, world int) *Viewer {
	return &Viewer{camera: *NewCamera(s, Options{Title: title, World: world})}
}

// Before records the state of the world before a step.
func (v *Viewer) Before(w *sim.Worlds) {
	v.camera.scene = v.camera.stage(w.View(v.camera.o.World))
}

// After takes the outcomes of a step, which must have played the world and recorded its tasks.
func (v *Viewer) After(w *sim.Worlds) {
	c := &v.camera
	if _, slot := w.LastSlot(c.o.World); slot == 0 {
		v.whole = true
	}
	c.count(w)
	c.play(w)
	s := c.scene
	s.Tasks, s.Completed, s.Partial = c.tasks, c.done, !v.whole
	v.last = &s
}

// Forget forgets what was seen, since the state of the world is now another.
func (v *Viewer) Forget() {
	v.last, v.whole = nil, false
	v.camera.tasks, v.camera.done = 0, 0
}

// Draw returns the picture of the last slot. Where no slot of the episode has been played, or none has been seen, it is that of
// DrawNext.
func (v *Viewer) Draw(w *sim.Worlds) image.Image {
	if _, slot := w.LastSlot(v.camera.o.World); v.last == nil || slot < 0 {
		return v.DrawNext(w)
	}
	return Draw(v.last)
}

// DrawNext returns the picture of the slot that is to be played, before the IEDs decide.
func (v *Viewer) DrawNext(w *sim.Worlds) image.Image { return Draw(v.next(w)) }

func (v *Viewer) next(w *sim.Worlds) *Scene {
	view := w.View(v.camera.o.World)
	s := v.camera.stage(view)
	s.Undecided, s.Partial = true, view.Slot > 0
	for i := range s.IEDs {
		s.IEDs[i].Server = -1
		if view.HasTask[i] {
			s.IEDs[i].State = Waiting
		}
	}
	return &s
}
