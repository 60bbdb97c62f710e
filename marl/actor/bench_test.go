package actor_test

import (
	"cmp"
	"os"
	"testing"

	"github.com/gmel-go/gmel/marl/actor"
)

// policyFolder names the variable with the policy folder that BenchmarkAct plays.
const policyFolder = "GMEL_POLICY_FOLDER"

func BenchmarkAct(b *testing.B) {
	p, err := actor.Read(cmp.Or(os.Getenv(policyFolder), "testdata/press"))
	if err != nil {
		b.Fatal(err)
	}
	player, obs := actor.NewPlayer(p), make([]float32, len(p.Mean))
	for i := range obs {
		obs[i] = p.Mean[i] + 0.5
	}
	for b.Loop() {
		player.Act(obs, nil)
	}
}
