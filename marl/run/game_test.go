package run

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim/spread"
)

// The game is that of the word, or else of the key.
func TestWhichGame(t *testing.T) {
	write := []string{"scenario.game=spread", "scenario.agents=4"}
	for _, c := range []struct {
		src    Sources
		agents int // 0: the edge game
	}{
		{Sources{}, 0}, {Sources{Scenario: "paper"}, 0}, {Sources{Scenario: "spread"}, 3}, {Sources{Scenario: "spread:5"}, 5},
		{Sources{Sets: write}, 4}, {Sources{Sets: []string{"scenario=spread:6"}}, 6},
	} {
		got := load(t, c.src)
		if (got.Spread == nil) != (c.agents == 0) || (got.Scenario == nil) != (c.agents > 0) || c.agents > 0 && got.Spread.Agents != c.agents {
			t.Errorf("%+v: %+v", c.src, got.Spread)
		}
	}
	file := t.TempDir() + "/c.yaml"
	write5 := load(t, Sources{Scenario: "spread:5"})
	if err := os.WriteFile(file, write5.Commented(), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := load(t, Sources{File: file}); string(got.YAML()) != string(write5.YAML()) {
		t.Errorf("read back:\n%s", got.YAML())
	}
	if got := load(t, Sources{File: file, Scenario: "paper"}); got.Spread != nil || got.Scenario.Name != "paper" {
		t.Error("a word does not replace the game of a file")
	}
}

// Runs of two games have other identities and are different; every measure of a game is known to readers of tables.
func TestGamesDiffer(t *testing.T) {
	edge, spreads := load(t, Sources{}), load(t, Sources{Scenario: "spread"})
	a, errA := edge.Identity()
	b, errB := spreads.Identity()
	if a == b || errA != nil || errB != nil {
		t.Errorf("%s, %s, %v, %v", a, b, errA, errB)
	}
	if d := difference(edge, spreads); d != "the run has scenario = paper, but spread is asked for" {
		t.Error(d)
	}
	scenario, _ := spreads.Settings()
	if scenario["name"] != "spread" || scenario["agents"] != "3" {
		t.Errorf("%v", scenario)
	}
	if _, err := edge.game().fits(spreads.game()); err == nil {
		t.Error("a policy of one game plays another")
	}
	if docs := spread.Docs(); docs["game"] == "" || !strings.Contains(string(spreads.Commented()), docs["local_ratio"][:20]) {
		t.Error("settings are not described")
	}
}

// A table reads back what it writes, with measures in their order.
func TestTableReadsBack(t *testing.T) {
	for _, of := range [][]Measure{edgeMeasures, append(slices.Clone(edgeMeasures), qualityMeasure), spreadMeasures} {
		var samples [][]float64
		for i := range of {
			samples = append(samples, []float64{float64(i), 2, 4})
		}
		row := newRow("x", of, samples)
		row.ActionShares, row.LevelShares, row.Hash = []float64{1, 0}, []float64{1}, "ab"
		want := Table{Rows: []Row{row, row}, Warnings: []string{}}
		want.compare(1, 1)
		text, err := json.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		var got Table
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(&got)
		if err != nil || string(again) != string(text) || len(got.Rows[1].Scores) != len(of) || got.Differences[0].Scores[0].Name != of[0].Name {
			t.Errorf("%v\n%s\n%s", err, text, again)
		}
	}
	if err := json.Unmarshal([]byte(`{"policies": [{"policy": "x"}]}`), new(Table)); err == nil {
		t.Error("a row without a score is accepted")
	}
	if v := (Scores{}).Of("joy"); !math.IsNaN(v.Mean) {
		t.Errorf("a measure that is not there is %g", v.Mean)
	}
}
