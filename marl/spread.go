package marl

import "github.com/gmel-go/gmel/sim/spread"

// SpreadPolicy is a learned policy in simple_spread, whose worlds are an [Env] as they are.
type SpreadPolicy struct{ *Policy }

var _ spread.Policy = SpreadPolicy{}

// Act chooses the actions of the next cycle. Draws of a sampled policy depend on episode and cycle. After an error (see
// Err) nothing moves.
func (p SpreadPolicy) Act(w *spread.Worlds, actions []int32) {
	episode, cycle := w.Moment(0) // the same in all worlds
	p.ActOn(View{Obs: w.Obs(), Mask: w.Mask()}, [2]float32{float32(episode + 1), float32(cycle + 1)}, actions)
}
