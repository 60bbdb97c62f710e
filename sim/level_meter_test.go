package sim

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// Quality and shares of levels are those of the rows of a trace.
func TestMeterOfLevels(t *testing.T) {
	s := leveled(t, 6, func(s *Scenario) {
		s.Time.Slots, s.Tasks.Probability, s.Reward.QualityWeight = 20, 0.7, 1
		s.Tasks.Models[0].DeadlineS = Range{0.2, 2}
	})
	var text bytes.Buffer
	got := simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "random", s), Episodes: 4, Worlds: 2, Seed: 3, Trace: &text})
	var quality, completed float64
	levels, where := make([]float64, 3), make([]float64, 2)
	rows := readTrace(t, text.Bytes())
	for _, r := range rows {
		level, to := int(r["action"])/2, int(r["action"])%2
		levels[level] += 1 / float64(len(rows))
		where[to] += 1 / float64(len(rows))
		if r["completed"] == 1 {
			quality, completed = quality+[]float64{0.25, 0.3, 0.5}[level], completed+1
		}
	}
	if got.Quality == nil || completed == float64(len(rows)) {
		t.Fatalf("quality %v, %v of %d tasks completed", got.Quality, completed, len(rows))
	}
	within(t, "quality", *got.Quality, quality/completed, 1e-6)
	for l, want := range levels {
		within(t, "share of a level", got.LevelShares[l], want, 1e-9)
	}
	for d, want := range where {
		within(t, "share of a destination", got.DestinationShares()[d], want, 1e-9)
	}
	if got.Measured != s.Measured() || got.Measured == "" {
		t.Errorf("measured on %q", got.Measured)
	}
}

// Without services nothing of it is in a summary, and without completed tasks there is no quality.
func TestMeterWithoutLevels(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.IEDs, s.Time.Slots = 3, 4 })
	w, err := New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := NewMeter(w, 1)
	for range s.Time.Slots {
		play(t, w, policy(t, "greedy", s), make([]int32, w.A), 1)
		m.Observe(w)
	}
	text, err := json.Marshal(m.Summary())
	if err != nil || strings.Contains(string(text), "level") || strings.Contains(string(text), "quality") || strings.Contains(string(text), "measured") {
		t.Errorf("%s, %v", text, err)
	}
	if q := m.Episodes()[0].Quality; !math.IsNaN(q) {
		t.Errorf("an episode without services has the quality %g", q)
	}
	late := leveled(t, 2, func(s *Scenario) { s.Time.Slots, s.Tasks.Models[0].DeadlineS = 3, Range{1e-3, 1e-3} })
	if got := simulate(t, SimulateOptions{Scenario: late, Policy: policy(t, "local", late), Episodes: 1, Seed: 1}); got.Quality != nil || got.CompletionRate != 0 {
		t.Errorf("quality %v of no completed tasks", got.Quality)
	}
}
