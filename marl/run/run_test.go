package run

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/setting"
	_ "github.com/gmel-go/gmel/marl/amarl" // registers itself
	_ "github.com/gmel-go/gmel/marl/ppo"   // registers itself
	"github.com/gmel-go/gmel/nn/train"
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

// Reading the output of gmel config gives the configuration that was printed.
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

// Every printed setting has a description (a list at its first entry): a new field without a comment fails
// here.
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
	_, err := Load(Sources{Sets: []string{"train.gamma=2", "amarl.heads=3", "scenario.ieds=0", "table_episodes=1"}})
	if !train.IsUsage(err) {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--set train.gamma=2: train.gamma: 2 is not allowed; allowed: ", "amarl.hidden: 64 is not allowed; allowed: a multiple of heads",
		"--set scenario.ieds=0: scenario.ieds: 0 is not allowed; allowed: a whole number", "--set table_episodes=1: table_episodes: 1 is not",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

// A fault names what the user wrote: the flag, or the one name that makes all else foreign.
func TestFaultsNameTheirSource(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(file, []byte("train:\n  algo: amrl\namarl: {heads: 2}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		src  Sources
		want string
	}{
		{Sources{Precision: "fp8"}, `--precision fp8: train.precision: "fp8" is not allowed; allowed: fp32, tf32, bf16`},
		{Sources{Algo: "ppo"}, `--algo ppo: train.algo: "ppo" is not allowed; allowed: amarl, amarl-ppo`},
		{Sources{File: file}, file + `:2: train.algo: "amrl" is not allowed; allowed: amarl, amarl-ppo`},
		{Sources{File: file, Algo: "amarl-ppo"}, file + ":3: amarl: these are settings of the algorithm amarl, but train.algo is amarl-ppo"},
	} {
		if _, err := Load(c.src); !train.IsUsage(err) || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	got := load(t, Sources{Backend: "ref", Device: "gpu:1", Sets: []string{"train.backend=cpu"}}).Train
	if got.Backend != "ref" || got.Device != "gpu:1" {
		t.Errorf("backend %q, device %q: a flag wins", got.Backend, got.Device)
	}
}

// A run is not resumed with another algorithm, nor by a version that reads its configuration otherwise.
func TestResumeOfAnotherKind(t *testing.T) {
	f := train.Folder(t.TempDir())
	for _, c := range []struct {
		config, want string
		src          Sources
	}{
		{"{}", ": the run has train.algo = amarl, but amarl-ppo is asked for; a run goes on only as it began", Sources{Algo: "amarl-ppo"}},
		{"train: {heads: 4}", " is a run of another version of gmel, or its config.yaml was edited", Sources{}},
	} {
		if err := os.WriteFile(f.File("config.yaml"), []byte(c.config), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Resume(t.Context(), string(f), c.src, train.Options{}); !train.IsUsage(err) || !strings.HasPrefix(err.Error(), string(f)+c.want) {
			t.Errorf("%v, want %s%s", err, f, c.want)
		}
	}
	err := sameRun(load(t, Sources{}), &train.Saved{Path: "c"}, []byte("train: {heads: 4, batch: 8}"))
	want := "the checkpoint is of another version of gmel, and a run goes on only as it began: c: train.heads: it has moved to amarl.heads"
	if !train.IsUsage(err) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A run may resume with another backend if that gives the same numbers.
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
		"amarl.lr_actor=0.5":                          "amarl.lr_actor",
		"scenario.tasks.models[1].load_s=3":           "scenario.tasks.models[1].load_s = 0.5, but 3 is asked for",
		"scenario.compute.server_gcycles_per_s=[1,2]": "scenario.compute.server_gcycles_per_s = [10 15 20 25], but [1 2]",
	} {
		got := difference(a, load(t, Sources{Sets: []string{set}}))
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q", set, got)
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
	compare := comparison{episodes: 70, seed: 3, threads: 2}
	s, episodes, err := measure(t.Context(), c.Scenario, &compare, p)
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
