package run

import (
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// An evaluation without tasks has no completion rate, instead of one of 0 %.
func TestRecordWithoutTasks(t *testing.T) {
	played := summaryRecord(sim.Summary{Policy: "x", Tasks: 1, CompletionRate: 1, MeanReward: -2, ActionShares: []float64{1, 0}})
	if n := len(played.Scalars); n != 13 {
		t.Errorf("%d numbers of an evaluation with tasks, want 13", n)
	}
	idle := summaryRecord(sim.Summary{Policy: "x", MeanReward: -2, ActionShares: []float64{0, 0}})
	if len(idle.Scalars) != 1 || idle.Scalars[0].Name != "reward" || idle.Scalars[0].Value != -2 {
		t.Errorf("%+v, want the reward alone", idle.Scalars)
	}
}
