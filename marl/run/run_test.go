package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/sim"
	"github.com/google/go-cmp/cmp"
)

func load(t *testing.T, src Sources) *Config {
	t.Helper()
	c, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What gmel config prints is the configuration that it was printed from.
func TestCommentedReadsBack(t *testing.T) {
	for _, scenario := range sim.Presets() {
		want := load(t, Sources{Scenario: scenario, Sets: []string{"train.isa=scalar", "scenario.hall.server_positions_m=[[1, 2], [3, 4]]", "scenario.servers=2"}})
		path := filepath.Join(t.TempDir(), "c.yaml")
		if err := os.WriteFile(path, want.Commented(), 0o666); err != nil {
			t.Fatal(err)
		}
		got := load(t, Sources{File: path})
		if d := cmp.Diff(string(want.YAML()), string(got.YAML())); d != "" {
			t.Error(d)
		}
	}
}

// Every setting of the algorithm and of the run has a comment.
func TestEverySettingIsDocumented(t *testing.T) {
	for _, s := range load(t, Sources{}).sections() {
		if s.Name == "scenario" {
			continue // see TestEverySettingIsDescribed
		}
		docs := s.Docs()
		for _, key := range setting.Keys(s.Value) {
			if docs[key] == "" {
				t.Errorf("%s.%s has no comment", s.Name, key)
			}
		}
	}
}

// Every setting that is printed is described, in a list at its first entry: a new field
// without a comment fails here.
func TestEverySettingIsDescribed(t *testing.T) {
	c, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	described := map[string]bool{"name": true}
	lines := strings.Split(string(c.Commented()), "\n")
	for i, line := range lines {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok || strings.HasPrefix(key, "#") || strings.HasPrefix(key, "- ") || value == "" {
			continue
		}
		if i > 0 && strings.HasPrefix(strings.TrimSpace(lines[i-1]), "#") {
			described[key] = true
		}
		if !described[key] {
			t.Errorf("%q has no comment above it", line)
		}
	}
}

func TestFaultsAreAllReported(t *testing.T) {
	_, err := Load(Sources{Sets: []string{"train.gamma=2", "train.heads=3", "scenario.ieds=0", "table_episodes=1"}})
	if !IsUsage(err) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--set train.gamma=2: train.gamma: 2 is not allowed; allowed: ", "train.hidden: 64 is not allowed; allowed: a multiple of heads",
		"--set scenario.ieds=0: scenario.ieds: 0 is not allowed; allowed: a whole number", "--set table_episodes=1: table_episodes: 1 is not",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// A run may go on with another backend where that gives the same numbers.
func TestDifferenceOfBackends(t *testing.T) {
	for _, c := range []struct{ run, asked, want string }{
		{"fp32 gpu", "fp32 cpu", ""},
		{"tf32 gpu", "tf32 gpu", ""},
		{"tf32 gpu", "tf32 auto", "the run has train.backend = gpu, but auto is asked for"},
		{"bf16 gpu", "fp32 cpu", "the run has train.precision = bf16, but fp32 is asked for"},
	} {
		of := func(words string) *Config {
			precision, backend, _ := strings.Cut(words, " ")
			return load(t, Sources{Sets: []string{"train.precision=" + precision, "train.backend=" + backend}})
		}
		if got := difference(of(c.run), of(c.asked)); got != c.want {
			t.Errorf("%s, then %s: %q", c.run, c.asked, got)
		}
	}
}

func TestDifference(t *testing.T) {
	a := load(t, Sources{})
	for set, want := range map[string]string{
		"train.threads=7":                             "",
		"train.lr_actor=0.5":                          "train.lr_actor",
		"scenario.tasks.models[1].load_s=3":           "scenario.tasks.models[1].load_s = 0.5, but 3 is asked for",
		"scenario.compute.server_gcycles_per_s=[1,2]": "scenario.compute.server_gcycles_per_s = [10 15 20 25], but [1 2]",
	} {
		got := difference(a, load(t, Sources{Sets: []string{set}}))
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", set, got)
		}
	}
}

// Golden: t(0.975, 4) = 2.7764 (tables); 1..5 has mean 3 and standard deviation sqrt(2.5).
func TestInterval(t *testing.T) {
	got := interval([]float64{1, 2, math.NaN(), 3, 4, 5})
	if got.Mean != 3 || math.Abs(got.Half-2.7764*math.Sqrt(2.5/5)) > 1e-3 {
		t.Errorf("%+v", got)
	}
}

// Too few values are said to be missing, in text and in JSON, and are read back.
func TestIntervalOfFewValues(t *testing.T) {
	for _, c := range []struct {
		values     []float64
		text, json string
	}{
		{nil, "n/a", `{"mean":null,"half_95":null}`},
		{[]float64{math.NaN(), 1.5}, "1.50 ± n/a", `{"mean":1.5,"half_95":null}`},
		{[]float64{2, 2}, "2.00 ± 0.00", `{"mean":2,"half_95":0}`},
	} {
		i := interval(c.values)
		data, err := json.Marshal(i)
		if err != nil || string(data) != c.json || i.text(2) != c.text {
			t.Errorf("%s %s %v", data, i.text(2), err)
		}
		var back Interval
		if err := json.Unmarshal(data, &back); err != nil || back.text(2) != c.text {
			t.Errorf("%+v %v", back, err)
		}
	}
}

func TestQuantile95(t *testing.T) {
	x := make([]float32, 100)
	for i := range x {
		x[i] = float32(100 - i)
	}
	if q := quantile95(x); q != 95 {
		t.Error(q)
	}
	if q := quantile95([]float32{7}); q != 7 {
		t.Error(q)
	}
	if q := quantile95(nil); !math.IsNaN(q) {
		t.Error(q)
	}
}

// measure counts the episodes that sim.Simulate counts.
func TestMeasureAgreesWithSimulate(t *testing.T) {
	c := load(t, Sources{Sets: []string{"scenario.time.slots=10", "scenario.ieds=4"}})
	p, err := sim.NewPolicy("greedy", c.Scenario, 3)
	if err != nil {
		t.Fatal(err)
	}
	compare := comparison{scenario: c.Scenario, episodes: 70, seed: 3, threads: 2}
	s, episodes, err := measure(&compare, p)
	if err != nil {
		t.Fatal(err)
	}
	want, err := sim.Simulate(sim.SimulateOptions{Scenario: c.Scenario, Policy: p, Episodes: 70, Seed: evaluationSeed(3)})
	if err != nil {
		t.Fatal(err)
	}
	if s.Hash != want.Hash || s.CompletionRate != want.CompletionRate || len(episodes) != 70 {
		t.Errorf("%s %s, %d episodes", s.Hash, want.Hash, len(episodes))
	}
}

// Resuming after NaN meets the same NaN, so it is not proposed.
func TestAdvice(t *testing.T) {
	bad := &marl.NonFiniteError{Tensor: "x"}
	for _, c := range []struct {
		err      error
		saved    int
		has, not string
	}{
		{bad, -1, "start a new run with the changed setting", "the checkpoint of"},
		{bad, 7, "the checkpoint of update 7 is kept", "--resume"},
		{errors.New("disk"), 7, "--resume", "new run"},
		{errors.New("disk"), -1, "disk", "--resume"},
	} {
		text := (&runner{folder: "f", saved: c.saved}).advise(c.err).Error()
		if !strings.Contains(text, c.has) || strings.Contains(text, c.not) {
			t.Error(text)
		}
	}
}

func TestPlainName(t *testing.T) {
	for in, want := range map[string]string{"paper": "paper", "../a b": "_a_b", "..": "scenario", "": "scenario", "é": "_"} {
		if got := plainName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestFoldersAreNumbered(t *testing.T) {
	c := load(t, Sources{})
	parent := t.TempDir()
	for _, want := range []string{"paper-1-1", "paper-1-2"} {
		f, err := createNext(parent, c)
		if err != nil || filepath.Base(string(f)) != want {
			t.Errorf("%s, %v", f, err)
		}
	}
	if ResumeCommand("a b") != "gmel train --resume 'a b'" {
		t.Error(ResumeCommand("a b"))
	}
}

func TestProgress(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		var out bytes.Buffer
		p := NewProgress(&out, terminal)
		now := time.Unix(1e9, 0)
		p.now = func() time.Time { return now }
		for u := range 101 {
			p.Train(Status{Update: u, Updates: 100, Completion: 0.5})
			now = now.Add(time.Second)
		}
		p.Line("a notice")
		p.Done()
		text := out.String()
		if lines := strings.Count(text, "\n"); !terminal && lines != 11 || terminal && lines != 1 {
			t.Errorf("%d lines in\n%s", lines, text)
		}
		if !strings.Contains(text, " 50 %  update 50 of 100, completion 50.0 %, 1 updates/s, 50s left") {
			t.Error(text)
		}
		if terminal != strings.Contains(text, "\r\x1b[K") || terminal != strings.Contains(text, "\x1b[Ka notice\n") {
			t.Errorf("%q", text)
		}
	}
}
