package marl

import "github.com/gmel-go/gmel/nn/machine"

// replay is a ring of joint transitions in the arena: row r is what all agents of one world
// saw, did and got in one slot. Observations are stored twice (o and o'), which costs
// memory and saves every special case at the end of an episode and of the ring.
type replay struct {
	obs, mask         machine.Tensor // [R, A*O], [R, A*U]
	act, reward       machine.Tensor // [R, A]; the reward is mixed, not standardised
	nextObs, nextMask machine.Tensor // [R, A*O], [R, A*U]; of the end of the episode where it ended
	terminated        machine.Tensor // [R, A] 1 = nothing follows; 0 at a time limit
	size              machine.Tensor // [1] rows filled, read by the device

	capacity, count, next int // the ring on the host
}

func newReplay(l *machine.Layout, capacity, agents, obs, actions int) *replay {
	add := func(name string, width int) machine.Tensor { return l.Add("replay/"+name, capacity, width) }
	return &replay{
		obs: add("obs", agents*obs), mask: add("mask", agents*actions),
		act: add("act", agents), reward: add("reward", agents),
		nextObs: add("next_obs", agents*obs), nextMask: add("next_mask", agents*actions),
		terminated: add("terminated", agents),
		size:       l.Add("replay/size", 1), capacity: capacity,
	}
}

// tables lists the ring's tensors in the order of transitions.columns.
func (r *replay) tables() []machine.Tensor {
	return []machine.Tensor{r.obs, r.mask, r.act, r.reward, r.nextObs, r.nextMask, r.terminated}
}

// transitions are W joint transitions on the host, in the layout of the ring.
type transitions struct {
	rows                                                  int
	obs, mask, act, reward, nextObs, nextMask, terminated []float32
}

func newTransitions(worlds, agents, obs, actions int) *transitions {
	n := worlds * agents
	f := func(width int) []float32 { return make([]float32, n*width) }
	return &transitions{
		rows: worlds, obs: f(obs), mask: f(actions), act: f(1), reward: f(1),
		nextObs: f(obs), nextMask: f(actions), terminated: f(1),
	}
}

func (t *transitions) columns() [][]float32 {
	return [][]float32{t.obs, t.mask, t.act, t.reward, t.nextObs, t.nextMask, t.terminated}
}

// insert appends the rows, overwriting the oldest, in at most two pieces.
func (r *replay) insert(s *machine.Session, t *transitions) error {
	for from := 0; from < t.rows; {
		n := min(t.rows-from, r.capacity-r.next)
		for i, table := range r.tables() {
			column := t.columns()[i]
			width := len(column) / t.rows
			if err := s.UploadRows(table, r.next, column[from*width:(from+n)*width]); err != nil {
				return err
			}
		}
		from += n
		r.next = (r.next + n) % r.capacity
		r.count = min(r.count+n, r.capacity)
	}
	return s.Upload(r.size, []float32{float32(r.count)})
}

// floats is the size of the ring.
func (r *replay) floats() (n int64) {
	for _, t := range r.tables() {
		n += t.Len()
	}
	return n
}
