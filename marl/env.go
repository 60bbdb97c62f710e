package marl

import (
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/sim"
)

// Env is W worlds of A agents that are stepped together. Slices are owned by the Env,
// keep their address, and belong to the current slot (Obs, Mask) or to the last Step.
//
// A world that ends is reset inside Step: then Obs and Mask belong to its next episode
// and FinalObs and FinalMask to the end of the last.
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
	// Active is [W, A]: whose reward counts in the mean of the reward mix.
	Active() []bool
	// Terminated [W]: the episode ended by the rules; nothing follows.
	Terminated() []bool
	// Truncated [W]: a time limit cut the episode; bootstrap through it.
	Truncated() []bool
	// FinalObs [W, A, O], valid where a world ended.
	FinalObs() []float32
	// FinalMask [W, A, U], valid where a world ended.
	FinalMask() []float32
	// MarshalBinary returns the complete state; continuing from it gives the same bits.
	MarshalBinary() ([]byte, error)
	// UnmarshalBinary restores it.
	UnmarshalBinary([]byte) error
}

// Offloading presents the edge offloading game as an Env. The worlds no longer record what becomes
// of every task: learning takes rewards only.
func Offloading(w *sim.Worlds) Env {
	w.RecordTasks(false)
	return &offloading{w}
}

// OffloadingFor is Offloading as a configuration wants it: for attention in groups the IEDs of a world are
// numbered so that neighbours are beside each other. The worlds start anew where their numbers change.
func OffloadingFor(c *Config, w *sim.Worlds) Env {
	a := c.Attention()
	w.NumberByNearest(a != nil && a.Neighbours > 0)
	return Offloading(w)
}

type offloading struct{ w *sim.Worlds }

// Native is nil where the worlds are not played by C.
func (e *offloading) Native() kernels.Native { return e.w.Native() }

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
