package marltest

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
)

// twoSteps are the payoffs of the matrix games of the second step.
var twoSteps = [2][2][2]float32{{{7, 7}, {7, 7}}, {{0, 1}, {1, 8}}}

// TwoSteps is the two-step game of Rashid et al. 2018 (section 5.1): the action of the first agent in the first step
// says which of two matrix games is played in the second. The best return is 8, and a learner of sums gets 7. Each agent
// observes its number and the state, as in the paper.
func TwoSteps() Rules {
	return Rules{
		Agents: 2, Obs: 5, Actions: 2, Length: 2,
		Move: func(state float32, step int, a []int32) float32 {
			if step > 0 {
				return state
			}
			return float32(1 + a[0])
		},
		Observe: func(o []float32, agent int, state float32, _ int) { o[agent], o[2+int(state)] = 1, 1 },
		Reward: func(r []float32, state float32, step int, a []int32) {
			Everyone(r, 0)
			if step > 0 {
				Everyone(r, twoSteps[int(state)-1][a[0]][a[1]])
			}
		},
	}
}

// ForTwoSteps has the discount factor of the paper, and steps that end small.
func ForTwoSteps(c marl.Config) marl.Config {
	c.Gamma, c.LRFinal = 0.99, 0.01
	return c
}

// Played is what a learner makes of the two-step game: the return of greedy execution, the values of the ways to the two
// matrices, and those of the joint actions in the second matrix.
type Played struct {
	Return, First, Second float64
	Matrix                [4]float64
}

// PlayTwoSteps plays the two-step game with the trained policy, and asks for the values of the joint actions.
func PlayTwoSteps(t *testing.T, tr *marl.Trainer, q Q) (p Played) {
	t.Helper()
	seen := func(state int) []float32 {
		o := make([]float32, 10)
		for agent := range 2 {
			o[5*agent+agent], o[5*agent+2+state] = 1, 1
		}
		return o
	}
	state := 1 + int(Chosen(t, tr, seen(0)...)[0])
	last := Chosen(t, tr, seen(state)...)
	p.Return = float64(twoSteps[state-1][last[0]][last[1]])
	p.First, p.Second = q(t, tr, seen(0), []float32{0, 0})[0], q(t, tr, seen(0), []float32{1, 0})[0]
	for i := range p.Matrix {
		p.Matrix[i] = q(t, tr, seen(2), []float32{float32(i / 2), float32(i % 2)})[0]
	}
	return p
}

// Chosen are the greedy actions of a trained policy for observations [rows, O]; all actions are legal.
func Chosen(t testing.TB, tr *marl.Trainer, obs ...float32) []int32 {
	t.Helper()
	n := tr.Workshop().Sizes
	p, err := tr.Policy(marl.Execution{Backend: OpenBackend(t, "auto", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	actions := make([]int32, len(obs)/n.Obs)
	if err := p.Choose(marl.View{Obs: obs, Mask: Ones(len(actions) * n.Actions)}, [2]float32{}, actions); err != nil {
		t.Fatal(err)
	}
	return actions
}
