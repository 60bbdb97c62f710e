package render

import "github.com/gmel-go/gmel/sim"

// Options of a Camera.
type Options struct {
	Title  string // scenario and policy; beside another world, the scenario
	Panel  string // beside another world: the policy
	World  int
	Slot   int     // PNG: index of the slot, counted from 0 over all episodes
	Movie  bool    // true: a GIF of the first slots; false: a PNG of one slot
	Frames int     // GIF: largest number of slots, at least 1
	FPS    float64 // GIF: frames per second, 1 to 50
}

// Camera takes pictures of one world of a simulation; it is a sim.Watcher.
type Camera struct {
	o        Options
	scenario *sim.Scenario
	scene    Scene // the running slot
	seen     int   // number of slots so far
	tasks    int   // number of tasks in the episode so far
	done     int   // number of completed tasks among them
	taken    []Scene
}

// NewCamera returns a camera for a simulation of the scenario.
func NewCamera(s *sim.Scenario, o Options) *Camera {
	return &Camera{o: o, scenario: s.Clone()}
}

// Seen returns the number of slots that the camera has seen. Slots beyond Options.Frames are not in
// the GIF.
func (c *Camera) Seen() int { return c.seen }

// wants reports whether the running slot must be drawn.
func (c *Camera) wants() bool {
	return c.o.Movie && c.seen < c.o.Frames || !c.o.Movie && c.seen == c.o.Slot
}

// Before records the state of the world before the IEDs decide.
func (c *Camera) Before(w *sim.Worlds) {
	if c.wants() {
		c.scene = c.stage(w.View(c.o.World))
	}
}

// After adds the outcomes of the decisions and takes the slot if it is wanted.
func (c *Camera) After(w *sim.Worlds) error {
	c.count(w)
	if c.wants() {
		c.play(w)
		c.scene.Tasks, c.scene.Completed = c.tasks, c.done
		c.taken = append(c.taken, c.scene)
	}
	c.seen++
	return nil
}

// count counts the tasks of a slot. Lost tasks count as failed, as in sim.Meter.
func (c *Camera) count(w *sim.Worlds) {
	if _, slot := w.LastSlot(c.o.World); slot == 0 {
		c.tasks, c.done = 0, 0
	}
	for n := c.o.World * w.A; n < (c.o.World+1)*w.A; n++ {
		if w.HadTask[n] {
			c.tasks++
			if w.Task.Completed[n] {
				c.done++
			}
		}
		if w.Task.Lost != nil {
			c.tasks += int(w.Task.Lost[n])
		}
	}
}

// stage returns the scene before the IEDs act.
func (c *Camera) stage(v sim.View) Scene {
	o := c.scenario
	s := Scene{
		Title: c.o.Title, Panel: c.o.Panel, World: c.o.World, Episode: v.Episode, Slot: v.Slot,
		WidthM: o.Hall.WidthM, DepthM: o.Hall.DepthM, IEDs: make([]IED, len(v.Places)), Servers: make([]Server, len(v.Servers)),
		FullS: o.Tasks.Models[0].DeadlineS[0], TopBps: o.Radio.BandwidthMHz * 1e6 * o.Radio.MaxSpectralEfficiency,
	}
	for _, m := range o.Tasks.Models {
		s.Models, s.FullS = append(s.Models, m.Name), min(s.FullS, m.DeadlineS[0])
	}
	for i, at := range v.Places {
		s.IEDs[i] = IED{X: float64(at[0]), Y: float64(at[1]), Server: int(v.First[i])}
	}
	for m, at := range v.Servers {
		s.Servers[m] = Server{X: float64(at[0]), Y: float64(at[1])}
		if radii := o.Hall.CoverageM; len(radii) > 0 {
			s.Servers[m].ReachM = radii[m%len(radii)]
		}
		for _, g := range v.GPUs[m] {
			gpu := GPU{BacklogS: float64(g.BacklogS)}
			for _, k := range g.Models {
				gpu.Models = append(gpu.Models, int(k))
			}
			s.Servers[m].GPUs = append(s.Servers[m].GPUs, gpu)
		}
	}
	return s
}

// play adds the decisions and their outcomes. Before the call IED.Server is the ES of candidate 1,
// which receives tasks for the cloud.
func (c *Camera) play(w *sim.Worlds) {
	s, t := &c.scene, &w.Task
	for i := range s.IEDs {
		n, ied := c.o.World*w.A+i, &s.IEDs[i]
		server := int(t.Server[n])
		cloud := server == len(s.Servers)
		if !cloud {
			ied.Server = server
		}
		if server >= 0 {
			ied.RateBps = float64(t.UplinkBps[n])
			s.Servers[ied.Server].Tasks++
		}
		switch {
		case w.HadTask[n] && !t.Completed[n] || t.Lost != nil && t.Lost[n] > 0:
			ied.State = Failed
		case !w.HadTask[n]:
			ied.State = Idle
		case cloud:
			ied.State = Cloud
		case server >= 0:
			ied.State = Offloading
		default:
			ied.State = Local
		}
	}
}
