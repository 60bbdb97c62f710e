package sim_test

import (
	"fmt"
	"log"

	"github.com/gmel-go/gmel/sim"
)

// Play a heuristic and read the summary.
func ExampleSimulate() {
	s, err := sim.Load("paper")
	if err != nil {
		log.Fatal(err)
	}
	p, err := sim.NewPolicy("switch-aware", s, 1)
	if err != nil {
		log.Fatal(err)
	}
	r, err := sim.Simulate(sim.SimulateOptions{Scenario: s, Policy: p, Episodes: 8, Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d IEDs, %d slots, most tasks completed: %v\n", r.Agents, r.Slots, r.CompletionRate > 0.9)
	// Output: 30 IEDs, 800 slots, most tasks completed: true
}

// Step worlds with your own actions: every IED offloads to the nearest ES.
func ExampleWorlds_Step() {
	s, err := sim.Preset("paper")
	if err != nil {
		log.Fatal(err)
	}
	w, err := sim.New(s, 2, 1)
	if err != nil {
		log.Fatal(err)
	}
	actions := make([]int32, w.W*w.A)
	for range s.Time.Slots {
		for n := range actions {
			actions[n] = int32(w.Mask[n*w.U+1]) // candidate 1 where it is legal
		}
		if err := w.Step(actions); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(w.Truncated, w.Terminated, w.Episodes(0), len(w.FinalObs) == 2*30*s.ObsSize())
	// Output: [true true] [false false] 1 true
}

// A scenario file holds only what differs from the preset paper; errors say
// where and what.
func ExampleParse() {
	s, err := sim.Parse([]byte("ieds: 50\nhall:\n  clutter: DH\n"), "mine.yaml")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.Agents(), s.Candidates(), s.ObsSize())
	_, err = sim.Parse([]byte("ieds: 50\ntime:\n  slots: 0\n"), "mine.yaml")
	fmt.Println(err)
	// Output:
	// 50 4 42
	// sim: mine.yaml:3: time.slots: 0 is not allowed; allowed: a whole number from 1 to 1073741824
}

// Scale the number of IEDs and keep the density.
func ExampleScenario_Population() {
	s, err := sim.Preset("paper")
	if err != nil {
		log.Fatal(err)
	}
	s = s.Population(3000)
	fmt.Printf("%d IEDs, %d ESs, %.0f m x %.0f m\n", s.IEDs, s.Servers, s.Hall.WidthM, s.Hall.DepthM)
	// Output: 3000 IEDs, 400 ESs, 3000 m x 1500 m
}
