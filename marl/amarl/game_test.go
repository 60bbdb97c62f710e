package amarl

import (
	"testing"

	"github.com/gmel-go/gmel/marl/marltest"
)

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
	return marltest.PlayMatrix(t, c.Config, payoff, seed)
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

func TestClimbingGame(t *testing.T) { testMatrix(t, marltest.Climbing, 175, 275) }
func TestPenaltyGame(t *testing.T)  { testMatrix(t, marltest.Penalty, 50, 250) }
