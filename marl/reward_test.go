package marl_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
)

// Two worlds of three agents; in the second no agent has a task.
func TestMixedReward(t *testing.T) {
	c := tiny(1)
	c.Omega = 0.25
	got := mixed(t, &c, "auto", 3, []float32{-1, 0, -3, 0, 0, 0}, []float32{1, 0, 1, 0, 0, 0})
	want := []float32{0.75*-1 + 0.25*-2, 0.25 * -2, 0.75*-3 + 0.25*-2, 0, 0, 0}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("agent %d: %g, want %g", i, got[i], want[i])
		}
	}
}

// Five agents in neighbourhoods of two, with means that are exact: blocks {0 1 2} {3 4} and windows {0 1}
// {1 2} {2 3} {3 4} {3 4}. Agents 1 and 3 have no task.
func TestMixedRewardOfNeighboursByHand(t *testing.T) {
	r, active := []float32{-1, 0, -2, 0, -4}, []float32{1, 0, 1, 0, 1}
	for form, mean := range map[string][]float32{
		marl.NeighbourhoodBlock:  {-1.5, -1.5, -1.5, -4, -4},
		marl.NeighbourhoodWindow: {-1, -2, -2, -4, -4},
	} {
		c := tiny(1)
		c.Omega, c.RewardGroup, c.RewardNeighbourhood = 0.5, 2, form
		for i, got := range mixed(t, &c, "auto", 5, r, active) {
			if want := 0.5*r[i] + 0.5*mean[i]; got != want {
				t.Errorf("%s, agent %d: %g, want %g", form, i, got, want)
			}
		}
	}
}

// The mixed rewards are those of the definition, written plainly in float64, for sizes that divide the
// number of agents and others, with neighbourhoods in which no agent has a task; and all backends agree to
// the bit.
func TestMixedRewardIsTheDefinition(t *testing.T) {
	rng := marltest.Source(11)
	for _, agents := range []int{2, 3, 7, 20, 50, 101} {
		for _, group := range []int{0, 2, 3, 5, 16, 20, 100, 200} {
			for _, form := range []string{marl.NeighbourhoodBlock, marl.NeighbourhoodWindow} {
				c := tiny(1)
				c.RewardGroup, c.RewardNeighbourhood = group, form
				r, active := marltest.Normals(rng, 4*agents), make([]float32, 4*agents)
				for i := range active {
					if rng.IntN(3) == 0 && i >= agents { // no agent of the first world has a task
						active[i] = 1
					} else {
						r[i] = 0
					}
				}
				name := fmt.Sprintf("%d agents, %s of %d", agents, form, group)
				checkMixed(t, name, &c, agents, r, active)
			}
		}
	}
}

func checkMixed(t *testing.T, name string, c *marl.Config, agents int, r, active []float32) {
	t.Helper()
	var first []float32
	for _, backend := range kernels.Backends() {
		got := mixed(t, c, backend, agents, r, active)
		for i, x := range got {
			world, agent := i/agents, i%agents
			from, to := neighbourhood(c, agents, agent)
			want := mixedPlainly(c.Omega, r[i], r[world*agents:][from:to], active[world*agents:][from:to])
			if math.Abs(float64(x)-want) > 1e-6 {
				t.Fatalf("%s on %s: reward of agent %d of world %d is %g, want %g", name, backend, agent, world, x, want)
			}
		}
		if first == nil {
			first = got
		}
		if !marltest.EqualBits(first, got) {
			t.Errorf("%s: %s has other bits than %s", name, backend, kernels.Backends()[0])
		}
	}
}

// neighbourhood returns the numbers [from, to) of the neighbours of an agent, by the description of the settings.
func neighbourhood(c *marl.Config, agents, agent int) (from, to int) {
	g := c.RewardGroup
	if g == 0 || g >= agents {
		return 0, agents
	}
	if c.RewardNeighbourhood == marl.NeighbourhoodWindow {
		from = min(max(agent-(g-1)/2, 0), agents-g)
		return from, from + g
	}
	blocks := int(math.Ceil(float64(agents)/float64(g) - 0.5))
	for b := range blocks {
		from, to = to, to+agents/blocks
		if b < agents%blocks {
			to++
		}
		if agent < to {
			break
		}
	}
	return from, to
}

func mixedPlainly(omega float64, own float32, r, active []float32) float64 {
	sum, n := 0.0, 0.0
	for j := range r {
		sum += float64(r[j]) * float64(active[j])
		n += float64(active[j])
	}
	return (1-omega)*float64(own) + omega*sum/math.Max(1, n)
}

// mixed computes the mixed rewards [W, A] of r and active [W, A] on a backend.
func mixed(t *testing.T, c *marl.Config, backend string, agents int, r, active []float32) []float32 {
	t.Helper()
	l := machine.NewLayout()
	worlds := len(r) / agents
	reward, task, out := l.Add("reward", worlds, agents), l.Add("active", worlds, agents), l.Add("out", worlds, agents)
	b := machine.NewBuilder("test", l)
	f := nn.NewFragment()
	f.Output(marl.Mixed(c, f.Input(reward), f.Input(task)), out)
	f.Lower(b)
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	s, err := machine.NewSession(marltest.OpenBackend(t, backend, 1), l, p)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for x, v := range map[machine.Tensor][]float32{reward: r, task: active} {
		if err := s.Upload(x, v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Run(p); err != nil {
		t.Fatal(err)
	}
	got, err := marl.Read(s, out)
	if err != nil {
		t.Fatal(err)
	}
	return got
}
