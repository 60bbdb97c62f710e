package bench

import (
	"testing"
	"time"

	"github.com/gmel-go/gmel/sim"
)

// Every engine plays legal actions, and the rates follow from the time of a slot.
func TestSim(t *testing.T) {
	s, err := sim.Load("population:40")
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range sim.Engines() {
		rows, err := Sim(SimOptions{Scenario: s, Worlds: 3, Engine: engine, Threads: 2, Length: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != 3 || rows[0].Work != WorkAlone || rows[1].Work != WorkStep || rows[2].Work != WorkPlay || rows[0].Bytes >= rows[1].Bytes {
			t.Fatalf("%+v", rows)
		}
		for _, r := range rows {
			if r.Engine != engine || r.IEDs != 40 || r.Worlds != 3 || r.Samples < 5 || r.Copied <= 0 || r.Fraction <= 0 {
				t.Errorf("%+v", r)
			}
			if want := 120 / r.Seconds; r.Rate != want {
				t.Errorf("rate %g, want %g", r.Rate, want)
			}
		}
	}
	if _, err := Sim(SimOptions{Scenario: s, Engine: "abacus", Threads: 1}); err == nil {
		t.Error("an engine that does not exist was measured")
	}
}

// Random actions are legal and vary.
func TestChooser(t *testing.T) {
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	c, seen := newChooser(w), map[int32]int{}
	for range 50 {
		if _, err := c.play(1, true); err != nil {
			t.Fatal(err)
		}
		for _, a := range c.actions {
			seen[a]++
		}
	}
	if len(seen) != w.U || seen[1] < 100 {
		t.Errorf("actions %v", seen)
	}
}
