package sim

import (
	"math"
	"strings"
	"testing"
)

// TestWaitingTasksRunAsOneBatch: nine tasks wait for a GPU until 2 s. Five are of model 0, and a batch
// has room for four: the first four take a 4 + c. The two of model 1 come next, then the fifth of
// model 0. Two tasks that arrive later do not join.
func TestWaitingTasksRunAsOneBatch(t *testing.T) {
	const phi = 0.75
	s := paper(t, func(s *Scenario) { s.Compute.Batch = Batch{Max: 4, FixedShare: phi} })
	visits := []visit{
		{model: 0, arrival: 0.1, work: 0.5}, {model: 1, arrival: 0.2, work: 1}, {model: 0, arrival: 0.3, work: 1},
		{model: 0, arrival: 0.4, work: 0.2}, {model: 1, arrival: 0.5, work: 1}, {model: 0, arrival: 0.6, work: 0.1},
		{model: 0, arrival: 0.7, work: 1}, {model: 0, arrival: 90, work: 1}, {model: 0, arrival: 90.5, work: 1},
	}
	for i := range visits {
		visits[i].tau = 100
	}
	serveVisits(t, s, 2, visits)
	step := func(b float64) float64 { return phi + (1-phi)*b }
	first := 2 + step(4)
	second := first + step(2)
	for i, want := range []struct{ start, b float64 }{
		{2, 4}, {first, 2}, {2, 4}, {2, 4}, {first, 2}, {2, 4}, {second, 1}, {90, 1}, {91, 1},
	} {
		within(t, "start", visits[i].arrival+visits[i].wait, want.start, 1e-4)
		within(t, "run", visits[i].compute, step(want.b), 1e-5)
		within(t, "energy", visits[i].energy, 300*step(want.b)/want.b, 0.02)
	}
}

// TestBatchesSaturateAtTheirRate: with many waiting tasks of one model the ES completes
// b/(a b + c) tasks per second (Inoue 2021, the stability limit for bounded batches).
func TestBatchesSaturateAtTheirRate(t *testing.T) {
	for _, phi := range []float64{0, 0.5, 1} {
		s := paper(t, func(s *Scenario) { s.Compute.Batch = Batch{Max: 8, FixedShare: phi} })
		visits := make([]visit, 64)
		for i := range visits {
			visits[i] = visit{arrival: float64(i) * 1e-3, work: 0.1, tau: 1000}
		}
		w := serveVisits(t, s, 1, visits)
		rate := 64 / float64(w.free[0]-1)
		within(t, "tasks per second", rate, 8/(0.1*(1-phi)*8+0.1*phi), 1e-3*rate)
	}
}

func TestServerOptionFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"batch: {max: 1}":                               "compute.batch.max: 1 is not allowed; allowed: a whole number from 2 to 64",
		"batch: {fixed_share: 0.5}":                     "compute.batch.fixed_share: 0.5 is not allowed; allowed: left out",
		"batch: {max: 4, fixed_share: 2}":               "compute.batch.fixed_share: 2",
		"discipline: lifo":                              "my.yaml:2: compute.discipline: \"lifo\" is not allowed; allowed: sharing",
		"{discipline: sharing, batch: {max: 4}}":        "compute.discipline: \"sharing\" is not allowed; allowed: left out with",
		"{discipline: sharing, server_gpus: [1, 1, 2]}": "compute.discipline: \"sharing\" is not allowed",
		"cloud: {delay_s: 0.1}":                         "compute.cloud.gcycles_per_s: 0",
		"server_gpus: [0]":                              "compute.server_gpus[0]: 0 is not allowed; allowed: a whole number from 1 to 64",
	} {
		if !strings.HasPrefix(text, "{") {
			text = "\n  " + text
		}
		if _, err := Parse([]byte("compute: "+text+"\n"), "my.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

// TestSharingKeepsTheLaws: the parts add up and rewards follow under sharing too.
func TestSharingKeepsTheLaws(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Compute.Discipline = DisciplineSharing })
	for _, name := range []string{"nearest", "greedy", "switch-aware"} {
		r := simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, name, s), Episodes: 8, Seed: 2})
		p := r.LatencySplit
		within(t, "sum of the parts", p.RadioWait+p.Upload+p.QueueWait+p.Switch+p.Compute+p.Download, r.MeanLatencyS, 1e-5)
		if math.IsNaN(r.EnergyJ) || r.CompletionRate < 0.3 {
			t.Errorf("%s: %+v", name, r)
		}
		t.Logf("%s completes %.3f", name, r.CompletionRate)
	}
}
