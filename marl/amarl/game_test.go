package amarl

import (
	"testing"

	"github.com/gmel-go/gmel/marl/marltest"
)

// The climbing game (Claus & Boutilier 1998): the best joint action is surrounded by
// penalties. 25 repeats: 275 at the optimum, 175 at the known trap, 125 where it is safe.
var climbing = [][]float32{{11, -30, 0}, {-30, 7, 0}, {0, 6, 5}}

// The penalty game with k = -100: 250 at either optimum, 50 at the safe trap.
var penalty = [][]float32{{-100, 0, 10}, {0, 2, 0}, {10, 0, -100}}

// playMatrix trains on a matrix game and returns 25 times the payoff of the greedy joint action.
func playMatrix(t *testing.T, payoff [][]float32, seed uint64) float64 {
	t.Helper()
	c := tiny(1200)
	// One state: bootstrapping is not needed. High entropy early keeps the exploration of the others
	// in the critic's data, and its decay makes the policy decide.
	c.StandardiseReward, c.Gamma, c.Alpha, c.AlphaFinal, c.Replay = true, 0, 1, 0.01, 4000
	// With the replayed actions of the others, the actors respond to old policies, and stop below the
	// trap (125 to 150 in the climbing game).
	c.ActorActions = ActionsResampled
	tr := marltest.NewTrainer(t, c.Config, marltest.NewToy(marltest.MatrixGame(payoff), c.Worlds, seed), seed)
	marltest.Run(t, tr)
	pi := marltest.Policy(t, tr, 1, 0, 0, 1)
	best := [2]int{}
	for i := range best {
		for a, p := range pi.Row(i) {
			if p > pi.At(i, best[i]) {
				best[i] = a
			}
		}
	}
	return 25 * float64(payoff[best[0]][best[1]])
}

func testMatrix(t *testing.T, payoff [][]float32, trap, optimum float64) {
	t.Helper()
	marltest.Compiled(t)
	var returns []float64
	for seed := range uint64(3) {
		r := playMatrix(t, payoff, seed+1)
		returns = append(returns, r)
		if r < trap {
			t.Errorf("seed %d: return %g, below the trap's %g", seed+1, r, trap)
		}
	}
	t.Logf("returns %v; optimum %g, trap %g", returns, optimum, trap)
}

func TestClimbingGame(t *testing.T) { testMatrix(t, climbing, 175, 275) }
func TestPenaltyGame(t *testing.T)  { testMatrix(t, penalty, 50, 250) }
