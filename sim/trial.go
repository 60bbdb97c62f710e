package sim

import (
	"slices"

	"github.com/gmel-go/gmel/sim/engine"
)

// trial is the current slot of one world as a joint action would play it. It calls the functions of the step itself, with
// every option of the scenario, so a predicted reward has the bits of the reward that the step pays.
//
// The value of a joint action is the sum of all r_i minus the prices of what the slot leaves to the next ones (Prices). It
// is a sum of parts: one for each ES with the IEDs that send to it, and one for each IED that computes itself. A change of
// some actions plays only the parts that it touches. IEDs without a task, and those that have not decided, have no part.
type trial struct {
	w    *Worlds // one world; it shares the arrays that a slot only reads
	cost costs

	compute, radio, free []float32 // at the start of the slot
	cache                []int32

	decided []bool    // [A]
	senders [][]int32 // [M] IEDs that send to an ES, in their order
	es      []float64 // [M] value of each ES
	own     []float64 // [A] value of each IED that computes itself
	touched []int32   // ESs that the current change touches
	s       scratch
}

// move is another action of an IED, or undecided.
type move struct {
	ied, action int32
}

const undecided = -1

func newTrial(p *params) *trial {
	w := &Worlds{W: 1, A: p.A, U: p.U, p: p}
	w.results = engine.NewSlab(w.outcomeFields())
	w.Task = w.outcomes
	w.Reward, w.HadTask, w.actions = make([]float32, p.A), make([]bool, p.A), make([]int32, p.A)
	w.compute, w.radio = make([]float32, p.A), make([]float32, p.A)
	w.free, w.cache, w.load = make([]float32, p.M*p.P), make([]int32, p.M*p.P*p.G), make([]int32, p.M)
	if p.reuse {
		w.interference = make([]float32, p.M)
	}
	if p.message > 0 {
		w.grants = make([]int32, p.A)
	}
	if p.levels > 0 {
		w.level = make([]int32, p.A)
	}
	return &trial{
		w: w, decided: make([]bool, p.A), senders: make([][]int32, p.M),
		es: make([]float64, p.M), own: make([]float64, p.A), s: w.newScratch(),
	}
}

// begin takes the state of a world; no IED has decided.
func (t *trial) begin(real *Worlds, world int) {
	t.take(real, world)
	t.clear()
}

// take takes the state of a world.
func (t *trial) take(real *Worlds, world int) {
	p, w := real.p, t.w
	agents, links, gpus := world*p.A, world*p.A*p.C, world*p.M*p.P
	w.model, w.data = real.model[agents:][:p.A], real.data[agents:][:p.A]
	w.cycles, w.deadline, w.speed = real.cycles[agents:][:p.A], real.deadline[agents:][:p.A], real.speed[agents:][:p.A]
	w.Mask = real.Mask[agents*p.U:][:p.A*p.U]
	w.cand, w.gain, w.now = real.cand[links:][:p.A*p.C], real.gain[links:][:p.A*p.C], real.now[links:][:p.A*p.C]
	if p.queue > 0 {
		w.age = real.age[agents:][:p.A]
	}
	if p.coverage {
		w.reach = real.reach[agents:][:p.A]
	}
	if p.levels > 0 {
		w.least = real.least[agents:][:p.A]
	}
	t.compute, t.radio = real.compute[agents:][:p.A], real.radio[agents:][:p.A]
	t.free, t.cache = real.free[gpus:][:p.M*p.P], real.cache[gpus*p.G:][:p.M*p.P*p.G]
}

// clear makes all IEDs undecided.
func (t *trial) clear() {
	clear(t.w.grants)
	t.forget()
	for m := range t.es {
		t.es[m] = t.playES(m)
	}
}

// forget makes all IEDs undecided, and leaves the values of ESs as they were.
func (t *trial) forget() {
	clear(t.decided)
	clear(t.own)
	clear(t.w.actions)
	clear(t.w.level)
	for m := range t.senders {
		t.senders[m] = t.senders[m][:0]
	}
}

// change returns by how much the value grows if IEDs move. It leaves the joint action as it is unless keep is set. After it
// the moves are those that undo it.
func (t *trial) change(moves []move, keep bool) (gain float64) {
	t.touched = t.touched[:0]
	t.swap(moves)
	if t.w.p.reuse {
		t.w.measureInterference(0)
	}
	for _, m := range t.touched {
		value := t.playES(int(m))
		gain += value - t.es[m]
		if keep {
			t.es[m] = value
		}
	}
	for _, x := range moves {
		value := t.playOwn(int(x.ied))
		gain += value - t.own[x.ied]
		if keep {
			t.own[x.ied] = value
		}
	}
	if !keep {
		t.swap(moves)
	}
	return gain
}

// swap exchanges the moves with the present actions, and notes the ESs that this touches.
func (t *trial) swap(moves []move) {
	for k, x := range moves {
		before := t.action(int(x.ied))
		t.touch(int(x.ied))
		t.set(int(x.ied), x.action)
		t.touch(int(x.ied))
		moves[k].action = before
	}
}

// action returns the present action of an IED, or undecided.
func (t *trial) action(i int) int32 {
	if !t.decided[i] {
		return undecided
	}
	return t.w.actionOf(i)
}

// target returns the ES to which an IED sends, -1 if it does not.
func (t *trial) target(i int) int {
	a := int(t.w.actions[i])
	if a == 0 {
		return -1
	}
	return int(t.w.cand[i*t.w.p.C+t.w.p.candidateOf(a)])
}

// set changes the action of an IED.
func (t *trial) set(i int, action int32) {
	if m := t.target(i); m >= 0 {
		at, _ := slices.BinarySearch(t.senders[m], int32(i))
		t.senders[m] = slices.Delete(t.senders[m], at, at+1)
	}
	t.decided[i] = action != undecided
	t.act(i, max(action, 0))
	if m := t.target(i); m >= 0 {
		at, _ := slices.BinarySearch(t.senders[m], int32(i))
		t.senders[m] = slices.Insert(t.senders[m], at, int32(i))
	}
}

// act sets the destination and the level of an IED.
func (t *trial) act(i int, action int32) {
	to, level := t.w.p.split(action)
	t.w.actions[i] = to
	if t.w.p.levels > 0 {
		t.w.level[i] = level
	}
}

// touch notes the ESs whose part depends on an IED's present action: that to which it sends, and those that hear it.
func (t *trial) touch(i int) {
	m := t.target(i)
	if m < 0 {
		return
	}
	t.note(int32(m))
	if t.w.p.reuse {
		for _, heard := range t.w.cand[i*t.w.p.C:][:t.w.shown(i)] {
			t.note(heard)
		}
	}
}

func (t *trial) note(m int32) {
	if !slices.Contains(t.touched, m) {
		t.touched = append(t.touched, m)
	}
}

// playAll plays every ES.
func (t *trial) playAll() {
	if t.w.p.reuse {
		t.w.measureInterference(0)
	}
	for m := range t.es {
		t.es[m] = t.playES(m)
	}
}

// playES plays ES m from the start of the slot and returns the value of its part.
func (t *trial) playES(m int) (value float64) {
	w, p := t.w, t.w.p
	gpus, models := m*p.P, m*p.P*p.G
	copy(w.free[gpus:][:p.P], t.free[gpus:])
	copy(w.cache[models:][:p.P*p.G], t.cache[models:])
	w.load[m] = int32(len(t.senders[m]))
	keys := t.s.keys[:0]
	for _, i := range t.senders[m] {
		w.radio[i] = t.radio[i]
		w.clearOutcomes(int(i), int(i)+1)
		if key, queued := w.begin(0, int(i)); queued {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	w.serveAll(0, m, keys, &t.s)
	for _, i := range t.senders[m] {
		w.reward(int(i))
		value += float64(w.Reward[i]) - t.cost.ofOwn(t.radio[i], w.radio[i], p.slot)
	}
	return value - t.cost.ofES(w, m)
}

// playOwn runs IED i's task on its own processor and returns the value of its part, 0 if it has decided otherwise.
func (t *trial) playOwn(i int) float64 {
	w := t.w
	if !t.decided[i] || w.actions[i] != 0 {
		return 0
	}
	w.compute[i] = t.compute[i]
	w.clearOutcomes(i, i+1)
	w.begin(0, i)
	w.reward(i)
	return float64(w.Reward[i]) - t.cost.ofOwn(t.compute[i], w.compute[i], w.p.slot)
}
