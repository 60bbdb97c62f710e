package bench

import (
	"testing"
	"time"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
)

// Both algorithms are measured in three columns; each later column does more work.
func TestTrain(t *testing.T) {
	s, err := sim.Load("population:8")
	if err != nil {
		t.Fatal(err)
	}
	for _, algo := range []string{marl.AlgoAMARL, marl.AlgoPPO} {
		c := marl.DefaultOf(algo)
		c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Hidden, c.ActorHidden, c.Threads = 2, 4, 4, 8, 8, 1
		if algo == marl.AlgoPPO {
			c.Minibatches, c.Epochs, c.Neighbours = 2, 3, 4
		} else {
			c.Replay, c.Batch = 100, 4
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
