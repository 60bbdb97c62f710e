package sweep

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/gmel-go/gmel/kernels/ref"
	_ "github.com/gmel-go/gmel/marl/amarl"
	_ "github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
)

// written writes a plan, and a configuration beside it.
func written(t *testing.T, plan string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"plan.yaml": plan, "base.yaml": "table_episodes: 20\nscenario: {ieds: 7}\n", "hall.yaml": "ieds: 9\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "plan.yaml")
}

func readPlan(t *testing.T, plan string) *Plan {
	t.Helper()
	p, err := Read(written(t, plan))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

const full = `
config: base.yaml
set: {train.updates: 500, "scenario.tasks.models[0].data_mbit": [1, 2]}
grid:
  train.gamma: [0.9, 5e-1]
  amarl.heads: [2, 4]
algorithms: [amarl, amarl-ppo]
seeds: 2
out: runs
`

// TestCombinations: scenarios, algorithms, grid and seeds, the last varying first; a setting of an algorithm is for that
// algorithm alone.
func TestCombinations(t *testing.T) {
	p := readPlan(t, full)
	if len(p.Runs) != 2*(4+2) {
		t.Fatalf("%d runs, want 12", len(p.Runs))
	}
	want := []string{
		"amarl train.updates=500 scenario.tasks.models[0].data_mbit=[1, 2] train.gamma=0.9 amarl.heads=2",
		"amarl train.updates=500 scenario.tasks.models[0].data_mbit=[1, 2] train.gamma=0.9 amarl.heads=4",
	}
	for i, label := range want {
		if got := p.Runs[2*i]; got.Label() != label || got.Seed != 1 || p.Runs[2*i+1].Seed != 2 {
			t.Errorf("run %d is %q with seed %d, want %q", 2*i, got.Label(), got.Seed, label)
		}
	}
	last := p.Runs[11]
	if last.Config.Train.Algo != "amarl-ppo" || last.Config.Train.Gamma != 0.5 || last.Config.Train.Updates != 500 ||
		last.Config.TableEpisodes != 20 || last.Config.Scenario.IEDs != 7 || last.Config.Scenario.Tasks.Models[0].DataMbit[1] != 2 {
		t.Errorf("the last run has %+v", last.Config)
	}
	if !strings.HasPrefix(filepath.Base(last.Folder), "amarl-ppo-") || !strings.HasSuffix(last.Folder, "-2") || filepath.Base(filepath.Dir(last.Folder)) != "runs" {
		t.Errorf("folder %s", last.Folder)
	}
}

// TestPlanGrows: a run keeps its folder when the plan grows, and when what changes no number changes.
func TestPlanGrows(t *testing.T) {
	folders := func(p *Plan) (names []string) {
		for _, r := range p.Runs {
			names = append(names, filepath.Base(r.Folder))
		}
		return names
	}
	small := folders(readPlan(t, "algorithms: [amarl]\nseeds: [3, 1]\nout: runs\n"))
	large := folders(readPlan(t, "set: {train.threads: 1}\ngrid: {train.gamma: [0.5, 0.8]}\nalgorithms: [amarl-ppo, amarl]\nscenarios: [hall.yaml, paper]\nseeds: 3\nout: other\n"))
	for _, name := range small {
		if !slices.Contains(large, name) { // .8 is the default
			t.Errorf("%s is not in the larger plan: %v", name, large)
		}
	}
	slices.Sort(large)
	if n := len(slices.Compact(large)); n != 2*2*2*3 {
		t.Errorf("%d folders of 24 runs", n)
	}
}

// TestFaults: every fault is told before anything starts, with the run that has it.
func TestFaults(t *testing.T) {
	for plan, want := range map[string]string{
		"seeds: 1\n":                        "out is missing",
		"out: r\nseeds: 0\n":                "seeds: 0 is not allowed",
		"out: r\nseeds: []\n":               "plan.yaml:2: seeds: the list is empty",
		"out: r\ngrid: {train.gamma: []}\n": "plan.yaml:2: grid.train.gamma: the list is empty",
		"out: r\nset: {seed: 3}\n":          "plan.yaml:2: set.seed: seeds has the seeds of the runs",
		"out: r\nalgorithms: [amarl]\nset: {train.algo: amarl-ppo}\n":                               "set.train.algo: algorithms has the",
		"out: r\nalgorithms: [amarl]\ngrid: {amarl-ppo.hidden: 8}\n":                                "grid.amarl-ppo.hidden: no run of the plan has that algorithm",
		"out: r\nset: {train.gamma: 0.9}\ngrid: {train.gamma: [0.8]}\n":                             "set.train.gamma: the grid has values of it, too",
		"out: r\nset: {scenario.tasks.arrivals: {process: trace, trace_file: day.csv, queue: 4}}\n": "there is no file ",
		"out: r\nseeds: [a]\n":                               "a list of seeds",
		"out: r\nseeds: [1, 1]\n":                            "runs 0 and 1 are the same: the default run with seed 1",
		"out: r\nlattice: {}\n":                              "plan.yaml:2: lattice: unknown key",
		"out: r\ngrid: {train.gamma: [0.5, 2]}\n":            "run 1 (train.gamma=2): ",
		"out: r\ngrid: {train.gama: [0.5]}\n":                "did you mean gamma",
		"out: r\nalgorithms: [nothing]\n":                    "run 0 (nothing): ",
		"out: r\nscenarios: [nowhere.yaml]\n":                `"nowhere.yaml" is neither a preset`,
		"out: r\nconfig: nowhere.yaml\n":                     "nowhere.yaml",
		"out: r\ngrid: {train.updates: [0, -1]}\nseeds: 9\n": "and 8 more runs",
	} {
		_, err := Read(written(t, plan))
		if !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want a usage error with %q", plan, err, want)
		}
	}
}

// TestPathsAreOfThePlan: names of files in settings are relative to the plan, from any working folder.
func TestPathsAreOfThePlan(t *testing.T) {
	path := written(t, "set: {scenario.tasks.arrivals: {process: trace, trace_file: day.csv, queue: 4}}\nout: r\n")
	day := filepath.Join(filepath.Dir(path), "day.csv")
	if err := os.WriteFile(day, []byte("slot,ied,model,data_mbit,gcycles,deadline_s\n0,0,0,1,1,1\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Runs[0].Config.Scenario.Tasks.Arrivals.TraceFile; got != day {
		t.Errorf("the trace is %s, want %s", got, day)
	}
}

// TestSeedOfTheConfiguration: a plan without seeds has that of its configuration.
func TestSeedOfTheConfiguration(t *testing.T) {
	path := written(t, "config: seven.yaml\nout: r\n")
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "seven.yaml"), []byte("seed: 7\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	p, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Runs[0]; len(p.Runs) != 1 || r.Seed != 7 || r.Config.Seed != 7 || !strings.HasSuffix(r.Folder, "-7") {
		t.Errorf("%d runs, seed %d in %s", len(p.Runs), r.Seed, r.Folder)
	}
}

// TestHugePlan: a grid beyond the bound is refused before its runs are listed, which no memory would hold.
func TestHugePlan(t *testing.T) {
	hundred := "[" + strings.Repeat("1, ", 99) + "1]"
	grid := "grid:\n"
	for _, key := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"} {
		grid += "  " + key + ": " + hundred + "\n"
	}
	_, err := Read(written(t, grid+"out: r\n"))
	if !train.IsUsage(err) || !strings.Contains(err.Error(), "more than 100000 runs") {
		t.Error(err)
	}
}

// tiny is a plan of three runs that are trained in a moment.
const tiny = `
set: {table_episodes: 2, scenario.ieds: 3, scenario.time.slots: 5, train.backend: ref, train.updates: 4, train.worlds: 2, train.warmup_slots: 4, train.eval_episodes: 2,
  amarl.batch: 4, amarl.replay: 40, amarl.hidden: 8, amarl.actor_hidden: 8}
seeds: 3
out: .
`

// TestOneFails: a run that fails is named and does not stop the others, several at a time.
func TestOneFails(t *testing.T) {
	p := readPlan(t, tiny)
	if err := os.WriteFile(p.Runs[1].Folder, nil, 0o666); err != nil { // no folder
		t.Fatal(err)
	}
	var last train.Status
	o := p.Train(t.Context(), Options{Jobs: 2, Progress: func(s train.Status) { last = s }})
	if o.Finished != 2 || len(o.Failures) != 1 || o.Failures[0].Run != p.Runs[1] || o.Interrupted {
		t.Fatalf("%+v", o)
	}
	if err := o.Err(); !strings.HasPrefix(err.Error(), "run 1 (") {
		t.Error(err)
	}
	if last.Updates != 12 || last.Update != 8 || last.Headline != "2 of 3 runs finished, 1 failed" {
		t.Errorf("progress %+v", last)
	}
}

// TestHeld: runs that another process trains are left to it, and what is complete counts as earlier work.
func TestHeld(t *testing.T) {
	p := readPlan(t, tiny)
	if _, err := run.Train(t.Context(), p.Runs[0].Config, train.Options{Out: p.Runs[0].Folder}); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(p.Runs[1].Folder, 0o777); err != nil {
		t.Fatal(err)
	}
	lock := filepath.Join(p.Runs[1].Folder, "run.lock")
	if err := os.WriteFile(lock, []byte(`{"host":"elsewhere","pid":4711,"started":"2026-01-02T03:04:05Z"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	var last train.Status
	o := p.Train(t.Context(), Options{Jobs: 9, Progress: func(s train.Status) { last = s }})
	if o.Finished != 2 || len(o.Failures) != 0 || len(o.Held) != 1 || o.Held[0].Run != p.Runs[1] || o.Interrupted {
		t.Fatalf("%+v", o)
	}
	if err := o.Err(); !errors.As(err, new(*train.LockedError)) || train.IsUsage(err) {
		t.Error(err)
	}
	if last.Update != 8 || last.Earlier < 4 || last.Earlier >= 8 {
		t.Errorf("progress %+v", last)
	}
}

// TestErr: only a plan whose every failure is the user's fails again.
func TestErr(t *testing.T) {
	bad := Failure{Run: &Run{}, Err: train.Usage(errors.New("bad"))}
	if o := (Outcome{Failures: []Failure{bad, bad}}); !train.IsUsage(o.Err()) {
		t.Error("failures of the user alone are no usage error")
	}
	o := Outcome{Failures: []Failure{bad, {Run: &Run{Index: 1}, Err: errors.New("full")}}}
	if err := o.Err(); train.IsUsage(err) || err.Error() != "run 0 (the default run): bad\nrun 1 (the default run): full" {
		t.Error(err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p := readPlan(t, "seeds: 3\nout: runs\n")
	if o := p.Train(ctx, Options{Jobs: 1}); !o.Interrupted || o.Finished != 0 || o.Err() != nil {
		t.Errorf("%+v", o)
	}
}

func TestStatus(t *testing.T) {
	p := readPlan(t, "seeds: 2\nout: runs\n")
	all, err := p.Status()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 || all[1].Text() != "not begun" || !strings.Contains(Markdown(all), p.Runs[1].Folder) {
		t.Errorf("%+v", all)
	}
	if _, err := p.Compare(); !train.IsUsage(err) {
		t.Errorf("a plan without finished runs: %v", err)
	}
}
