package run

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/train"
)

// originOf makes a short run to start from.
func originOf(t *testing.T, sets ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "origin")
	if _, err := Start(t.Context(), load(t, small(append([]string{"data.balance=5", "seed=3"}, sets...)...)), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// short are the settings of a short tuning.
func short(from string, sets ...string) Sources {
	return Sources{From: from, Sets: append([]string{"train.updates=6", "train.warm_up=2", "train.checkpoint_every=2", "train.log_every=2"}, sets...)}
}

func readFile(t *testing.T, parts ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestStartFromAnotherRun(t *testing.T) {
	from := originOf(t)
	t.Run("settings", func(t *testing.T) { settingsOfTheOrigin(t, from) })
	t.Run("average", func(t *testing.T) { beginsAtTheAverage(t, from) })
	t.Run("samples", func(t *testing.T) { drawnFromTunedRun(t, from) })
	t.Run("faults", func(t *testing.T) { faultsOfTuning(t, from) })
}

// A run that starts from another one has the settings of that one, and the defaults of tuning.
func settingsOfTheOrigin(t *testing.T, from string) {
	c := load(t, short(from))
	want := load(t, small("data.balance=5", "seed=3"))
	want.tune()
	want.Train.Updates, want.Train.WarmUp = 6, 2
	want.Train.From, want.Train.FromSHA256 = from, c.Train.FromSHA256
	if !bytes.Equal(c.YAML(), want.YAML()) || len(c.Train.FromSHA256) != 64 {
		t.Errorf("%s\n%s", c.YAML(), want.YAML())
	}
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, c.Commented(), 0o666); err != nil {
		t.Fatal(err)
	}
	if again := load(t, Sources{File: path}); !bytes.Equal(again.YAML(), c.YAML()) {
		t.Errorf("%s\n%s", again.YAML(), c.YAML())
	}
	if fine := load(t, short(from, "train.objective=denoising")); fine.Train.LR != 0.002 || fine.Sample.Sampler != "heun" || fine.Train.FromSHA256 != c.Train.FromSHA256 {
		t.Errorf("%s", fine.YAML())
	}
}

// A tuned run begins at the average of the other one. If it is stopped it goes on to the same bytes, also when the other one is
// gone. Its table has few evaluations and the row of before.
func TestTunedRun(t *testing.T) {
	from := originOf(t)
	whole, stopped := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "stopped")
	if _, err := Start(t.Context(), load(t, short(from)), train.Options{Out: whole}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := TrainOrResume(ctx, short(from, "train.backend=ref"), train.Options{Out: stopped, Progress: func(s train.Status) {
		if s.Update >= 2 {
			stop()
		}
	}})
	if err != nil || !r.Interrupted {
		t.Fatal(r, err)
	}
	if _, err := TrainOrResume(t.Context(), short(whole), train.Options{Out: stopped}); !train.IsUsage(err) || !strings.Contains(err.Error(), "the run starts from") {
		t.Errorf("from another run: %v", err)
	}
	moved := from + "-moved"
	if err := os.Rename(from, moved); err != nil {
		t.Fatal(err)
	}
	if _, err := TrainOrResume(t.Context(), short(from), train.Options{Out: stopped}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"metrics.jsonl", "grid.png", "quality.json", "quality.md", "checkpoints/latest.safetensors"} {
		if !bytes.Equal(readFile(t, whole, name), readFile(t, stopped, name)) {
			t.Errorf("%s differs", name)
		}
	}
	q, before := &Quality{}, &Quality{}
	if err := json.Unmarshal(readFile(t, whole, QualityJSON), q); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(readFile(t, moved, QualityJSON), before); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, row := range q.More {
		names = append(names, row.Name)
	}
	if want := []string{"consistency, 1 step", "consistency, 4 steps", "before: heun, 2 steps"}; !slices.Equal(names, want) || q.Sampler != consistency || q.Steps != 2 {
		t.Errorf("rows %v, %+v", names, q)
	}
	if q.Real != before.Real || q.More[2].Scores != before.Generated {
		t.Errorf("%+v, before %+v", q, before)
	}
}

// A run that has done nothing yet draws the samples of the one that it starts from.
func beginsAtTheAverage(t *testing.T, from string) {
	dir := filepath.Join(t.TempDir(), "run")
	sets := []string{"train.lr=1e-12", "train.sample_every=0", "sample.sampler=heun", "sample.steps=2"}
	if _, err := Start(t.Context(), load(t, short(from, sets...)), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readFile(t, dir, GridPNG), readFile(t, from, GridPNG)) {
		t.Error("the samples differ")
	}
}

// Samples of a tuned run are by default its own, and every other sampler works on it.
func drawnFromTunedRun(t *testing.T, from string) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Start(t.Context(), load(t, short(from)), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	notes := 0
	draw := func(dir, sampler string) []byte {
		t.Helper()
		o := SampleOptions{Sample: Sample{Sampler: sampler, Count: 2, Guidance: 1}, Seed: 3, Progress: func(int, int) {}, Notice: func(string) { notes++ }}
		d, err := Draw(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		return d.Grid
	}
	if !bytes.Equal(draw(dir, ""), readFile(t, dir, GridPNG)) || notes > 0 {
		t.Error("the samples of no options are not those of the grid")
	}
	for _, sampler := range diffusion.Samplers() {
		draw(dir, sampler)
	}
	draw(from, consistency)
	if want := len(diffusion.Samplers()); notes != want {
		t.Errorf("%d notes that a network was trained for another sampler, want %d", notes, want)
	}
}

func faultsOfTuning(t *testing.T, from string) {
	for set, want := range map[string]string{
		"train.objective=consistency":  "allowed: denoising, or with train.from consistency",
		"train.objective=distillation": `train.objective: "distillation" is not allowed`,
		"train.from=" + t.TempDir():    "train.from: ",
		"tuning.gap=0":                 "tuning.gap: 0 is not allowed; allowed: above 0, up to 1",
		"tuning.stages=0":              "tuning.stages: 0 is not allowed",
		"tuning.huber=0":               "tuning.huber: 0 is not allowed",
		"sample.steps=-1":              "sample.steps: -1 is not allowed", // and is no length of a list of levels
		"sample.highest=0.001":         "sample.highest: 0.001 is not allowed",
		"sample.highest=-1":            "sample.highest: -1 is not allowed",
		"sample.lowest=90":             "sample.lowest: 90 is not allowed; allowed: 0, or from 0.0001, below the highest level",
	} {
		if _, err := Load(small(set)); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
	}
	rust := images(t, 3)
	if err := os.Rename(filepath.Join(rust, "scratches"), filepath.Join(rust, "rust")); err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]string{
		"model.size=s": `model.size: "s", but `,
		"data.channels=0 data.height=12 data.width=12": "a run starts from a network for its own size",
		"data.source=" + rust:                          "a run starts from a network for its own classes",
	} {
		dir := filepath.Join(t.TempDir(), "run")
		c, err := Load(short(from, strings.Fields(set)...))
		if err == nil {
			_, err = Start(t.Context(), c, train.Options{Out: dir})
		}
		if !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder is left", set)
		}
	}
	c := load(t, short(from))
	c.Train.FromSHA256 = strings.Repeat("0", 64)
	if _, err := Start(t.Context(), c, train.Options{Out: filepath.Join(t.TempDir(), "run")}); !train.IsUsage(err) || !strings.Contains(err.Error(), "have changed: SHA-256") {
		t.Errorf("changed parameters: %v", err)
	}
}

// Levels fall from the highest to the lowest and end without noise; one step has the highest alone.
func TestLevels(t *testing.T) {
	for _, c := range []struct {
		s    Sample
		want []float64
	}{
		{Sample{Sampler: "heun", Steps: 2}, []float64{80, 0.002, 0}},
		{Sample{Sampler: "heun", Steps: 2, Highest: 10, Lowest: 1}, []float64{10, 1, 0}},
		{Sample{Sampler: consistency, Steps: 1}, []float64{highestConsistency, 0}},
		{Sample{Sampler: consistency, Steps: 2}, []float64{highestConsistency, lowestConsistency, 0}},
	} {
		var got []float64
		for _, l := range c.s.levels() {
			got = append(got, l.Sigma)
		}
		for i := range max(len(got), len(c.want)) {
			if len(got) != len(c.want) || math.Abs(got[i]-c.want[i]) > 1e-12 {
				t.Errorf("%+v: %v, want %v", c.s, got, c.want)
				break
			}
		}
	}
}
