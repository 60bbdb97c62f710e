package run

import "testing"

// TestBest: where several rows complete all tasks, the fastest is the best.
func TestBest(t *testing.T) {
	row := func(policy string, completion, latency float64) Row {
		return newRow(policy, edgeMeasures[:2], [][]float64{{completion}, {latency}})
	}
	for want, rows := range map[string][]Row{
		"fast":  {row("slow", 1, .133), row("fast", 1, .113), row("late", .9, .1)},
		"whole": {row("late", .9, .1), row("whole", 1, .2)},
		"first": {row("first", 1, .1)},
	} {
		if got := Best(rows).Policy; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
