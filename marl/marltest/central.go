package marltest

import (
	"slices"
	"testing"

	"github.com/gmel-go/gmel/marl"
)

// CentralValues are V of a critic of the global state [o_1, .., o_A]: a layer on it for every world or, with "own.w",
// on it and o_i for every agent, and two more. obs is [B*A, O].
func CentralValues(p Params, obs Matrix, agents int) []float64 {
	in, weights := NewMatrix(obs.Rows, agents*obs.Cols), p["state.w"]
	for i := range obs.Rows {
		copy(in.Row(i), obs.V[i/agents*in.Cols:])
	}
	if own, ok := p["own.w"]; ok {
		in, weights = Beside(in, obs), Matrix{weights.Rows + own.Rows, own.Cols, slices.Concat(weights.V, own.V)}
	}
	h := Dense(in, weights, p.Bias("state.b"), Leaky)
	h = Dense(h, p["hidden.w"], p.Bias("hidden.b"), Leaky)
	return Dense(h, p["output.w"], p.Bias("output.b"), Identity).V
}

// TrainedCentralValues are V of a trained critic of the global state, of the agents of one world and in the unit of
// rewards, computed by the reference.
func TrainedCentralValues(t *testing.T, tr *marl.Trainer, obs ...float32) []float64 {
	t.Helper()
	n := tr.Workshop().Sizes
	v := CentralValues(Download(t, tr, "critic"), Wrap(n.Agents, n.Obs, obs), n.Agents)
	if unit, ok := tr.Workshop().Layout.Lookup("value_unit"); ok {
		u := Get(t, tr, unit)
		for i := range v {
			v[i] = float64(u[0]) + float64(u[1])*v[i]
		}
	}
	return v
}
