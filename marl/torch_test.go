package marl_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/amarl"
	"github.com/gmel-go/gmel/marl/marltest"
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// torchPython names the variable with a Python that has PyTorch and safetensors; `make python-test-rl` sets it.
const torchPython = "GMEL_TORCH_PYTHON"

// The loader of docs/python.md, run as it is written there, gives our logits to 1e-5 and our actions. The checkpoint that
// PyTorch has saved again has the same bits.
func TestPyTorchPlaysThePolicy(t *testing.T) {
	python := os.Getenv(torchPython)
	if python == "" {
		t.Skipf("%s names no Python with PyTorch; make python-test-rl does", torchPython)
	}
	tr := smallTrainer(t, smallConfig(200), 1)
	marltest.Run(t, tr)
	dir := t.TempDir()
	kept := marltest.StateOf(t, tr)
	path := filepath.Join(dir, "runs", "paper-1-1", "checkpoints", "latest.safetensors")
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*checkpoint.State{path: kept, filepath.Join(dir, "decisions.safetensors"): decisions(t, tr, kept)} {
		if err := checkpoint.Write(name, s); err != nil {
			t.Fatal(err)
		}
	}
	script, err := filepath.Abs("testdata/compare.py")
	if err != nil {
		t.Fatal(err)
	}
	loader := filepath.Join(dir, "loader.py")
	if err := os.WriteFile(loader, []byte(documented(t)), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), python, script, loader, path)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
	again, err := checkpoint.Read(path)
	if err != nil || !again.Resaved {
		t.Fatalf("saved again by PyTorch: %v", err)
	}
	sameArena(t, tr, smallTrainer(t, smallConfig(200), 1), again)
}

// documented is the loader in docs/python.md.
func documented(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("../docs/python.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## A trained policy in PyTorch\n")
	_, code, _ := strings.Cut(section, "\n```python\n")
	code, _, ok := strings.Cut(code, "\n```\n")
	if n := strings.Count(code, "\n") + 1; !ok || n > 20 || n < 5 {
		t.Fatalf("docs/python.md has a loader of %d lines; allowed: 5 to 20", n)
	}
	return code
}

// decisions are some thousands of observations with masks, from worlds that random actions play, and what the policy of a
// checkpoint makes of them.
func decisions(t *testing.T, tr *marl.Trainer, s *checkpoint.State) *checkpoint.State {
	t.Helper()
	w, err := sim.New(marltest.Small(t), 16, 9)
	if err != nil {
		t.Fatal(err)
	}
	random, err := sim.NewPolicy("random", marltest.Small(t), 9)
	if err != nil {
		t.Fatal(err)
	}
	var obs, mask []float32
	actions := make([]int32, w.W*w.A)
	for range 32 {
		obs, mask = append(obs, w.Obs...), append(mask, w.Mask...)
		random.Act(w, actions)
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
	}
	rows := len(mask) / w.U
	p, err := marl.NewPolicy(tr.Workshop().Config, s, marl.Sizes{Agents: w.A, Obs: w.O, Actions: w.U}, marl.Execution{Backend: marltest.OpenBackend(t, "auto", 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	chosen, acts := make([]int32, rows), make([]float32, rows)
	if err := p.Choose(marl.View{Obs: obs, Mask: mask}, [2]float32{}, chosen); err != nil {
		t.Fatal(err)
	}
	for i, a := range chosen {
		acts[i] = float32(a)
	}
	return &checkpoint.State{Tensors: []checkpoint.Tensor{
		{Name: "obs", Shape: []int{rows, w.O}, Data: obs}, {Name: "mask", Shape: []int{rows, w.U}, Data: mask},
		{Name: "logits", Shape: []int{rows, w.U}, Data: logits(t, tr, obs, mask)}, {Name: "actions", Shape: []int{rows}, Data: acts},
	}}
}

// logits runs the actor of a trainer for obs [rows, O] and mask [rows, U].
func logits(t *testing.T, tr *marl.Trainer, obs, mask []float32) []float32 {
	t.Helper()
	c, n := tr.Workshop().Config, tr.Workshop().Sizes
	rows := len(mask) / n.Actions
	r := marltest.NewRig(t, c, n)
	actor := marl.NewActor(c.Own.(*amarl.Config).ActorHidden, n.Obs, n.Actions)
	net := r.Train(marl.ActorName, actor.Params(), 0)
	seen, legal, out := r.Add("obs", rows, n.Obs), r.Add("mask", rows, n.Actions), r.Add("logits", rows, n.Actions)
	p := r.Open(func(b *machine.Builder) {
		f := nn.NewFragment()
		x, _ := actor.Forward(net.Bind(f), f.Input(r.Normaliser.Apply(b, seen)), f.Input(legal))
		f.Output(x, out)
		f.Lower(b)
	})
	_, head := tr.Learner().Head()
	r.Put(net.Flat, marltest.Get(t, tr, head.Flat))
	mean, scale := lookup(t, tr, "obs_mean"), lookup(t, tr, "obs_scale")
	r.Must(r.Normaliser.Upload(r.Session, mean, scale))
	r.Put(seen, obs)
	r.Put(legal, mask)
	r.Run(p)
	return r.Get(out)
}

func lookup(t *testing.T, tr *marl.Trainer, name string) []float32 {
	t.Helper()
	x, ok := tr.Workshop().Layout.Lookup(name)
	if !ok {
		t.Fatalf("no tensor %q", name)
	}
	return marltest.Get(t, tr, x)
}
