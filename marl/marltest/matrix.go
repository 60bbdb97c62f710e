package marltest

import (
	"testing"

	"github.com/gmel-go/gmel/marl"
)

// Common-payoff matrix games of two agents with known results; a game is played 25 times in an episode.
var (
	// Climbing (Claus & Boutilier 1998): the best joint action is surrounded by penalties. 275 at the optimum, 175
	// at the known trap, 125 where it is safe.
	Climbing = [][]float32{{11, -30, 0}, {-30, 7, 0}, {0, 6, 5}}
	// Penalty with k = -100: 250 at either optimum, 50 at the safe trap.
	Penalty = [][]float32{{-100, 0, 10}, {0, 2, 0}, {10, 0, -100}}
)

// PlayMatrix trains on a matrix game and returns 25 times the payoff of the greedy joint action.
func PlayMatrix(t testing.TB, c marl.Config, payoff [][]float32, seed uint64) float64 {
	t.Helper()
	tr := NewTrainer(t, c, NewToy(MatrixGame(payoff), c.Worlds, seed), seed)
	Run(t, tr)
	pi := Policy(t, tr, 1, 0, 0, 1)
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

// ReachTheTraps checks that three seeds end with at least the return of the known trap, where learners without
// coordination end, in both games.
func ReachTheTraps(t testing.TB, c marl.Config) {
	t.Helper()
	Compiled(t)
	for _, game := range []struct {
		name          string
		payoff        [][]float32
		trap, optimum float64
	}{{"climbing", Climbing, 175, 275}, {"penalty", Penalty, 50, 250}} {
		var returns []float64
		for seed := range uint64(3) {
			r := PlayMatrix(t, c, game.payoff, seed+1)
			returns = append(returns, r)
			if r < game.trap {
				t.Errorf("%s game, seed %d: return %g, below the trap's %g", game.name, seed+1, r, game.trap)
			}
		}
		t.Logf("%s game: returns %v; optimum %g, trap %g", game.name, returns, game.optimum, game.trap)
	}
}

// Published checks that three seeds end with the published return of a matrix game.
func Published(t testing.TB, c marl.Config, payoff [][]float32, want float64) {
	t.Helper()
	Compiled(t)
	for seed := range uint64(3) {
		if r := PlayMatrix(t, c, payoff, seed+1); r != want {
			t.Errorf("seed %d: return %g, published %g", seed+1, r, want)
		}
	}
}
