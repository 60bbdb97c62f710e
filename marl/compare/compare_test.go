package compare

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/gmel-go/gmel/marl/amarl"
	_ "github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// past is a finished run with a completion rate, as its folder would tell.
func past(t *testing.T, seed uint64, completion float64, sets ...string) *run.Past {
	t.Helper()
	c, err := run.Load(run.Sources{Seed: &seed, Sets: sets})
	if err != nil {
		t.Fatal(err)
	}
	row := func(policy string, rate float64) run.Row {
		mean := func(v float64) train.Interval { return train.Interval{Mean: v, Half: 0.01} }
		r := run.Row{Policy: policy}
		for _, m := range c.Compared() {
			r.Scores = append(r.Scores, run.Score{Measure: m, Interval: mean(map[string]float64{run.CompletionName: rate, run.LatencyName: 2 - rate, "reward": -rate}[m.Name])})
		}
		return r
	}
	table := &run.Table{Episodes: 200, Seed: 1, Differences: make([]run.Difference, 2), Rows: []run.Row{
		row("learned", completion-0.01), row("learned-greedy", completion), row("random", 0.4), row("switch-aware", 0.9),
	}}
	p := &run.Past{Folder: train.Folder(fmt.Sprint(c.Train.Algo, "-", seed)), Config: c, Table: table}
	for update := 100; update <= 300; update += 100 {
		p.Lines = append(p.Lines,
			record.Line{Update: update + 50, Kind: "train", Values: map[string]float64{run.SlotsName: 1000 + 10*float64(update+50)}},
			record.Line{Update: update, Kind: "learned", Values: map[string]float64{run.CompletionName: 0}},
			record.Line{Update: update, Kind: "learned-greedy", Values: map[string]float64{run.CompletionName: completion - 1/float64(update), run.LatencyName: 1}})
	}
	return p
}

func TestGroups(t *testing.T) {
	c, err := New([]*run.Past{
		past(t, 2, 0.92), past(t, 1, 0.91), past(t, 1, 0.8, "train.algo=amarl-ppo"),
		past(t, 1, 0.93, "train.gamma=0.5"), past(t, 1, 0.7, "scenario.ieds=20"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var labels []string
	for _, g := range c.Groups {
		labels = append(labels, g.Label)
	}
	if got, want := strings.Join(labels, "; "), "amarl gamma=0.8; amarl-ppo; amarl gamma=0.5"; got != want {
		t.Errorf("groups %q, want %q", got, want)
	}
	if got, want := strings.Join(c.Scenarios, "; "), "paper ieds=30; paper ieds=20"; got != want {
		t.Errorf("scenarios %q, want %q", got, want)
	}
	if runs := c.Groups[0].Tasks[0]; len(runs) != 2 || runs[0].Config.Seed != 1 {
		t.Errorf("%d runs, first with seed %d; want 2 in the order of their seeds", len(runs), runs[0].Config.Seed)
	}
	if table := c.Table(); len(table.Parts) != 2 {
		t.Errorf("%d parts; groups without a scenario have no part over all", len(table.Parts))
	}
}

// TestThreadsAreNoSetting: runs that differ in what does not change numbers are of one group.
func TestThreadsAreNoSetting(t *testing.T) {
	c, err := New([]*run.Past{past(t, 1, 0.9), past(t, 2, 0.9, "train.threads=1")})
	if err != nil || len(c.Groups) != 1 {
		t.Fatalf("%v, %d groups", err, len(c.Groups))
	}
}

func TestRefused(t *testing.T) {
	other := past(t, 2, 0.9)
	other.Table.Episodes = 100
	unfinished := past(t, 1, 0.9)
	unfinished.Table = nil
	for want, runs := range map[string][]*run.Past{
		"would count twice":             {past(t, 1, 0.9), past(t, 1, 0.9)},
		"compared on the same episodes": {past(t, 1, 0.9), other},
		"none of the runs is finished":  {unfinished},
		"its evaluation had no task":    {past(t, 1, math.NaN())},
	} {
		_, err := New(runs)
		if !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want a usage error with %q", err, want)
		}
	}
}

// TestShort: labels have as much of a path as tells it from the others.
func TestShort(t *testing.T) {
	paths := []string{"train.gamma", "tasks.models[0].data_mbit", "tasks.models[1].data_mbit", "servers", "old.servers"}
	var got []string
	for _, path := range paths {
		got = append(got, short(path, paths))
	}
	if want := "gamma; models[0].data_mbit; models[1].data_mbit; servers; old.servers"; strings.Join(got, "; ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestUnfinishedScenario: a scenario and settings of which no run is finished are no part of the comparison, nor of labels.
func TestUnfinishedScenario(t *testing.T) {
	other := past(t, 3, 0.9, "scenario.ieds=20", "train.gamma=0.5")
	other.Table = nil
	c, err := New([]*run.Past{past(t, 1, 0.9), other, past(t, 2, 0.9)})
	if err != nil {
		t.Fatal(err)
	}
	if table := c.Table(); len(table.Parts) != 1 || table.Parts[0].Scenario != "paper" || table.Parts[0].Rows[0].Group != "amarl" || len(table.Unfinished) != 1 {
		t.Errorf("%+v", table)
	}
}

// fullComparison has two groups with six seeds each and a run that is not finished.
func fullComparison(t *testing.T) *Comparison {
	t.Helper()
	var runs []*run.Past
	for seed := uint64(1); seed <= 6; seed++ {
		runs = append(runs, past(t, seed, float64(90+seed)/100), past(t, seed, float64(87+seed)/100, "train.algo=amarl-ppo"))
	}
	unfinished := past(t, 7, 0.9)
	unfinished.Table = nil
	c, err := New(append(runs, unfinished))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) < 1e-12) {
		t.Errorf("%s: %g, want %g", what, got, want)
	}
}

func TestTable(t *testing.T) {
	table := fullComparison(t).Table()
	amarl, onPolicy := table.Parts[0].Rows[0], table.Parts[0].Rows[1]
	near(t, "completion", amarl.Values[0].Point, 0.935) // of .91 to .96 without one at each end
	near(t, "latency", amarl.Values[1].Point, 2-0.935)
	if !(amarl.Values[0].Low < 0.935 && amarl.Values[0].High > 0.935 && amarl.Values[0].Low >= 0.91) {
		t.Errorf("interval %+v", amarl.Values[0])
	}
	// .88 to .93 against .91 to .96: of 36 pairs three are higher (.92 against .91, .93 against .91 and .92) and three are ties.
	near(t, "probability of improvement", onPolicy.Better.Point, 4.5/36)
	if amarl.Better != nil {
		t.Error("the first group is compared with itself")
	}
	near(t, "profile below the lowest", onPolicy.Profile[0], 1)
	near(t, "profile at the lowest", onPolicy.Profile[1], 5./6)
	near(t, "profile at the highest", amarl.Profile[len(amarl.Profile)-1], 0)
	if len(table.Unfinished) != 1 || table.Unfinished[0].Update != 300 {
		t.Errorf("unfinished %+v", table.Unfinished)
	}
	if table.Parts[0].Heuristic != "switch-aware" {
		t.Errorf("best heuristic %q", table.Parts[0].Heuristic)
	}
	if len(table.Warnings) != 0 {
		t.Errorf("warnings %q for six runs", table.Warnings)
	}
	again, _ := json.Marshal(fullComparison(t).Table())
	if first, _ := json.Marshal(table); string(first) != string(again) {
		t.Error("the same runs give two tables")
	}
}

func TestFewRunsAreNamed(t *testing.T) {
	c, err := New([]*run.Past{past(t, 1, 0.9)})
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Table().Warnings; len(w) != 1 || !strings.Contains(w[0], "1 run; with fewer than 5") {
		t.Errorf("warnings %q", w)
	}
}

func TestAllScenarios(t *testing.T) {
	c, err := New([]*run.Past{past(t, 1, 0.9), past(t, 1, 0.7, "scenario.ieds=20")})
	if err != nil {
		t.Fatal(err)
	}
	parts := c.Table().Parts
	if len(parts) != 3 || parts[2].Scenario != everyScenario || len(parts[2].Rows[0].Values) != 1 {
		t.Fatalf("parts %+v", parts)
	}
	near(t, "completion of all", parts[2].Rows[0].Values[0].Point, 0.8)
}

func TestPrint(t *testing.T) {
	table := fullComparison(t).Table()
	for form, text := range map[string]string{"markdown": table.Markdown(), "csv": table.CSV(), "latex": table.LaTeX()} {
		for _, want := range []string{"amarl", "amarl-ppo"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q:\n%s", form, want, text)
			}
		}
	}
	for _, want := range []string{"0.9350 [", "Not finished, and not counted: amarl-7, after 300 of 10000 updates.", "The best heuristic, switch-aware, completes 0.9000."} {
		if text := table.Markdown(); !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if lines := strings.Split(strings.TrimSpace(table.CSV()), "\n"); len(lines) != 3 || strings.Count(lines[1], ",") != 14 {
		t.Errorf("CSV:\n%s", table.CSV())
	}
	if got := escaped.Replace("lr_actor=5%"); got != `lr\_actor=5\%` {
		t.Errorf("LaTeX %q", got)
	}
}

func TestPanels(t *testing.T) {
	c := fullComparison(t)
	panels := c.Panels(c.Table(), 0)
	s := panels[0].Series[0]
	if len(s.X) != 3 {
		t.Fatalf("slots %v", s.X)
	}
	near(t, "slots of update 200", s.X[1], 3000)
	near(t, "curve", s.Y[2], 0.935-1./300)
	if s.Low[2] >= s.Y[2] || s.High[2] <= s.Y[2] {
		t.Errorf("band %g to %g around %g", s.Low[2], s.High[2], s.Y[2])
	}
	for _, name := range []string{"x.png", "x.svg"} {
		if err := record.Curve(filepath.Join(t.TempDir(), name), panels); err != nil {
			t.Error(err)
		}
	}
}
