package sim

import "github.com/gmel-go/gmel/kernels/philox"

// View is the state of a world at the start of its current slot, in metres and seconds, for drawing.
// After Step, Worlds.Task has the outcomes of the slot. All slices are copies.
type View struct {
	Episode, Slot int
	Places        [][2]float32 // [A] x, y of each IED, m
	HasTask       []bool       // [A] the IED has a task to decide on
	First         []int32      // [A] ES of candidate 1, which also receives tasks for the cloud; -1: none
	Servers       [][2]float32 // [M] x, y of each ES, m
	GPUs          [][]GPU      // [M][G_m]
}

// GPU is one processor of an ES at the start of a slot.
type GPU struct {
	BacklogS float32 // time until it is free, s
	Models   []int32 // models in its memory, most recently used first
}

// View returns the view of a world.
func (w *Worlds) View(world int) View {
	w.Home()
	p := w.p
	v := View{
		Episode: int(w.episode[world]), Slot: int(w.slot[world]), Servers: append([][2]float32(nil), p.servers...),
		HasTask: make([]bool, p.A), First: make([]int32, p.A), GPUs: make([][]GPU, p.M), Places: w.places(world),
	}
	for i := range v.First {
		agent := world*p.A + i
		v.HasTask[i], v.First[i] = w.model[agent] >= 0, -1
		if w.shown(agent) > 0 {
			v.First[i] = w.cand[agent*p.C]
		}
	}
	for m := range v.GPUs {
		for j := range int(p.gpus[m]) {
			gpu := (world*p.M+m)*p.P + j
			v.GPUs[m] = append(v.GPUs[m], GPU{w.free[gpu], append([]int32(nil), w.cache[gpu*p.G:][:p.G]...)})
		}
	}
	return v
}

// places returns the positions of a world's IEDs. If IEDs do not move, worlds store only the links;
// places then draws the positions of the topology again.
func (w *Worlds) places(world int) [][2]float32 {
	at := make([][2]float32, w.A)
	if w.p.moveSlots > 0 {
		for i := range at {
			at[i] = [2]float32{w.placeX[world*w.A+i], w.placeY[world*w.A+i]}
		}
		return at
	}
	t := w.topologyMoment(world)
	for i, key := range w.numbering(&t, make([]uint64, w.A), make([]link, w.p.near.measured)) {
		at[i][0], at[i][1], _ = w.p.place(&t, int(uint32(key)))
	}
	return at
}

// topologyMoment is the moment of the draws of a world's current topology.
func (w *Worlds) topologyMoment(world int) moment {
	t := w.moment(world)
	t.slot = 0
	if !w.p.episodic {
		t.key, t.world, t.episode = w.p.fixedKey, 0, 0
	}
	return t
}

// place draws the position in m of the i-th IED of a topology and a uniform variable for its speed.
func (p *params) place(t *moment, i int) (x, y, speed float32) {
	u0, u1, u2, _ := t.words(uint32(i), streamPlace)
	x, y = p.locate(t, i, streamSpot, float32(philox.Uniform(u0)*p.width), float32(philox.Uniform(u1)*p.depth))
	return x, y, philox.Uniform(u2)
}
