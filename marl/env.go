package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
)

// Env is W worlds of A agents that are stepped together. Slices are owned by the Env,
// keep their address, and belong to the current slot (Obs, Mask) or to the last Step.
//
// Step resets a world whose episode has ended: then Obs and Mask belong to its next episode, and
// FinalObs and FinalMask to the end of the last one.
type Env interface {
	// Sizes returns W, A, O and U.
	Sizes() (worlds, agents, obs, actions int)
	// Obs is [W, A, O].
	Obs() []float32
	// Mask is [W, A, U]; 1 = legal. Every agent has a legal action.
	Mask() []float32
	// Step plays actions [W, A].
	Step(actions []int32) error
	// Reward is [W, A], r_i of the last Step.
	Reward() []float32
	// Active is [W, A]: true if the agent counts in the mean of the mixed reward.
	Active() []bool
	// Terminated [W]: the episode ended by the rules; there is no successor state.
	Terminated() []bool
	// Truncated [W]: a time limit cut the episode; bootstrap through it.
	Truncated() []bool
	// FinalObs [W, A, O], valid for worlds whose episode ended.
	FinalObs() []float32
	// FinalMask [W, A, U], valid for worlds whose episode ended.
	FinalMask() []float32
	// MarshalBinary returns the complete state; continuing from it gives the same bits.
	MarshalBinary() ([]byte, error)
	// UnmarshalBinary restores it.
	UnmarshalBinary([]byte) error
}

// Serving is an Env whose actions use servers, and that can tell a critic which. Action 0 uses none, action a,
// 1 to C, candidate a of the agent, and a later action reaches the cloud by candidate 1.
type Serving interface {
	Env
	// ServerSizes returns the number of servers M, of candidates C, and of the first columns T of an observation that describe
	// the agent's task; C is 0 if the Env does not tell.
	ServerSizes() (servers, candidates, task int)
	// Servers is [W, A, C]: the server of each candidate, 0 to M-1, or M for none.
	Servers() []float32
	// FinalServers [W, A, C], valid for worlds whose episode ended.
	FinalServers() []float32
}

// Located is a Serving Env that knows where its servers are.
type Located interface {
	Serving
	// ServerPositions is [M], in m.
	ServerPositions() [][2]float32
}

// Granting is a Serving Env in which agents that decide in turn may wait for messages. It takes a + U k for action a after k
// messages.
type Granting interface {
	Serving
	// Granted reports whether messages take time.
	Granted() bool
}

// Leveled is a Serving Env whose actions also choose one of L levels: with D = U / L, action a + D l is action a at level l.
type Leveled interface {
	Serving
	// Levels is L; 0 or 1: actions choose no level.
	Levels() int
}

// Offloading presents the edge offloading game as an Env. The worlds then stop recording the outcome of
// every task: learning needs only rewards.
func Offloading(w *sim.Worlds) Env {
	w.RecordTasks(false)
	return &offloading{w: w}
}

// OffloadingFor is Offloading for a configuration. Attention in groups and rewards of neighbourhoods need
// IEDs whose neighbours have consecutive numbers, and a critic may be told the servers of candidates. If that
// changes the worlds, they are restarted.
func OffloadingFor(c *Config, w *sim.Worlds) Env {
	w.NumberByNearest(c.inNeighbourhoods())
	w.ShowServers(c.servers().Tells() || c.Turns > 1)
	e := &offloading{w: w, appraiser: c.appraiser()}
	if e.appraiser != nil {
		w.StayHome("the values of actions in turn are computed on the host")
	}
	w.RecordTasks(false)
	return e
}

// inNeighbourhoods reports whether neighbours must have consecutive numbers.
func (c *Config) inNeighbourhoods() bool {
	a := c.Attention()
	return a != nil && a.Neighbours > 0 || c.RewardGroup > 0
}

type offloading struct {
	w         *sim.Worlds
	appraiser *sim.Appraiser // nil unless agents that decide in turn see what their actions are worth
}

// Native is nil if C cannot play the worlds.
func (e *offloading) Native() kernels.Native { return e.w.Native() }

func (e *offloading) ServerSizes() (servers, candidates, task int) {
	if e.w.Servers == nil {
		return 0, 0, 0
	}
	s := e.w.Scenario()
	return s.Servers, s.Candidates(), s.TaskSize()
}

func (e *offloading) ServerPositions() [][2]float32  { return e.w.ServerPositions() }
func (e *offloading) Servers() []float32             { return e.w.Servers }
func (e *offloading) FinalServers() []float32        { return e.w.FinalServers }
func (e *offloading) Sizes() (int, int, int, int)    { return e.w.W, e.w.A, e.w.O, e.w.U }
func (e *offloading) Obs() []float32                 { return e.w.Obs }
func (e *offloading) Mask() []float32                { return e.w.Mask }
func (e *offloading) Step(actions []int32) error     { return e.w.Step(actions) }
func (e *offloading) Reward() []float32              { return e.w.Reward }
func (e *offloading) Active() []bool                 { return e.w.HadTask }
func (e *offloading) Terminated() []bool             { return e.w.Terminated }
func (e *offloading) Truncated() []bool              { return e.w.Truncated }
func (e *offloading) FinalObs() []float32            { return e.w.FinalObs }
func (e *offloading) FinalMask() []float32           { return e.w.FinalMask }
func (e *offloading) MarshalBinary() ([]byte, error) { return e.w.MarshalBinary() }
func (e *offloading) UnmarshalBinary(b []byte) error { return e.w.UnmarshalBinary(b) }

// Slice implements Sliced.
func (e *offloading) Slice() (first, all int) {
	s := e.w.Slice()
	return s.First, s.All
}

// JoinStates implements Sliced.
func (e *offloading) JoinStates(states [][]byte) ([]byte, error) { return e.w.JoinStates(states) }

// Appraise implements Appraising.
func (e *offloading) Appraise(decisions, values []float32) {
	e.appraiser.Appraise(e.w, decisions, values)
}

// Levels implements Leveled.
func (e *offloading) Levels() int { return e.w.Levels() }

// Granted implements Granting.
func (e *offloading) Granted() bool { return e.w.MessagesTakeTime() }

// Order implements Appraising.
func (e *offloading) Order(rows []float32) { e.appraiser.Order(e.w, rows) }

// Appraises implements Appraising.
func (e *offloading) Appraises() bool { return e.appraiser != nil }
