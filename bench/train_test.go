package bench

import (
	"testing"
	"time"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/sim"
)

// Both algorithms are measured in three columns; each later column does more work.
func TestTrain(t *testing.T) {
	s, err := sim.Load("population:8")
	if err != nil {
		t.Fatal(err)
	}
	for _, algo := range marl.Algorithms() {
		c := marl.DefaultOf(algo)
		c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Threads = 2, 4, 4, 1
		switch own := c.Own.(type) {
		case *amarl.Config:
			own.Hidden, own.ActorHidden, own.Replay, own.Batch = 8, 8, 100, 4
		case *ppo.Config:
			own.Hidden, own.ActorHidden, own.Minibatches, own.Epochs, own.Neighbours = 8, 8, 2, 3, 4
		}
		r, err := Train(TrainOptions{Config: c, Scenario: s, Length: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if r.Algo != algo || r.IEDs != 8 || r.Worlds != 2 || r.Slots != 4 || r.Updates != c.UpdatesAtOnce() || r.Arena <= 0 {
			t.Errorf("%+v", r)
		}
		for _, x := range []TrainColumn{r.Step, r.Inference, r.Update} {
			if want := 64 / x.Seconds; x.Samples < 5 || x.Rate != want {
				t.Errorf("%+v, want the rate %g", x, want)
			}
		}
	}
}
