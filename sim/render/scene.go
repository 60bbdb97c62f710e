// Package render draws a world of package sim: the hall with its scale, the outcome of every IED's
// task, the edge servers (ESs) with their backlogs and the models in GPU memory, and the uploads of
// a slot. As on a map, x points to the right and y upwards. A Scene is the content of a picture, as plain
// data. A Camera takes scenes from a simulation and makes a PNG of one slot or a GIF of many, of one world or of two side by side.
package render

// State is the outcome of an IED's task in the slot.
type State int

// States of an IED.
const (
	Idle       State = iota // no task
	Local                   // completed by the IED itself
	Offloading              // completed by an ES
	Cloud                   // completed by the cloud
	Failed                  // not completed in time, or a waiting task was lost
	Waiting                 // before the IEDs decide: it has a task
	states
)

// Scene is one slot of one world: the backlogs and models at its start, when the IEDs decide, and
// the outcomes of the decisions, unless they are still to come.
type Scene struct {
	Title                string  // scenario and policy; in a pair, the scenario
	Panel                string  // in a pair: the policy
	World, Episode, Slot int     //
	WidthM, DepthM       float64 // of the hall
	IEDs                 []IED
	Servers              []Server
	Models               []string // names
	FullS                float64  // backlog of a full bar, s
	TopBps               float64  // largest possible rate of an upload, bit/s

	// Since the start of the episode, this slot included.
	Tasks, Completed int

	Undecided bool // the IEDs have not decided; they are Idle or Waiting, and nothing is sent
	Partial   bool // the beginning of the episode was not seen, so Tasks and Completed are unknown
}

// IED is one device.
type IED struct {
	X, Y    float64 // m
	State   State
	Server  int     // ES to which it sends in this slot, -1 for none
	RateBps float64 // rate of that upload, bit/s
}

// Server is one ES.
type Server struct {
	X, Y   float64 // m
	GPUs   []GPU
	Tasks  int     // number of tasks sent to it in this slot
	ReachM float64 // radius of its coverage; 0: no limit
}

// GPU is one processor of an ES at the start of the slot.
type GPU struct {
	BacklogS float64
	Models   []int // in memory, indices of Scene.Models, most recently used first
}

// count returns the number of IEDs in each state.
func (s *Scene) count() (n [states]int) {
	for i := range s.IEDs {
		n[s.IEDs[i].State]++
	}
	return n
}

// shown are the states that the picture can have.
func (s *Scene) shown() []State {
	if s.Undecided {
		return []State{Idle, Waiting}
	}
	return []State{Idle, Local, Offloading, Cloud, Failed}
}

// gpus is the number of processors of all ESs.
func (s *Scene) gpus() (n int) {
	for i := range s.Servers {
		n += len(s.Servers[i].GPUs)
	}
	return n
}

// backlog is the time until the ES has a free GPU, s.
func (s *Server) backlog() float64 {
	first := s.GPUs[0].BacklogS
	for _, g := range s.GPUs[1:] {
		first = min(first, g.BacklogS)
	}
	return first
}
