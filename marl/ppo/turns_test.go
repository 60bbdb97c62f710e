package ppo

import (
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// Agents that decide one after the other.
func TestTurnsConform(t *testing.T) {
	marltest.Conforms(t, func(updates int) marl.Config {
		c := busyPPO(updates)
		c.Turns = 3
		return c.Config
	})
}

// crowded is a game of six agents, two servers and a third place that is none. The features of an agent differ.
func crowded() marltest.Rules {
	r := marltest.Busy()
	r.Agents, r.Active, r.Legal = 6, nil, nil
	r.Serve = func(to []float32, agent int, _ float32, step int) {
		to[0], to[1] = float32(agent%2), float32((agent+step)%5)
	}
	return r
}

// What agents saw in a rollout against loops over the agents of earlier turns, for every division of six agents in both orders.
func TestAgentsSeeEarlierTurns(t *testing.T) {
	for k, turns := range []int{2, 3, 6, 2, 3, 6} {
		c, r := busyPPO(12), crowded()
		c.Turns, c.NormaliseObs = turns, true
		if k > 2 {
			c.TurnOrder = marl.TurnOrderNumber
		}
		env := marltest.NewToy(r, c.Worlds, 1)
		tr := marltest.NewTrainer(t, c.Config, env, 5)
		marltest.Run(t, tr)
		if err := tr.Rollout(); err != nil {
			t.Fatal(err)
		}
		l := tr.Learner().(*Learner)
		obs, act := marltest.Get(t, tr, l.buffer.Observed), marltest.Get(t, tr, l.buffer.act)
		n, seen := l.Sizes, 0
		for row := 0; row < len(act); row += n.Agents {
			for i := range n.Agents {
				o := obs[(row+i)*n.Obs:][:n.Obs]
				want := earlier(&r, n, obs[row*n.Obs:], act[row:], i)
				for j, x := range want {
					marltest.Near(t, "feature of an earlier turn", float64(o[n.Own()+j]), x, 1e-5)
					if x != 0 {
						seen++
					}
				}
				marltest.Near(t, "turn", float64(o[n.Own()+len(want)]), float64(turnOf(n, i))/float64(turns), 1e-7)
				for a, x := range worths(&r, n, act[row:][:n.Agents], i) {
					marltest.Near(t, "worth of an action", float64(o[n.Own()+len(want)+1+a]), float64(x), 1e-6)
				}
			}
		}
		if seen < 60 {
			t.Errorf("%d turns: only %d features are not 0", turns, seen)
		}
	}
}

// earlier are the sums that agent i sees, from the rows and actions of its world.
func earlier(r *marltest.Rules, n marl.Sizes, obs, act []float32, i int) []float64 {
	serve := func(agent int) []float32 {
		to := make([]float32, n.Candidates)
		o := obs[agent*n.Obs:]
		r.Serve(to, agent, o[0], int(o[2]*5+.5))
		return to
	}
	sums := make([]float64, n.Candidates*n.Task)
	for c, m := range serve(i) {
		for j := range n.Agents {
			if turnOf(n, j) >= turnOf(n, i) || act[j] == 0 || int(m) == n.Servers || serve(j)[int(act[j])-1] != m {
				continue
			}
			for k := range n.Task {
				sums[c*n.Task+k] += float64(obs[j*n.Obs+k])
			}
		}
	}
	return sums
}

// turnOf is the turn of agent i. In the order of the toy the highest number decides first.
func turnOf(n marl.Sizes, i int) int {
	if !n.Ordered {
		return i % n.Turns
	}
	return (n.Agents - 1 - i) / (n.Agents / n.Turns)
}

// worths are what agent i sees of its actions' worth, from the actions of its world.
func worths(r *marltest.Rules, n marl.Sizes, act []float32, i int) []float32 {
	decisions, own, value := make([]float32, n.Agents), make([]float32, n.Actions), make([]float32, n.Actions)
	for j := range decisions {
		switch {
		case turnOf(n, j) < turnOf(n, i):
			decisions[j] = act[j]
		case turnOf(n, j) == turnOf(n, i):
			decisions[j] = sim.Asking
		default:
			decisions[j] = sim.Undecided
		}
	}
	for a := range own {
		own[a], value[a] = r.Worth(decisions, i, a)
	}
	best := slices.Max(value)
	for a := range value {
		value[a] -= best
	}
	return append(own, value...)
}

// Two agents that look alike are paid if they choose different servers. Decisions at once reach .5, for agents that share a
// policy; decisions in turn reach 1, sampled and greedy.
func TestTurnsBreakSymmetry(t *testing.T) {
	marltest.Compiled(t)
	rules := marltest.Rules{
		Agents: 2, Obs: 1, Actions: 3, Length: 1, Servers: 2, Candidates: 2, Task: 1,
		Observe: func(o []float32, _ int, _ float32, _ int) { o[0] = 1 },
		Serve:   func(to []float32, _ int, _ float32, _ int) { to[0], to[1] = 0, 1 },
		Legal:   func(_ float32, _, action int) bool { return action > 0 },
		Reward: func(r []float32, _ float32, _ int, a []int32) {
			r[0], r[1] = 0, 0
			if a[0] != a[1] {
				r[0], r[1] = 1, 1
			}
		},
	}
	paid := func(turns int) float64 {
		c := tinyPPO(2000)
		c.Gamma, c.Turns, c.TurnValues = 0, turns, marl.TurnValuesNone
		tr := marltest.Solve(t, c.Config, rules)
		if err := tr.Rollout(); err != nil {
			t.Fatal(err)
		}
		sum, rewards := 0.0, marltest.Get(t, tr, tr.Learner().(*Learner).buffer.reward)
		for _, x := range rewards {
			sum += float64(x)
		}
		if turns > 1 {
			p, err := tr.Policy(marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1)})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			chosen := make([]int32, 4) // of two worlds
			see := marl.View{Obs: marltest.Ones(4), Mask: []float32{0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1}, Servers: []float32{0, 1, 0, 1, 0, 1, 0, 1}}
			if err := p.Choose(see, [2]float32{}, chosen); err != nil || chosen[0] == chosen[1] || chosen[2] == chosen[3] {
				t.Errorf("the greedy policy chooses %d, %v", chosen, err)
			}
		}
		return sum / float64(len(rewards))
	}
	if at := paid(0); at > .6 {
		t.Errorf("decisions at once are paid %g", at)
	}
	if in := paid(2); in < .95 {
		t.Errorf("decisions in turn are paid %g", in)
	}
}

func TestFaultsOfTurns(t *testing.T) {
	for want, change := range map[string]func(c *setup, r *marltest.Rules){
		"train.turns is 4, which does not divide the 6 agents of a world; allowed: 0, 2, 3, 6":                     func(c *setup, _ *marltest.Rules) { c.Turns = 4 },
		"the environment does not tell which servers":                                                              func(c *setup, r *marltest.Rules) { c.Turns, r.Candidates, r.Serve = 3, 0, nil },
		`turn_values: "sometimes" is not allowed; allowed: none, earlier, all`:                                     func(c *setup, _ *marltest.Rules) { c.TurnValues = "sometimes" },
		"train.turn_values is earlier, but the environment does not predict what actions are worth; allowed: none": func(c *setup, r *marltest.Rules) { c.Turns, r.Worth = 3, nil },
		"train.turns: -1 is not allowed":                                                                           func(c *setup, _ *marltest.Rules) { c.Turns = -1 },
	} {
		c, r := busyPPO(12), crowded()
		change(&c, &r)
		_, err := marl.NewTrainer(c.Config, marltest.NewToy(r, c.Worlds, 1), marltest.OpenBackend(t, "auto", 1), 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
