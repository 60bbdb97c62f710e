package run

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// rescaled is a policy in worlds that observe in their own units: it multiplies every number by a ratio first.
type rescaled struct {
	*marl.Policy
	ratio []float32 // [O]
}

func (p *rescaled) Act(w *sim.Worlds, actions []int32) {
	obs := append([]float32{}, w.Obs...)
	for i := range obs {
		obs[i] *= p.ratio[i%w.O]
	}
	if err := p.Choose(marl.View{Obs: obs, Mask: w.Mask}, [2]float32{}, actions); err != nil {
		panic(err)
	}
}

// An evaluation with twice the IEDs, more load and larger tasks has the numbers of one that is made by hand: worlds with
// observations in their own units, each number of which is turned into the unit of training.
func TestEvalOnAnotherScenario(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	c := load(t, Sources{File: "../../cmd/gmel/testdata/tiny.yaml", Sets: []string{"train.backend=ref", "train.updates=6", "scenario.ieds=8"}})
	if _, err := Train(t.Context(), c, train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	o := EvalOptions{Episodes: 6, Seed: 5, Threads: 2, Sets: []string{
		"scenario.ieds=16", "scenario.tasks.probability=0.7", "scenario.tasks.models[2].data_mbit=[4, 16]", "scenario.name=crowd",
	}}
	table, err := Eval(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}

	s := c.Scenario.Clone()
	s.IEDs, s.Tasks.Probability, s.Tasks.Models[2].DataMbit[1] = 16, 0.7, 16
	greedy := byHand(t, dir, c, s)
	want, err := marl.Evaluate(sim.SimulateOptions{Scenario: s, Policy: greedy, Episodes: o.Episodes, Seed: o.Seed})
	if err != nil {
		t.Fatal(err)
	}
	if row := table.Rows[1]; row.Policy != "amarl-greedy" || row.Hash != want.Hash {
		t.Errorf("%s: hash %s, by hand %s", row.Policy, row.Hash, want.Hash)
	}
	for i := range greedy.ratio {
		greedy.ratio[i] = 1
	}
	if other, err := marl.Evaluate(sim.SimulateOptions{Scenario: s, Policy: greedy, Episodes: o.Episodes, Seed: o.Seed}); err != nil || other.Hash == want.Hash {
		t.Errorf("the units do not matter here, so the test shows nothing (%v)", err)
	}
	checkTraining(t, table)
}

// byHand is the greedy policy of a run for a scenario with twice the IEDs and twice the largest task of training.
func byHand(t *testing.T, dir string, c *Config, s *sim.Scenario) *rescaled {
	t.Helper()
	from, _, err := train.Folder(dir).Latest()
	if err != nil {
		t.Fatal(err)
	}
	b, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := marl.NewPolicy(&c.Train, from.State, marl.SizesOf(s), marl.Execution{Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close(); b.Close() })
	r := &rescaled{p, make([]float32, s.ObsSize())}
	for i := range r.ratio {
		r.ratio[i] = 1
	}
	k := len(s.Tasks.Models)
	r.ratio[k+1] = 2 // D / D_max
	for j := range s.Candidates() {
		r.ratio[k+7+3*j+2] = 2 // n / N
	}
	return r
}

// checkTraining checks what the table says of the scenario of training.
func checkTraining(t *testing.T, table *Table) {
	t.Helper()
	data, err := json.Marshal(table.TrainedOn)
	want := `{"scenario":"tiny","changed":[{"setting":"ieds","trained":8,"played":16},{"setting":"tasks.probability","trained":0.4,"played":0.7},` +
		`{"setting":"tasks.models[2].data_mbit[1]","trained":8,"played":16}]}`
	if err != nil || string(data) != want || table.Scenario != "crowd" {
		t.Errorf("%s, %s, %v", table.Scenario, data, err)
	}
	sentence := "The policy was trained on tiny. Settings that differ here, with those of training in brackets: ieds = 16 (8), tasks.probability = 0.7 (0.4), "
	if text := table.Markdown(); !strings.HasPrefix(text, "Scenario crowd, ") || !strings.Contains(text, sentence) {
		t.Error(text)
	}
}

// A text that is empty, such as the name of no file, is shown as such.
func TestEmptyValue(t *testing.T) {
	to := Training{Scenario: "town", Changed: []Change{{"hall.ied_positions_file", "ieds.csv", ""}}}
	if text := to.text(); !strings.HasSuffix(text, `: hall.ied_positions_file = "" (ieds.csv).`) {
		t.Error(text)
	}
}

// A list of settings that is too long for a sentence ends with their number, and a long value is left out.
func TestLongTraining(t *testing.T) {
	var long Training
	for range 14 {
		long.Changed = append(long.Changed, Change{"x", 1.0 / 3, make([]int, 30)})
	}
	if text := long.text(); !strings.Contains(text, "x = ... (0.333333), ") || !strings.HasSuffix(text, " and 2 more settings (see --json).") {
		t.Error(text)
	}
}
