package actor_test

import (
	"fmt"
	"log"

	"github.com/gmel-go/gmel/marl/actor"
)

// A program with measurements asks a policy for a decision.
func Example() {
	policy, err := actor.Read("testdata/press") // as gmel export RUN --to folder writes it
	if err != nil {
		log.Fatal(err)
	}
	contract, player := &policy.Contract, actor.NewPlayer(policy)

	measured := map[string]float32{"task": 1, "task.data": 1.5, "candidate_1.wait": 0.2} // Mbit and s, as the contract says
	obs := make([]float32, len(contract.Interface.Observations))
	for i, o := range contract.Interface.Observations {
		obs[i] = o.Observed(measured[o.Name])
	}
	legal := []bool{true, true}

	action := player.Act(obs, legal)
	fmt.Println(contract.Interface.Actions[action].Name)
	// Output: candidate_1
}
