package marl

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/gmel-go/gmel/kernels/philox"
)

// rules of a toy game. State is one number per world; draws are uniform words that
// belong to (world, step) and so need no generator state.
type rules struct {
	agents, obs, actions int
	length               int  // slots of an episode
	limit                bool // the end is a time limit (truncation), not a termination
	start                func(word uint32) float32
	next                 func(state float32, step int, word uint32) float32 // nil: state stays
	observe              func(o []float32, agent int, state float32, step int)
	legal                func(state float32, agent, action int) bool // nil: all
	reward               func(r []float32, state float32, step int, actions []int32)
	active               func(state float32, agent int) bool // nil: all
}

// toy plays rules in W worlds.
type toy struct {
	r       rules
	worlds  int
	seed    uint64
	steps   []uint32 // [W] played in all
	at      []int32  // [W] in the episode
	state   []float32
	obs     []float32
	mask    []float32
	reward  []float32
	active  []bool
	term    []bool
	trunc   []bool
	finObs  []float32
	finMask []float32
}

func newToy(r rules, worlds int, seed uint64) *toy {
	n := worlds * r.agents
	e := &toy{
		r: r, worlds: worlds, seed: seed, steps: make([]uint32, worlds), at: make([]int32, worlds), state: make([]float32, worlds),
		obs: make([]float32, n*r.obs), mask: make([]float32, n*r.actions), reward: make([]float32, n), active: make([]bool, n),
		term: make([]bool, worlds), trunc: make([]bool, worlds), finObs: make([]float32, n*r.obs), finMask: make([]float32, n*r.actions),
	}
	for w := range worlds {
		e.begin(w)
		e.show(w)
	}
	return e
}

func (e *toy) word(w int) uint32 {
	return philox.Block(philox.Key(e.seed), [4]uint32{uint32(w), e.steps[w], 0, 7})[0]
}

func (e *toy) begin(w int) {
	e.at[w], e.state[w] = 0, 0
	if e.r.start != nil {
		e.state[w] = e.r.start(e.word(w))
	}
}

// show writes obs and mask of world w.
func (e *toy) show(w int) {
	for i := range e.r.agents {
		n := w*e.r.agents + i
		o := e.obs[n*e.r.obs:][:e.r.obs]
		clear(o)
		if e.r.observe != nil {
			e.r.observe(o, i, e.state[w], int(e.at[w]))
		}
		for u := range e.r.actions {
			e.mask[n*e.r.actions+u] = 0
			if e.r.legal == nil || e.r.legal(e.state[w], i, u) {
				e.mask[n*e.r.actions+u] = 1
			}
		}
	}
}

func (e *toy) Step(actions []int32) error {
	for n, a := range actions {
		if a < 0 || int(a) >= e.r.actions || e.mask[n*e.r.actions+int(a)] == 0 {
			return fmt.Errorf("toy: action %d of row %d is illegal", a, n)
		}
	}
	for w := range e.worlds {
		e.stepWorld(w, actions[w*e.r.agents:][:e.r.agents])
	}
	return nil
}

func (e *toy) stepWorld(w int, actions []int32) {
	a := e.r.agents
	for i := range a {
		e.active[w*a+i] = e.r.active == nil || e.r.active(e.state[w], i)
	}
	e.r.reward(e.reward[w*a:][:a], e.state[w], int(e.at[w]), actions)
	e.steps[w]++
	if e.r.next != nil {
		e.state[w] = e.r.next(e.state[w], int(e.at[w]), e.word(w))
	}
	e.at[w]++
	end := int(e.at[w]) == e.r.length
	e.term[w], e.trunc[w] = end && !e.r.limit, end && e.r.limit
	e.show(w)
	if end {
		copy(e.finObs[w*a*e.r.obs:][:a*e.r.obs], e.obs[w*a*e.r.obs:])
		copy(e.finMask[w*a*e.r.actions:][:a*e.r.actions], e.mask[w*a*e.r.actions:])
		e.begin(w)
		e.show(w)
	}
}

func (e *toy) Sizes() (int, int, int, int) { return e.worlds, e.r.agents, e.r.obs, e.r.actions }
func (e *toy) Obs() []float32              { return e.obs }
func (e *toy) Mask() []float32             { return e.mask }
func (e *toy) Reward() []float32           { return e.reward }
func (e *toy) Active() []bool              { return e.active }
func (e *toy) Terminated() []bool          { return e.term }
func (e *toy) Truncated() []bool           { return e.trunc }
func (e *toy) FinalObs() []float32         { return e.finObs }
func (e *toy) FinalMask() []float32        { return e.finMask }

func (e *toy) parts() []any {
	return []any{&e.seed, e.steps, e.at, e.state, e.obs, e.mask, e.reward, e.active, e.term, e.trunc, e.finObs, e.finMask}
}

func (e *toy) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	for _, p := range e.parts() {
		if err := binary.Write(&b, binary.LittleEndian, p); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func (e *toy) UnmarshalBinary(data []byte) error {
	r := bytes.NewReader(data)
	for _, p := range e.parts() {
		if err := binary.Read(r, binary.LittleEndian, p); err != nil {
			return err
		}
	}
	return nil
}

// sign turns a random word into -1 or +1.
func sign(word uint32) float32 {
	if word>>31 == 0 {
		return -1
	}
	return 1
}

// everyone pays all agents the same.
func everyone(r []float32, v float32) {
	for i := range r {
		r[i] = v
	}
}

// matrixGame is a common-payoff game of two agents, repeated 25 times; the agents know who they are.
func matrixGame(payoff [][]float32) rules {
	return rules{
		agents: 2, obs: 2, actions: len(payoff), length: 25, limit: true,
		observe: func(o []float32, agent int, _ float32, _ int) { o[agent] = 1 },
		reward:  func(r []float32, _ float32, _ int, a []int32) { everyone(r, payoff[a[0]][a[1]]) },
	}
}
