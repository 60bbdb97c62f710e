package spread

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/kernels/philox"
)

// Policy chooses the actions [W, A] of the next Step.
type Policy interface {
	Name() string
	Act(w *Worlds, actions []int32)
}

// Policies lists the names that NewPolicy accepts, yardsticks for learned policies:
//
//	random   uniform actions
//	still    no action
//	matched  agents and landmarks are matched in pairs, the nearest pair first, and each agent steers to its landmark;
//	         it sees all places, and knows nothing of contacts
func Policies() []string { return []string{"random", "still", "matched"} }

// NewPolicy makes a policy; seed is that of random's draws.
func NewPolicy(name string, seed uint64) (Policy, error) {
	switch name {
	case "random":
		return random{philox.Key(seed)}, nil
	case "still":
		return still{}, nil
	case "matched":
		return matched{}, nil
	}
	return nil, fmt.Errorf("spread: no policy %q; there are %s", name, strings.Join(Policies(), ", "))
}

type random struct{ key [2]uint32 }

func (random) Name() string { return "random" }

// drawAction is the last word of the counter of an action.
const drawAction = 0x53505241

func (p random) Act(w *Worlds, actions []int32) {
	for n := range actions {
		world, agent := n/w.agents, n%w.agents
		counter := [4]uint32{uint32(world), uint32(w.episode[world]), uint32(int(w.cycle[world])*w.agents + agent), drawAction}
		actions[n] = int32(uint64(philox.Block(p.key, counter)[0]) * Actions >> 32)
	}
}

type still struct{}

func (still) Name() string                   { return "still" }
func (still) Act(_ *Worlds, actions []int32) { clear(actions) }

type matched struct{}

func (matched) Name() string { return "matched" }

func (matched) Act(w *Worlds, actions []int32) {
	for world := range w.worlds {
		pos, vel, marks := w.row(w.pos, world), w.row(w.vel, world), w.row(w.marks, world)
		for i, l := range match(pos, marks) {
			actions[world*w.agents+i] = steer(marks[2*l]-pos[2*i], marks[2*l+1]-pos[2*i+1], vel[2*i:][:2])
		}
	}
}

// match returns the landmark of each agent.
func match(pos, marks []float32) []int {
	type pair struct {
		agent, mark int
		distance    float32
	}
	n := len(pos) / 2
	var pairs []pair
	for i := range n {
		for l := range n {
			pairs = append(pairs, pair{i, l, hypot(pos[2*i]-marks[2*l], pos[2*i+1]-marks[2*l+1])})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return cmp.Compare(a.distance, b.distance) })
	of, taken := slices.Repeat([]int{-1}, n), make([]bool, n)
	for _, p := range pairs {
		if of[p.agent] < 0 && !taken[p.mark] {
			of[p.agent], taken[p.mark] = p.mark, true
		}
	}
	return of
}

// steer is the action after which an agent without further pushes rests nearest to the goal at (dx, dy): a velocity v
// carries it v dt / 0.25 far.
func steer(dx, dy float32, vel []float32) (action int32) {
	const reach = dt / (1 - keep)
	dx -= float32(reach * vel[0])
	dy -= float32(reach * vel[1])
	const shift = reach * motor * dt // of the place of rest, by one push
	best := hypot(dx, dy)
	for a, to := range [][2]float32{{-shift, 0}, {shift, 0}, {0, -shift}, {0, shift}} {
		if d := hypot(dx-to[0], dy-to[1]); d < best {
			best, action = d, int32(a+1)
		}
	}
	return action
}
