package marl_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// outputs are those of a policy for an observation, as the package comment of marl/actor has them, in float64.
func outputs(p *actor.Policy, obs []float32) []float64 {
	n := &p.Contract.Network
	x := make([]float64, len(obs))
	for i, o := range obs {
		x[i] = min(max(float64(o-p.Mean[i])*float64(p.Scale[i]), -float64(n.Clip)), float64(n.Clip))
	}
	for i, l := range p.Layers {
		y := make([]float64, l.Out())
		for o := range y {
			y[o] = float64(l.Bias[o])
			for k, v := range x {
				y[o] += float64(l.Weight[o*l.In()+k]) * v
			}
			if i+1 < len(p.Layers) && y[o] < 0 {
				y[o] *= float64(n.Slope)
			}
		}
		x = y
	}
	return x
}

// decide is the legal action of the largest output.
func decide(p *actor.Policy, obs, mask []float32) int32 {
	best, y := -1, outputs(p, obs)
	for a, legal := range mask {
		if legal == 1 && (best < 0 || y[a] > y[best]) {
			best = a
		}
	}
	return int32(best)
}

// fresh is a random policy, and what is exported of it.
func fresh(t *testing.T, c *marl.Config, s *sim.Scenario) (*marl.Policy, *actor.Policy) {
	t.Helper()
	p := policyOf(t, c, s)
	x, err := p.Export()
	if err != nil {
		t.Fatal(err)
	}
	return p, x
}

// policyOf is a policy with random parameters for worlds of a scenario, as a run of this configuration would have saved it.
func policyOf(t *testing.T, c *marl.Config, s *sim.Scenario) *marl.Policy {
	t.Helper()
	a, err := marl.AlgorithmOf(c.Algo)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := c.ObservedInTurns(marl.SizesOf(s), s.Interface().Observations)
	if err != nil {
		t.Fatal(err)
	}
	params, dice := a.Head(c, len(seen), s.Actions()).Params(), rand.New(rand.NewPCG(8, 2))
	draw := func(n int, from, to float32) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = from + (to-from)*dice.Float32()
		}
		return x
	}
	state := &checkpoint.State{Tensors: params.Export("net", draw(params.Len(), -0.3, 0.3)), Meta: map[string]string{"head": "net"}}
	state.Tensors = append(state.Tensors,
		checkpoint.Tensor{Name: "obs_mean", Shape: []int{len(seen)}, Data: draw(len(seen), 0, 1)},
		checkpoint.Tensor{Name: "obs_scale", Shape: []int{len(seen)}, Data: draw(len(seen), 1, 4)})
	p, err := marl.NewPolicy(c, state, marl.SizesOf(s), marl.Execution{Backend: marltest.OpenBackend(t, "ref", 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// dozen is a scenario of 12 IEDs.
func dozen(t *testing.T) *sim.Scenario {
	t.Helper()
	s, err := sim.Load("paper:12")
	if err != nil {
		t.Fatal(err)
	}
	s.MaxCandidates = 2
	return s
}

// An exported policy decides like the policy itself, whatever the algorithm.
func TestExportedPolicyDecidesTheSame(t *testing.T) {
	for _, algo := range marl.Algorithms() {
		t.Run(algo, func(t *testing.T) {
			c, s := marl.DefaultOf(algo), dozen(t)
			p, x := fresh(t, &c, s)
			w, err := sim.New(s, 4, 3)
			if err != nil {
				t.Fatal(err)
			}
			want, seen := make([]int32, w.W*w.A), map[int32]bool{}
			for range 10 {
				if p.Act(w, want); p.Err() != nil {
					t.Fatal(p.Err())
				}
				for i, a := range want {
					seen[a] = true
					if got := decide(x, w.Obs[i*w.O:][:w.O], w.Mask[i*w.U:][:w.U]); got != a {
						t.Fatalf("row %d: action %d, want %d; outputs %v", i, got, a, outputs(x, w.Obs[i*w.O:][:w.O]))
					}
				}
				if err := w.Step(want); err != nil {
					t.Fatal(err)
				}
			}
			if len(seen) < 2 {
				t.Errorf("only the actions %v were chosen", seen)
			}
		})
	}
}

// In turns, an agent sees the sums that the interface describes. They are computed here as it says.
func TestExportedPolicyDecidesInTurn(t *testing.T) {
	plain, leveled := dozen(t), dozen(t)
	withLevels(leveled)
	for _, s := range []*sim.Scenario{plain, leveled} {
		decidesInTurn(t, s)
	}
}

func decidesInTurn(t *testing.T, s *sim.Scenario) {
	t.Helper()
	c := marl.DefaultOf("amarl-ppo")
	c.Turns, c.TurnValues = 4, marl.TurnValuesNone
	p, x := fresh(t, &c, s)
	if x.Contract.Decision.Turns != 4 {
		t.Errorf("the contract has %d turns", x.Contract.Decision.Turns)
	}
	w, err := sim.New(s, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	want, servers := make([]int32, w.A), make([]float32, w.A*s.Candidates())
	told := 0
	for range 10 {
		if p.Act(w, want); p.Err() != nil {
			t.Fatal(p.Err())
		}
		w.ListServers(servers)
		told += inTurn(t, x, w, servers, want)
		if err := w.Step(want); err != nil {
			t.Fatal(err)
		}
	}
	if told < 20 {
		t.Errorf("only %d agents saw what others had chosen", told)
	}
}

// A policy that asks a simulation cannot leave the program.
func TestValuedPolicyIsNotExported(t *testing.T) {
	c, s := marl.DefaultOf("amarl-ppo"), dozen(t)
	c.Turns = 4
	_, err := policyOf(t, &c, s).Export()
	if err == nil || !strings.Contains(err.Error(), "a policy with train.turn_values=none can be exported") {
		t.Errorf("error %v", err)
	}
}

// inTurn decides a slot by hand and returns how many agents saw anything of earlier turns.
func inTurn(t *testing.T, x *actor.Policy, w *sim.Worlds, servers []float32, want []int32) (told int) {
	t.Helper()
	candidates, task, turns := len(servers)/w.A, 6, x.Contract.Decision.Turns
	sums := map[float32][]float32{}
	for r := range turns {
		type choice struct {
			server float32
			task   []float32
		}
		var chosen []choice
		for i := r; i < w.A; i += turns {
			obs := append([]float32{}, w.Obs[i*w.O:][:w.O]...)
			for _, m := range servers[i*candidates:][:candidates] {
				if sums[m] == nil {
					sums[m] = make([]float32, task)
				}
				if obs = append(obs, sums[m]...); sums[m][0] > 0 {
					told++
				}
			}
			obs = append(obs, float32(r)/float32(turns))
			a := decide(x, obs, w.Mask[i*w.U:][:w.U])
			if a != want[i] {
				t.Fatalf("IED %d in turn %d: action %d, want %d", i, r, a, want[i])
			}
			if to := int(a) % (candidates + 1); to > 0 {
				chosen = append(chosen, choice{servers[i*candidates+to-1], w.Obs[i*w.O:][:task]})
			}
		}
		for _, c := range chosen {
			for j, v := range c.task {
				sums[c.server][j] += v
			}
		}
	}
	return told
}
