package spread

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim"
)

// Worlds steps W independent games together. It owns all slices that its methods return; they keep their address, and
// the next Step overwrites them.
type Worlds struct {
	scenario        Scenario
	worlds, agents  int
	slice           sim.Slice
	local, global   float32 // weights of the reward
	seed            uint64
	threads         int
	cycle, episode  []int32   // [W] cycles played in the episode, finished episodes
	pos, vel, marks []float32 // [W, A, 2] agents and landmarks

	obs, finalObs []float32 // [W, A, O]
	mask          []float32 // [W, A, U] all 1
	reward        []float32 // [W, A]
	active        []bool    // [W, A] all true
	terminated    []bool    // [W] all false
	truncated     []bool    // [W]
	outcomes      []Outcome // [W]
}

// Outcome describes a world after the last step, before a reset.
type Outcome struct {
	Collisions int     // pairs of agents that touch
	Covered    int     // landmarks with an agent nearer than 0.1
	Distance   float32 // sum over landmarks of the distance to the nearest agent
}

// maxBytes bounds the memory of all worlds.
const maxBytes = 64e9

// Bytes is the memory of the worlds.
func Bytes(s *Scenario, worlds int) int64 {
	agents := int64(s.Agents)
	return int64(worlds) * (agents*(4*int64(2*s.ObsSize()+Actions+7)+1) + 34)
}

// New makes W worlds and begins episode 0 in each. World w depends only on the settings, the seed and w.
func New(s *Scenario, worlds int, seed uint64) (*Worlds, error) {
	return NewSlice(s, sim.Slice{Worlds: worlds, All: worlds}, seed)
}

// NewSlice makes some of the worlds that New makes, with the same bits.
func NewSlice(s *Scenario, slice sim.Slice, seed uint64) (*Worlds, error) {
	worlds := slice.Worlds
	c := setting.NewChecker(Name)
	s.Check(c)
	if err := errors.Join(c.Err(), slice.Validate()); err != nil {
		return nil, err
	}
	if most := int(maxBytes / Bytes(s, 1)); worlds < 1 || worlds > most {
		return nil, fmt.Errorf("spread: %d worlds of %d agents are not allowed; allowed: 1 to %d", worlds, s.Agents, most)
	}
	rows := worlds * s.Agents
	w := &Worlds{
		scenario: *s, slice: slice, worlds: worlds, agents: s.Agents, seed: seed, threads: 1,
		local: float32(s.LocalRatio), global: float32(1 - s.LocalRatio),
		cycle: make([]int32, worlds), episode: make([]int32, worlds),
		pos: make([]float32, 2*rows), vel: make([]float32, 2*rows), marks: make([]float32, 2*rows),
		obs: make([]float32, rows*s.ObsSize()), finalObs: make([]float32, rows*s.ObsSize()),
		mask: slices.Repeat([]float32{1}, rows*Actions), reward: make([]float32, rows), active: slices.Repeat([]bool{true}, rows),
		terminated: make([]bool, worlds), truncated: make([]bool, worlds), outcomes: make([]Outcome, worlds),
	}
	for world := range worlds {
		w.begin(world)
	}
	return w, nil
}

// SetThreads makes Step use n goroutines, at least 1 and at most W, each with a range of worlds. Results do not depend
// on n.
func (w *Worlds) SetThreads(n int) { w.threads = min(max(n, 1), w.worlds) }

// Step plays actions [W, A]: 0 none, 1 left, 2 right, 3 down, 4 up. A world whose episode has ended begins the next one.
// An action that does not exist is an error and changes nothing.
func (w *Worlds) Step(actions []int32) error {
	if len(actions) != w.worlds*w.agents {
		return fmt.Errorf("spread: %d actions for %d agents", len(actions), w.worlds*w.agents)
	}
	for i, a := range actions {
		if a < 0 || a >= Actions {
			return fmt.Errorf("spread: action %d of agent %d in world %d; allowed: 0 to %d", a, i%w.agents, i/w.agents, Actions-1)
		}
	}
	var done sync.WaitGroup
	for k := range w.threads {
		done.Go(func() {
			force := make([]float32, 2*w.agents)
			for world := k * w.worlds / w.threads; world < (k+1)*w.worlds/w.threads; world++ {
				w.step(world, actions[world*w.agents:][:w.agents], force)
			}
		})
	}
	done.Wait()
	return nil
}

// step plays a cycle of a world; force [A, 2] is working memory.
func (w *Worlds) step(world int, actions []int32, force []float32) {
	w.push(world, actions, force)
	w.move(world, force)
	w.judge(world)
	w.observe(world)
	w.cycle[world]++
	w.truncated[world] = int(w.cycle[world]) == w.scenario.MaxCycles
	if w.truncated[world] {
		copy(w.row(w.finalObs, world), w.row(w.obs, world))
		w.episode[world]++
		w.begin(world)
	}
}

// drawReset is the last word of the counter of a place at the beginning of an episode.
const drawReset = 0x53505244

// begin begins the episode w.episode[world].
func (w *Worlds) begin(world int) {
	w.cycle[world] = 0
	clear(w.row(w.vel, world))
	for kind, places := range [][]float32{w.row(w.pos, world), w.row(w.marks, world)} {
		for i := range w.agents {
			at := [4]uint32{uint32(w.slice.First + world), uint32(w.episode[world]), uint32(kind*w.agents + i), drawReset}
			words := philox.Block(philox.Key(w.seed), at)
			places[2*i], places[2*i+1] = place(words[0]), place(words[1])
		}
	}
	w.observe(world)
}

// place is a coordinate in [-1, 1), exact in float32.
func place(word uint32) float32 { return 2*philox.Uniform(word) - 1 }

// row is the part of an array [W, ...] that belongs to a world.
func (w *Worlds) row(of []float32, world int) []float32 {
	n := len(of) / w.worlds
	return of[world*n:][:n]
}
