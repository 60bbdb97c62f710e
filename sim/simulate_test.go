package sim

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// row is one task of a trace.
type row map[string]float64

func readTrace(t *testing.T, text []byte) []row {
	t.Helper()
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []row
	for _, line := range lines[1:] {
		r := row{}
		for j, field := range line {
			if r[lines[0][j]], err = strconv.ParseFloat(field, 64); err != nil {
				t.Fatal(err)
			}
		}
		rows = append(rows, r)
	}
	return rows
}

// TestSummaryIsTheTraceSummarised recomputes the summary from the trace.
func TestSummaryIsTheTraceSummarised(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 20 })
	var text bytes.Buffer
	last := 0
	got := simulate(t, SimulateOptions{
		Scenario: s, Policy: policy(t, "greedy", s), Episodes: 5, Worlds: 3, Seed: 2, Trace: &text,
		Progress: func(done, total int) { last = done*100 + total },
	})
	rows := readTrace(t, text.Bytes())
	if int64(len(rows)) != got.Tasks || got.Episodes != 5 || got.Slots != 100 || last != 505 {
		t.Fatalf("%d rows, %+v, progress %d", len(rows), got, last)
	}
	if seen := episodesOf(rows); seen != 5 {
		t.Errorf("the trace has %d episodes, want 5", seen)
	}
	mean := func(f func(row) float64) float64 {
		sum := 0.0
		for _, r := range rows {
			sum += f(r)
		}
		return sum / float64(len(rows))
	}
	column := func(name string) float64 { return mean(func(r row) float64 { return r[name] }) }
	within(t, "completion", got.CompletionRate, column("completed"), 1e-9)
	within(t, "latency", got.MeanLatencyS, column("latency_s"), 1e-6)
	within(t, "energy", got.EnergyJ, column("energy_j"), 1e-4)
	split := got.LatencySplit
	within(t, "queue", split.QueueWait, column("queue_wait_s"), 1e-6)
	within(t, "switch", split.Switch, column("switch_s"), 1e-6)
	sum := split.RadioWait + split.Upload + split.QueueWait + split.Switch + split.Compute + split.Download
	within(t, "sum of the parts", sum, got.MeanLatencyS, 1e-5)
	within(t, "local share", got.ActionShares[0], mean(func(r row) float64 {
		if r["server"] < 0 {
			return 1
		}
		return 0
	}), 1e-9)
	reward := mean(func(r row) float64 {
		if r["completed"] == 0 {
			return -2
		}
		return -r["latency_s"] / r["deadline_s"]
	})
	within(t, "reward", got.MeanReward, reward*float64(len(rows))/5/30, 1e-4)
	latencies := make([]float64, len(rows))
	for i, r := range rows {
		latencies[i] = r["latency_s"]
	}
	sort.Float64s(latencies)
	within(t, "p95", got.P95LatencyS, latencies[int(0.95*float64(len(rows)))], 0.01)
}

func episodesOf(rows []row) int {
	seen := map[[2]float64]bool{}
	for _, r := range rows {
		seen[[2]float64{r["world"], r["episode"]}] = true
	}
	return len(seen)
}

func TestSimulateDoesNotDependOnThreads(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 10 })
	var texts [2]bytes.Buffer
	var hashes []string
	for k, threads := range []int{1, 4} {
		r := simulate(t, SimulateOptions{
			Scenario: s, Policy: policy(t, "softmin", s), Episodes: 9, Worlds: 4, Seed: 3, Threads: threads, Trace: &texts[k],
		})
		hashes = append(hashes, r.Hash)
	}
	if hashes[0] != hashes[1] || !bytes.Equal(texts[0].Bytes(), texts[1].Bytes()) || len(hashes[0]) != 16 {
		t.Errorf("hashes %v", hashes)
	}
	other := simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "softmin", s), Episodes: 9, Worlds: 4, Seed: 4})
	if other.Hash == hashes[0] {
		t.Error("another seed gives the same hash")
	}
}

func TestSummaryKeys(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 3; s.Tasks.Probability = 0 })
	r := simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "local", s), Episodes: 1})
	text, err := json.Marshal(r) // JSON refuses NaN: a game without tasks must not make one
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), ":null"); n != 6 {
		t.Errorf("%d of the 6 means over no tasks are null in %s", n, text)
	}
	s.Tasks.Probability = 1
	r = simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "local", s), Episodes: 1})
	if text, err = json.Marshal(r); err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%v in %s", err, text)
	}
	for _, key := range []string{
		"scenario", "policy", "worlds", "episodes", "seed", "agents", "slots", "tasks", "completion_rate",
		"mean_latency_s", "p95_latency_s", "mean_reward", "energy_j", "upload_s", "queue_wait_s", "switch_s",
		"compute_s", "download_s", "radio_wait_s", "action_shares", "hash", "agent_steps_per_s",
	} {
		if !strings.Contains(string(text), `"`+key+`":`) {
			t.Errorf("no %s in %s", key, text)
		}
	}
}

// No latency is above the longest deadline, and no quantile of them is.
func TestQuantileWithinDeadline(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.Time.Slots = 20
		for k := range s.Tasks.Models { // nothing is done within a millisecond
			s.Tasks.Models[k].DeadlineS = Range{1e-3, 1e-3}
		}
	})
	r := simulate(t, SimulateOptions{Scenario: s, Policy: policy(t, "greedy", s), Episodes: 2})
	if r.Tasks == 0 || r.CompletionRate != 0 || r.P95LatencyS > r.MeanLatencyS*(1+1e-6) {
		t.Errorf("%+v", r)
	}
}

func TestMeterKeepsEpisodes(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 7 })
	w, p, actions := start(t, s, 4, 1)
	m := NewMeter(w, 6)
	for steps := 0; !m.Done(); steps++ {
		if steps > 14 {
			t.Fatal("the meter does not finish")
		}
		play(t, w, p, actions, 1)
		m.Observe(w)
	}
	var worlds []int
	var tasks int64
	var completed float64
	for _, e := range m.Episodes() {
		worlds = append(worlds, 10*e.Episode+e.World)
		tasks += e.Tasks
		completed += e.CompletionRate * float64(e.Tasks)
	}
	if !slices.Equal(worlds, []int{0, 1, 2, 3, 10, 11}) {
		t.Errorf("episodes %v", worlds)
	}
	r := m.Summary()
	if r.Tasks != tasks || math.Abs(r.CompletionRate-completed/float64(tasks)) > 1e-9 || r.Slots != 42 {
		t.Errorf("episodes say %d tasks, %v completed; summary %+v", tasks, completed, r)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("disk full") }

// A trace that cannot be written ends a long simulation early.
func TestBrokenTraceEndsTheSimulation(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 20 })
	played := 0
	_, err := Simulate(SimulateOptions{
		Scenario: s, Policy: policy(t, "local", s), Episodes: 200, Worlds: 1, Trace: brokenWriter{}, Progress: func(done, _ int) { played = done },
	})
	if err == nil || !strings.Contains(err.Error(), "writing the trace: disk full") || played > 100 {
		t.Errorf("%v after %d episodes", err, played)
	}
}

func TestSimulateRefuses(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Time.Slots = 3 })
	good := SimulateOptions{Scenario: s, Policy: policy(t, "random", s), Episodes: 1}
	for want, edit := range map[string]func(*SimulateOptions){
		"needs a scenario and a policy": func(o *SimulateOptions) { o.Policy = nil },
		"at least 1 episode":            func(o *SimulateOptions) { o.Episodes = 0 },
		"disk full":                     func(o *SimulateOptions) { o.Trace = brokenWriter{} },
	} {
		o := good
		edit(&o)
		if _, err := Simulate(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	if _, err := NewPolicy("clever", s, 1); err == nil || !strings.Contains(err.Error(), "switch-aware") {
		t.Errorf("error %v does not list the policies", err)
	}
}

// broken is a policy whose device fails in its second slot. It then decides nothing, as a learned one.
type broken struct{ slots int }

func (b *broken) Name() string { return "broken" }

func (b *broken) Act(_ *Worlds, actions []int32) {
	clear(actions)
	b.slots++
}

func (b *broken) Err() error {
	if b.slots < 2 {
		return nil
	}
	return errors.New("the device is gone")
}

// Act cannot return an error, so Simulate asks for it after every slot and plays no slot that was not decided.
func TestSimulateStopsWhereAPolicyFails(t *testing.T) {
	s, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	p := &broken{}
	_, err = Simulate(SimulateOptions{Scenario: s, Policy: p, Episodes: 1, Seed: 1})
	if err == nil || err.Error() != "policy broken: the device is gone" || p.slots != 2 {
		t.Errorf("after %d slots: %v", p.slots, err)
	}
}
