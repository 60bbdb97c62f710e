package marl_test

import (
	"context"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/sim"
)

// withLevels makes the models services of three levels, in place of their own numbers.
func withLevels(s *sim.Scenario) {
	for k := range s.Tasks.Models {
		m := &s.Tasks.Models[k]
		*m = sim.Model{Name: m.Name, Share: m.Share, DataMbit: m.DataMbit, DeadlineS: m.DeadlineS, LeastQuality: sim.Range{0.2, 0.5}, Service: sim.Service{
			Device: "a test", LoadS: 0.5, ResultBits: 1e6, Steps: []int{1, 2, 5}, Batches: []int{1}, Seconds: [][]float64{{1, 2, 4}},
			Quality: sim.Quality{Floor: 1, Frechet: []float64{4, 3, 2}},
		}}
	}
	s.Reward.QualityWeight = 1
}

// Every algorithm learns where actions have levels. The worlds refuse an illegal action, so that a level below the least quality would
// end the run.
func TestAlgorithmsLearnWithLevels(t *testing.T) {
	s := marltest.Small(t)
	withLevels(s)
	for _, algo := range marl.Algorithms() {
		c := frozenConfig(algo, false, 0)
		c.Updates = 2
		w, err := sim.New(s, c.Worlds, 3)
		if err != nil {
			t.Fatal(err)
		}
		tr, err := marl.NewTrainer(c, marl.OffloadingFor(&c, w), marltest.OpenBackend(t, "auto", 1), 3)
		if err != nil {
			t.Fatal(algo, err)
		}
		if err := tr.Run(context.Background(), marl.Hooks{}); err != nil {
			t.Error(algo, err)
		}
		tr.Close()
	}
}
