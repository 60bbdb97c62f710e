package amarl

import (
	"testing"

	"github.com/gmel-go/gmel/marl/marltest"
)

func TestMatrixGames(t *testing.T) {
	c := tiny(1200)
	// One state: bootstrapping is not needed. High entropy early keeps the exploration of the others
	// in the critic's data, and its decay makes the policy decide.
	c.StandardiseReward, c.Gamma, c.Alpha, c.AlphaFinal, c.Replay = true, 0, 1, 0.01, 4000
	// With the replayed actions of the others, the actors respond to old policies, and stop below the
	// trap (125 to 150 in the climbing game).
	c.ActorActions = ActionsResampled
	marltest.ReachTheTraps(t, c.Config)
}
