package bench

import (
	"bytes"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/sim"
)

// TestSlots: the actions are legal (the worlds refuse others), every action occurs, and two backends
// play the same worlds.
func TestSlots(t *testing.T) {
	s, err := sim.Load("population:20")
	if err != nil {
		t.Fatal(err)
	}
	var states [][]byte
	for _, name := range []string{"cpu", "ref"} {
		w, err := sim.New(s, 4, 1)
		if err != nil {
			t.Fatal(err)
		}
		b, err := kernels.Open(name, kernels.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		slots, err := OpenSlots(b, w, true)
		if err != nil {
			t.Fatal(err)
		}
		defer slots.Close()
		seen := map[float32]int{}
		for range 20 {
			if err := slots.Run(5); err != nil {
				t.Fatal(err)
			}
			results, err := slots.Results()
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range results[0].Data {
				seen[a]++
			}
		}
		if len(seen) != w.U || seen[1] < 50 {
			t.Errorf("%s: actions %v", name, seen)
		}
		state, err := w.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, state)
	}
	if !bytes.Equal(states[0], states[1]) {
		t.Error("the backends play different worlds")
	}
}

// A backend without a device, and an engine that Programs cannot play, give an error that says so.
func TestSlotsRefuse(t *testing.T) {
	s, err := sim.Load("population:20")
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []SimOptions{
		{Scenario: s, Worlds: 1, Threads: 1, Backend: "ref"},
		{Scenario: s, Worlds: 1, Threads: 1, Backend: "abacus"},
	} {
		if _, err := Sim(o); err == nil || !strings.Contains(err.Error(), o.Backend) {
			t.Errorf("backend %s: %v", o.Backend, err)
		}
	}
	w, err := sim.NewOn("go", s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenSlots(b, w, true); err == nil || !strings.Contains(err.Error(), "engine go") {
		t.Errorf("the plain engine: %v", err)
	}
}
