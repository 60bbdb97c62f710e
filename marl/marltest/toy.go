package marltest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// Rules of a Toy game. The state is one number per world. Random draws are uniform words that depend on
// (world, step) only, so there is no generator state.
type Rules struct {
	Agents, Obs, Actions int
	Length               int  // slots of an episode
	Limit                bool // the end is a time limit (truncation), not a termination
	Start                func(word uint32) float32
	Next                 func(state float32, step int, word uint32) float32     // nil: state stays
	Move                 func(state float32, step int, actions []int32) float32 // in place of Next, where actions decide
	Observe              func(o []float32, agent int, state float32, step int)
	Legal                func(state float32, agent, action int) bool // nil: all
	Reward               func(r []float32, state float32, step int, actions []int32)
	Active               func(state float32, agent int) bool // nil: all

	Servers, Candidates int                                                    // M and C of a game that tells them, else 0
	Positions           [][2]float32                                           // of the servers, m
	Task                int                                                    // T, the first features of an observation, with servers
	Serve               func(to []float32, agent int, state float32, step int) // the servers of the candidates, [C]

	// Worth are the own reward and the value of an action of an agent, given the decisions [A] of its world; nil: no appraisals.
	Worth func(decisions []float32, agent, action int) (own, value float32)
}

// Toy plays Rules in W worlds.
type Toy struct {
	r       Rules
	worlds  int
	seed    uint64
	steps   []uint32 // [W] played in total
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
	servers []float32
	finServ []float32
}

// NewToy begins the first episodes.
func NewToy(r Rules, worlds int, seed uint64) *Toy {
	n := worlds * r.Agents
	e := &Toy{
		r: r, worlds: worlds, seed: seed, steps: make([]uint32, worlds), at: make([]int32, worlds), state: make([]float32, worlds),
		obs: make([]float32, n*r.Obs), mask: make([]float32, n*r.Actions), reward: make([]float32, n), active: make([]bool, n),
		term: make([]bool, worlds), trunc: make([]bool, worlds), finObs: make([]float32, n*r.Obs), finMask: make([]float32, n*r.Actions),
		servers: make([]float32, n*r.Candidates), finServ: make([]float32, n*r.Candidates),
	}
	for w := range worlds {
		e.begin(w)
		e.show(w)
	}
	return e
}

func (e *Toy) word(w int) uint32 {
	return philox.Block(philox.Key(e.seed), [4]uint32{uint32(w), e.steps[w], 0, 7})[0]
}

func (e *Toy) begin(w int) {
	e.at[w], e.state[w] = 0, 0
	if e.r.Start != nil {
		e.state[w] = e.r.Start(e.word(w))
	}
}

// show writes obs, servers and mask of world w.
func (e *Toy) show(w int) {
	for i := range e.r.Agents {
		n := w*e.r.Agents + i
		o := e.obs[n*e.r.Obs:][:e.r.Obs]
		clear(o)
		if e.r.Observe != nil {
			e.r.Observe(o, i, e.state[w], int(e.at[w]))
		}
		if e.r.Serve != nil {
			e.r.Serve(e.servers[n*e.r.Candidates:][:e.r.Candidates], i, e.state[w], int(e.at[w]))
		}
		for u := range e.r.Actions {
			e.mask[n*e.r.Actions+u] = 0
			if e.r.Legal == nil || e.r.Legal(e.state[w], i, u) {
				e.mask[n*e.r.Actions+u] = 1
			}
		}
	}
}

// Step implements marl.Env.
func (e *Toy) Step(actions []int32) error {
	for n, a := range actions {
		if a < 0 || int(a) >= e.r.Actions || e.mask[n*e.r.Actions+int(a)] == 0 {
			return fmt.Errorf("toy: action %d of row %d is illegal", a, n)
		}
	}
	for w := range e.worlds {
		e.stepWorld(w, actions[w*e.r.Agents:][:e.r.Agents])
	}
	return nil
}

func (e *Toy) stepWorld(w int, actions []int32) {
	a := e.r.Agents
	for i := range a {
		e.active[w*a+i] = e.r.Active == nil || e.r.Active(e.state[w], i)
	}
	e.r.Reward(e.reward[w*a:][:a], e.state[w], int(e.at[w]), actions)
	e.steps[w]++
	switch {
	case e.r.Move != nil:
		e.state[w] = e.r.Move(e.state[w], int(e.at[w]), actions)
	case e.r.Next != nil:
		e.state[w] = e.r.Next(e.state[w], int(e.at[w]), e.word(w))
	}
	e.at[w]++
	end := int(e.at[w]) == e.r.Length
	e.term[w], e.trunc[w] = end && !e.r.Limit, end && e.r.Limit
	e.show(w)
	if end {
		copy(e.finObs[w*a*e.r.Obs:][:a*e.r.Obs], e.obs[w*a*e.r.Obs:])
		copy(e.finMask[w*a*e.r.Actions:][:a*e.r.Actions], e.mask[w*a*e.r.Actions:])
		copy(e.finServ[w*a*e.r.Candidates:][:a*e.r.Candidates], e.servers[w*a*e.r.Candidates:])
		e.begin(w)
		e.show(w)
	}
}

// Toy implements marl.Env, marl.Located and marl.Appraising.
var (
	_ marl.Located    = (*Toy)(nil)
	_ marl.Appraising = (*Toy)(nil)
)

func (e *Toy) Sizes() (int, int, int, int) { return e.worlds, e.r.Agents, e.r.Obs, e.r.Actions }
func (e *Toy) Obs() []float32              { return e.obs }
func (e *Toy) Mask() []float32             { return e.mask }
func (e *Toy) Reward() []float32           { return e.reward }
func (e *Toy) Active() []bool              { return e.active }
func (e *Toy) Terminated() []bool          { return e.term }
func (e *Toy) Truncated() []bool           { return e.trunc }
func (e *Toy) FinalObs() []float32         { return e.finObs }
func (e *Toy) FinalMask() []float32        { return e.finMask }

func (e *Toy) ServerSizes() (int, int, int)  { return e.r.Servers, e.r.Candidates, e.r.Task }
func (e *Toy) ServerPositions() [][2]float32 { return e.r.Positions }
func (e *Toy) Servers() []float32            { return e.servers }
func (e *Toy) FinalServers() []float32       { return e.finServ }

// Appraises implements marl.Appraising.
func (e *Toy) Appraises() bool { return e.r.Worth != nil }

// Order implements marl.Appraising: the highest number first.
func (e *Toy) Order(rows []float32) {
	for n := range rows {
		rows[n] = float32(n/e.r.Agents*e.r.Agents + e.r.Agents - 1 - n%e.r.Agents)
	}
}

// Appraise implements marl.Appraising.
func (e *Toy) Appraise(decisions, values []float32) {
	agents, actions := e.r.Agents, e.r.Actions
	for n, a := range decisions {
		v := values[n*2*actions:][:2*actions]
		clear(v)
		if a != sim.Asking {
			continue
		}
		for u := range actions {
			v[u], v[actions+u] = e.r.Worth(decisions[n/agents*agents:][:agents], n%agents, u)
		}
		best := slices.Max(v[actions:])
		for u := range actions {
			v[actions+u] -= best
		}
	}
}

func (e *Toy) parts() []any {
	return []any{&e.seed, e.steps, e.at, e.state, e.obs, e.mask, e.reward, e.active, e.term, e.trunc, e.finObs, e.finMask, e.servers, e.finServ}
}

func (e *Toy) MarshalBinary() ([]byte, error) {
	var b bytes.Buffer
	for _, p := range e.parts() {
		if err := binary.Write(&b, binary.LittleEndian, p); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func (e *Toy) UnmarshalBinary(data []byte) error {
	r := bytes.NewReader(data)
	for _, p := range e.parts() {
		if err := binary.Read(r, binary.LittleEndian, p); err != nil {
			return err
		}
	}
	return nil
}

// Sign turns a random word into -1 or +1.
func Sign(word uint32) float32 {
	if word>>31 == 0 {
		return -1
	}
	return 1
}

// Everyone gives all agents the same reward.
func Everyone(r []float32, v float32) {
	for i := range r {
		r[i] = v
	}
}

// MatrixGame is a common-payoff game of two agents, repeated 25 times; each agent observes its index.
func MatrixGame(payoff [][]float32) Rules {
	return Rules{
		Agents: 2, Obs: 2, Actions: len(payoff), Length: 25, Limit: true,
		Observe: func(o []float32, agent int, _ float32, _ int) { o[agent] = 1 },
		Reward:  func(r []float32, _ float32, _ int, a []int32) { Everyone(r, payoff[a[0]][a[1]]) },
	}
}
