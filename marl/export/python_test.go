package export

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/marl/run"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/sim"
)

// Variables that name a Python: with ONNX Runtime, which `make export-test` sets, with PyTorch, which `make python-test-rl` sets, and
// with our package, which `make python-test` sets.
const (
	exportPython = "GMEL_EXPORT_PYTHON"
	torchPython  = "GMEL_TORCH_PYTHON"
	gmelPython   = "GMEL_PYTHON"
)

// exportedName is the folder that `gmel export runs/paper-1-1 --to folder` writes.
const exportedName = "paper-1-1-export"

// compared is the number of observations.
const compared = 10_000

// ONNX Runtime and the page for NumPy users decide as we do.
func TestPeersPlayThePolicy(t *testing.T) {
	python := interpreter(t, exportPython, "export-test")
	for _, algo := range []string{"amarl", "d3qn"} {
		t.Run(algo, func(t *testing.T) {
			dir, from, _ := exported(t, algo)
			decisions := record(t, from)
			check(t, python, dir, decisions, section(t, "NumPy"), "numpy")
			_, code, _ := strings.Cut(string(file(t, dir, cardFile)), "\n```python\n")
			code, _, _ = strings.Cut(code, "\n```\n")
			check(t, python, dir, decisions, code, "onnx")
		})
	}
}

// The page for PyTorch users gives our actions.
func TestPyTorchPlaysTheFolder(t *testing.T) {
	python := interpreter(t, torchPython, "python-test-rl")
	dir, from, _ := exported(t, "amarl")
	check(t, python, dir, record(t, from), section(t, "PyTorch"), "torch")
}

// Our package for Python decides as we do, and the example of its page completes as many tasks of other worlds.
func TestPackagePlaysTheFolder(t *testing.T) {
	python := interpreter(t, gmelPython, "python-test")
	for _, algo := range []string{"amarl", "d3qn"} {
		t.Run(algo, func(t *testing.T) {
			dir, from, _ := exported(t, algo)
			check(t, python, dir, record(t, from), "import gmel\np = gmel.load_policy('.')\nact, logits = p.act, p.logits\n", "gmel")
			_, code, _ := strings.Cut(string(file(t, "../../docs/python.md")), "\n## A trained policy\n")
			_, code, _ = strings.Cut(code, "\n```python\n")
			code, _, _ = strings.Cut(code, "\n```\n")
			if !strings.Contains(code, exportedName) {
				t.Fatalf("the example of docs/python.md does not play %s, which gmel export writes:\n%s", exportedName, code)
			}
			code = strings.ReplaceAll(code, exportedName, dir)
			out, err := exec.CommandContext(t.Context(), python, "-c", code).CombinedOutput()
			if want := played(t, from); err != nil || string(out) != want {
				t.Errorf("%v, want %s, got %s", err, want, out)
			}
		})
	}
}

// played is what the policy does in the worlds of the example, by our own engine.
func played(t *testing.T, from *run.Trained) string {
	t.Helper()
	p, err := from.Open(run.EvalOptions{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	s, err := sim.Simulate(sim.SimulateOptions{Scenario: from.Config.Scenario, Policy: p, Worlds: 100, Episodes: 100, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("completed %.4f of %d tasks\n", s.CompletionRate, s.Tasks)
}

func interpreter(t *testing.T, variable, target string) string {
	t.Helper()
	python := os.Getenv(variable)
	if python == "" {
		t.Skipf("%s names no Python; make %s does", variable, target)
	}
	return python
}

// section is the code of a section of docs/export.md, of at most 20 lines without imports and blank lines.
func section(t *testing.T, title string) string {
	t.Helper()
	_, text, _ := strings.Cut(string(file(t, "../../docs/export.md")), "\n## "+title+"\n```python\n")
	code, _, ok := strings.Cut(text, "\n```\n")
	if n := strings.Count(code, "\n") + 1; !ok || n > 22 {
		t.Fatalf("docs/export.md has a loader of %d lines for %s; allowed: 1 to 22", n, title)
	}
	return code
}

// check runs testdata/check.py in a policy folder.
func check(t *testing.T, python, dir, decisions, code, kind string) {
	t.Helper()
	loader := filepath.Join(t.TempDir(), "loader.py")
	if err := os.WriteFile(loader, []byte(code), 0o666); err != nil {
		t.Fatal(err)
	}
	script, err := filepath.Abs("testdata/check.py")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, script, loader, decisions, kind)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", kind, err, out)
	}
	t.Logf("%s", out)
}

// record writes observations with our decisions and logits to a file.
func record(t *testing.T, from *run.Trained) string {
	t.Helper()
	obs, mask, actions := recorded(t, from, compared)
	chosen := make([]float32, len(actions))
	for i, a := range actions {
		chosen[i] = float32(a)
	}
	rows := len(actions)
	table := func(x []float32) safetensors.Tensor {
		return safetensors.Tensor{Shape: []int{rows, len(x) / rows}, Data: x}
	}
	data, err := safetensors.Encode(map[string]safetensors.Tensor{
		"observation": table(obs), "mask": table(mask), "logits": table(ownOutputs(t, from, obs, rows)), "action": {Shape: []int{rows}, Data: chosen},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "decisions.safetensors")
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// ownOutputs are the outputs of the network in a checkpoint, by the layers of its algorithm on a device.
func ownOutputs(t *testing.T, from *run.Trained, obs []float32, rows int) []float32 {
	t.Helper()
	c, s := &from.Config.Train, from.Saved.State
	a, err := marl.AlgorithmOf(c.Algo)
	if err != nil {
		t.Fatal(err)
	}
	n := marl.SizesOf(from.Config.Scenario)
	head := a.Head(c, n.Obs, n.Actions).(marl.Layered)
	flat, err := head.Params().Import(s.Meta["head"], s)
	if err != nil {
		t.Fatal(err)
	}
	r := marltest.NewRig(t, c, n)
	net := r.Train("net", head.Params(), 0)
	seen, out := r.Add("obs", rows, n.Obs), r.Add("outputs", rows, n.Actions)
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		bd, x := net.Bind(f), f.Input(r.Normaliser.Apply(b, seen))
		layers, outputs := head.Layers()
		if want := map[string]string{"amarl": actor.OutputLogits, "d3qn": actor.OutputAdvantages}[a.Name()]; outputs != want {
			t.Error(fmt.Errorf("the outputs of %s are %s, want %s", a.Name(), outputs, want))
		}
		for _, l := range layers {
			x = l.Apply(bd, x)
		}
		f.Output(x, out)
		f.Lower(b)
	})
	var moments [2][]float32
	for i, name := range []string{"obs_mean", "obs_scale"} {
		if moments[i], err = s.Tensor(name, n.Obs); err != nil {
			t.Fatal(err)
		}
	}
	r.Put(net.Flat, flat)
	r.Put(r.Lookup("obs_mean"), moments[0])
	r.Put(r.Lookup("obs_scale"), moments[1])
	r.Put(seen, obs)
	r.Run(p)
	return r.Get(out)
}
