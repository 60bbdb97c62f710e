package export

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/safetensors"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl/actor"
	_ "github.com/gmel-go/gmel/marl/amarl" // registers itself
	_ "github.com/gmel-go/gmel/marl/d3qn"  // registers itself
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// sets make a run of a second.
var sets = []string{
	"table_episodes=4", "scenario.ieds=5", "scenario.time.slots=20", "train.updates=30", "train.worlds=4", "train.warmup_slots=10",
	"train.eval_every=0", "train.eval_episodes=4", "train.checkpoint_every=0", "train.threads=1",
}

// runs is the folder of the runs of trained.
var runs string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		if runs, err = os.MkdirTemp("", "export"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(runs)
		return m.Run()
	}())
}

// trained is the folder of a short run of an algorithm. Tests share that with the settings above, since they only read it.
func trained(t *testing.T, algo string, more ...string) string {
	t.Helper()
	dir := filepath.Join(runs, algo)
	if len(more) > 0 {
		dir = filepath.Join(t.TempDir(), algo)
	} else if train.Folder(dir).HasRun() {
		return dir
	}
	small := append(append([]string{algo + ".batch=8", algo + ".replay=400", algo + ".hidden=16"}, sets...), more...)
	c, err := run.Load(run.Sources{Algo: algo, Sets: small})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run.Train(t.Context(), c, train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// exported is the folder of a policy, with what its run has.
func exported(t *testing.T, algo string, more ...string) (dir string, from *run.Trained, p *actor.Policy) {
	t.Helper()
	from, err := run.ReadTrained(trained(t, algo, more...), func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	if p, err = Policy(from); err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "policy")
	what, err := Folder(t.Context(), Options{Run: string(from.Folder), Out: dir})
	if err != nil || what != "the policy of "+algo+", update 30" {
		t.Fatalf("%s: %v", what, err)
	}
	return dir, from, p
}

func file(t *testing.T, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The files have the numbers of the checkpoint, and the scenario of the contract is that of the run.
func TestFolder(t *testing.T) {
	dir, from, p := exported(t, "amarl")
	tensors, err := safetensors.Decode(file(t, dir, actor.WeightsFile))
	if err != nil {
		t.Fatal(err)
	}
	for ours, theirs := range map[string]string{"actor.0.weight": "actor.0.weight", "actor.4.bias": "actor.4.bias", "normaliser.mean": "obs_mean", "normaliser.scale": "obs_scale"} {
		want, err := from.Saved.State.Tensor(theirs, tensors[ours].Shape...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, tensors[ours].Data); d != "" {
			t.Errorf("%s differs from that of the checkpoint: %s", ours, d)
		}
	}
	var c actor.Contract
	if err := json.Unmarshal(file(t, dir, actor.ContractFile), &c); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p.Contract.Network, c.Network); d != "" || c.Check() != nil {
		t.Errorf("%v, %s", c.Check(), d)
	}
	s, err := sim.Parse(c.Game.Scenario, "contract")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(from.Config.Scenario, s); d != "" {
		t.Errorf("the scenario (-of the run +of the contract):\n%s", d)
	}
	digest, err := disk.Digest(t.Context(), from.Saved.Path)
	if err != nil || c.Checkpoint != (actor.Checkpoint{Update: 30, SHA256: digest, Seed: 1}) {
		t.Errorf("the checkpoint is %+v, %v", c.Checkpoint, err)
	}
	if !bytes.Equal(file(t, dir, "curve.png"), file(t, string(from.Folder), "curve.png")) {
		t.Error("curve.png is not that of the run")
	}
}

// The front matter is YAML with the numbers of the final table, and the text names every observation.
func TestCard(t *testing.T) {
	dir, from, p := exported(t, "amarl")
	front, text, ok := strings.Cut(strings.TrimPrefix(string(file(t, dir, "README.md")), "---\n"), "\n---\n")
	var x struct {
		Tags  []string
		Index []struct {
			Name    string
			Results []struct {
				Metrics []struct {
					Type  string
					Value float64
				}
			}
		} `yaml:"model-index"`
	}
	if err := yaml.Unmarshal([]byte(front), &x); err != nil || !ok || len(x.Index) != 1 || len(x.Index[0].Results) != 1 {
		t.Fatalf("%v\n%s", err, front)
	}
	for i, m := range x.Index[0].Results[0].Metrics {
		want := from.Table.Greedy().Scores[i]
		if m.Type != want.Name || m.Value < want.Mean-1e-4*max(1, want.Mean) || m.Value > want.Mean+1e-4*max(1, want.Mean) {
			t.Errorf("%+v, want %s %g", m, want.Name, want.Mean)
		}
	}
	for _, part := range []string{from.Table.Markdown(), "![learning curve](curve.png)", "| 4 | `candidate_4` |"} {
		if !strings.Contains(text, part) {
			t.Errorf("README.md does not have %q", part)
		}
	}
	for _, o := range p.Contract.Interface.Observations {
		if !strings.Contains(text, "| `"+o.Name+"` | "+o.Unit+" |") {
			t.Errorf("README.md does not have %s", o.Name)
		}
	}
}

// A file that the scenario names has the name of its copy, and its SHA-256 tells whether another one is the same.
func TestFilesOfTheScenario(t *testing.T) {
	places := filepath.Join(t.TempDir(), "places.csv")
	if err := os.WriteFile(places, []byte("x_m,y_m\n10,20\n30,40\n50,60\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, _, p := exported(t, "d3qn", "scenario.hall.ied_positions_file="+places)
	digest, err := disk.Digest(t.Context(), places)
	if err != nil {
		t.Fatal(err)
	}
	want := []actor.File{{Setting: "scenario.hall.ied_positions_file", Name: "places.csv", SHA256: digest}}
	if d := cmp.Diff(want, p.Contract.Game.Files); d != "" {
		t.Error(d)
	}
	if text := string(p.Contract.Game.Scenario); !strings.Contains(text, `"ied_positions_file":"places.csv"`) {
		t.Error(text)
	}
}
