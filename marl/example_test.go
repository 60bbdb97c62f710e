package marl_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu" // a backend; kernels/ref is the one without C
	"github.com/gmel-go/gmel/marl"
	_ "github.com/gmel-go/gmel/marl/amarl" // registers itself
	"github.com/gmel-go/gmel/sim"
)

// AMARL learns for a moment in worlds of five IEDs, and its policy plays other episodes beside random choices.
func ExampleTrainer() {
	must := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	scenario, err := sim.Load("paper:5")
	must(err)
	c := marl.DefaultOf("amarl")
	c.Updates, c.Worlds = 300, 8
	worlds, err := sim.New(scenario, c.Worlds, 1)
	must(err)
	backend, err := kernels.Open("auto", kernels.Options{})
	must(err)
	defer backend.Close()

	trainer, err := marl.NewTrainer(c, marl.OffloadingFor(&c, worlds), backend, 1)
	must(err)
	defer trainer.Close()
	must(trainer.Run(context.Background(), marl.Hooks{}))

	policy, err := trainer.Policy(marl.Execution{Backend: backend})
	must(err)
	defer policy.Close()
	random, err := sim.NewPolicy("random", scenario, 1)
	must(err)
	for _, p := range []sim.Policy{policy, random} {
		score, err := marl.Evaluate(sim.SimulateOptions{Scenario: scenario, Policy: p, Episodes: 20, Seed: 1})
		must(err)
		fmt.Printf("%s completes %.0f %% of the tasks\n", score.Policy, 100*score.CompletionRate)
	}
	// Output:
	// amarl-greedy completes 79 % of the tasks
	// random completes 54 % of the tasks
}
