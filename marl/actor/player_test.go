package actor_test

import (
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/safetensors"
	"github.com/gmel-go/gmel/marl/actor"
	"github.com/gmel-go/gmel/sim/feature"
)

var update = flag.Bool("update", false, "write testdata/press again")

// press is a policy that can be computed by hand: a task is offloaded if its data are few and the server is free soon.
func press() *actor.Policy {
	p := &actor.Policy{
		Mean: []float32{0, 0.5, 0.5}, Scale: []float32{1, 2, 2},
		Layers: []actor.Layer{
			{Weight: []float32{0, 1, 0, 0, 0, 1}, Bias: []float32{0, 0}},
			{Weight: []float32{1, 1, -1, -1}, Bias: []float32{0, 0.5}},
		},
	}
	c := &p.Contract
	c.Format, c.Version, c.Name, c.Algorithm = actor.Format, actor.Version, "press", "by hand"
	c.Interface = feature.Interface{
		Observations: []feature.Observation{
			feature.Flag("task", "1 with a task, else 0"),
			feature.Observation{Name: "task.data", Meaning: "data to send", Unit: "Mbit", Scale: 0.125}.Between(0, 8),
			feature.Observation{Name: "candidate_1.wait", Meaning: "time until the server is free", Unit: "s", Scale: 0.5}.Between(0, 4).Cut(),
		},
		Actions: []feature.Action{{Name: "local", Meaning: "the device computes the task"}, {Name: "candidate_1", Meaning: "the server computes the task"}},
		Mask:    "candidate_1 needs a task.", Notes: []string{},
	}
	c.Game = actor.Game{Name: "edge", Agents: 1, SlotS: 0.1, Slots: 100, Scenario: []byte("{}"), Files: []actor.File{}}
	c.Decision = actor.Decision{Outputs: actor.OutputLogits, Rule: actor.DecisionRule}
	c.Network = actor.Network{Widths: []int{3, 2, 2}, Activation: actor.LeakyReLU, Slope: 0.01, Clip: 5}
	c.Versions = map[string]string{}
	return p
}

func pressFiles(t *testing.T) map[string][]byte {
	t.Helper()
	contract, err := press().Contract.Text()
	if err != nil {
		t.Fatal(err)
	}
	weights, err := safetensors.Encode(press().Tensors())
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{actor.ContractFile: contract, actor.WeightsFile: weights}
}

// The folder of the example is that of press.
func TestExampleFolder(t *testing.T) {
	for name, want := range pressFiles(t) {
		path := filepath.Join("testdata", "press", name)
		if *update {
			write(t, path, want)
		}
		if got, err := os.ReadFile(path); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s is out of date, error %v; go test -run TestExampleFolder ./marl/actor -update", path, err)
		}
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// By hand: x = clip((o - mean) scale) and h = leaky(x_1, x_2), so the outputs are h_1 + h_2 and 1/2 - h_1 - h_2.
func TestByHand(t *testing.T) {
	player := actor.NewPlayer(press())
	obs := []float32{
		1, 0.75, 1, // h 1/2, 1
		1, 9, 0.5, // h clipped to 5, 0
		1, 0, 0.5, // h -1/100, 0
		1, 0.625, 0.5, // h 1/4, 0: equal outputs
	}
	want := []float32{1.5, -1, 5, -4.5, -0.01, 0.51, 0.25, 0.25}
	got := make([]float32, len(want))
	player.Outputs(obs, got)
	if !slices.Equal(got, want) {
		t.Errorf("outputs %v, want %v", got, want)
	}
	for _, x := range []struct {
		row  int
		mask []bool
		want int
	}{{0, nil, 0}, {2, nil, 1}, {2, []bool{true, true}, 1}, {2, []bool{true, false}, 0}, {0, []bool{false, true}, 1}, {3, nil, 0}, {3, []bool{false, true}, 1}, {2, []bool{false, false}, 0}} {
		if a := player.Act(obs[3*x.row:][:3], x.mask); a != x.want {
			t.Errorf("observation %d with mask %v: action %d, want %d", x.row, x.mask, a, x.want)
		}
	}
	if a := player.Act([]float32{float32(math.NaN()), 0, 0}, []bool{false, true}); a != 0 {
		t.Errorf("with NaN: action %d", a)
	}
	actions := make([]int32, 4)
	if player.ActAll(obs, nil, actions); !slices.Equal(actions, []int32{0, 0, 1, 0}) {
		t.Errorf("actions %v", actions)
	}
	if player.ActAll(obs, []bool{true, true, false, true, true, false, false, true}, actions); !slices.Equal(actions, []int32{0, 1, 0, 1}) {
		t.Errorf("actions %v", actions)
	}
}

func TestNoAllocation(t *testing.T) {
	player, obs, mask := actor.NewPlayer(press()), []float32{1, 0, 0}, []bool{true, true}
	actions, outputs := make([]int32, 1), make([]float32, 2)
	if n := testing.AllocsPerRun(100, func() {
		player.Act(obs, mask)
		player.ActAll(obs, mask, actions)
		player.Outputs(obs, outputs)
	}); n != 0 {
		t.Errorf("%g allocations for three decisions", n)
	}
}

func TestWrongLengthsPanic(t *testing.T) {
	player := actor.NewPlayer(press())
	for name, call := range map[string]func(){
		"obs of Act":      func() { player.Act(make([]float32, 4), nil) },
		"mask of Act":     func() { player.Act(make([]float32, 3), make([]bool, 3)) },
		"obs of ActAll":   func() { player.ActAll(make([]float32, 3), nil, make([]int32, 2)) },
		"mask of ActAll":  func() { player.ActAll(make([]float32, 6), make([]bool, 2), make([]int32, 2)) },
		"outputs":         func() { player.Outputs(make([]float32, 3), make([]float32, 4)) },
		"obs of Outputs":  func() { player.Outputs(make([]float32, 5), make([]float32, 2)) },
		"no observations": func() { player.Act(nil, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "actor: obs has ") {
					t.Errorf("panic %q", text)
				}
			}()
			call()
		})
	}
}

// What was written is read, and each fault of a folder is one sentence with its file.
func TestRead(t *testing.T) {
	if p, err := actor.Read("testdata/press"); err != nil || actor.NewPlayer(p).Act([]float32{1, 0, 0}, nil) != 1 {
		t.Fatal(err)
	}
	whole := pressFiles(t)
	contract, tensors := string(whole[actor.ContractFile]), press().Tensors()
	encode := func(change func()) []byte {
		tensors = press().Tensors()
		change()
		file, err := safetensors.Encode(tensors)
		if err != nil {
			t.Fatal(err)
		}
		return file
	}
	vector := func(x ...float32) safetensors.Tensor { return safetensors.Tensor{Shape: []int{len(x)}, Data: x} }
	for want, change := range map[string]map[string][]byte{
		"has no contract.json, so it is no policy folder":                          {actor.ContractFile: nil},
		"has no policy.safetensors, so it is no policy folder":                     {actor.WeightsFile: nil},
		"contract.json: it is no contract in JSON":                                 {actor.ContractFile: []byte("{")},
		`contract.json: format "gmel-policy", version 2, is not`:                   {actor.ContractFile: []byte(strings.Replace(contract, `"version": 1`, `"version": 2`, 1))},
		"policy.safetensors: it has 3 bytes and no header":                         {actor.WeightsFile: []byte("abc")},
		"policy.safetensors: tensor actor.2.bias is missing":                       {actor.WeightsFile: encode(func() { delete(tensors, "actor.2.bias") })},
		"tensor actor.0.bias has shape [3]; the contract says [2]":                 {actor.WeightsFile: encode(func() { tensors["actor.0.bias"] = vector(1, 2, 3) })},
		"number 1 of tensor actor.0.bias is NaN; a policy has finite numbers only": {actor.WeightsFile: encode(func() { tensors["actor.0.bias"] = vector(1, float32(math.NaN())) })},
		"tensor extra is not in the contract":                                      {actor.WeightsFile: encode(func() { tensors["extra"] = vector(1) })},
	} {
		dir := t.TempDir()
		for name, data := range whole {
			if changed, ok := change[name]; ok {
				data = changed
			}
			if data != nil {
				write(t, filepath.Join(dir, name), data)
			}
		}
		if _, err := actor.Read(dir); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
