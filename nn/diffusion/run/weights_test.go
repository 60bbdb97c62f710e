package run

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/diffusion/fit"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// withSnapshots trains for eight updates with four snapshots.
func withSnapshots(t *testing.T, sets ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	sets = append([]string{"train.updates=8", "train.snapshots=4", "data.held_out=0"}, sets...)
	if _, err := Start(t.Context(), load(t, small(sets...)), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// chosen are the parameters of a choice.
func chosen(t *testing.T, dir string, w Weights) (flat []float32, text string) {
	t.Helper()
	f := train.Folder(dir)
	c, _, err := folderConfig(f)
	if err != nil {
		t.Fatal(err)
	}
	g, text, err := w.load(f, c, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	return g.flat, text
}

// kept is an average of a snapshot as it is in the file.
func kept(t *testing.T, dir, file, average string) []float32 {
	t.Helper()
	s, err := checkpoint.Read(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := folderConfig(train.Folder(dir))
	if err != nil {
		t.Fatal(err)
	}
	g, _, err := newest(train.Folder(dir), c, func(text string) { t.Error(text) })
	if err != nil {
		t.Fatal(err)
	}
	flat, err := g.model.Params().Import(average, s)
	if err != nil {
		t.Fatal(err)
	}
	return flat
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return x-y < 1e-6 && y-x < 1e-6 })
}

// The lengths that a run keeps are those of its files, for the last update and for earlier ones.
func TestWeights(t *testing.T) {
	dir := withSnapshots(t)
	latest := "checkpoints/latest.safetensors"
	for _, x := range []struct {
		w             Weights
		file, average string
	}{
		{Weights{}, latest, "ema"},
		{Weights{EMA: 0.05}, latest, "power0.05"},
		{Weights{EMA: 0.1}, "snapshots/000008.safetensors", "power0.10"},
		{Weights{Update: 4}, "snapshots/000004.safetensors", "power0.10"},
		{Weights{EMA: 0.05, Update: 6}, "snapshots/000006.safetensors", "power0.05"},
	} {
		if flat, text := chosen(t, dir, x.w); !near(flat, kept(t, dir, x.file, x.average)) {
			t.Errorf("%+v is %s, and not %s of %s", x.w, text, x.average, x.file)
		}
	}
	if _, text := chosen(t, dir, Weights{EMA: 0.15}); !strings.Contains(text, "an average of the length 0.15 over the 8 updates") {
		t.Error(text)
	}
	entries, err := os.ReadDir(filepath.Join(dir, fit.Snapshots))
	if err != nil || len(entries) != 4 {
		t.Errorf("%v, %v", entries, err)
	}
}

// Samples by other averages and with a guide are other samples, and what a run cannot give is refused.
func TestDrawByWeights(t *testing.T) {
	dir := withSnapshots(t)
	of := load(t, small()).Sample
	draw := func(change func(o *SampleOptions)) (*Drawn, error) {
		o := SampleOptions{Sample: of, Seed: 1, Class: "patches", Progress: func(int, int) {}, Notice: func(text string) { t.Error(text) }}
		change(&o)
		return Draw(t.Context(), dir, o)
	}
	seen := map[string]string{}
	for by, change := range map[string]func(o *SampleOptions){
		"the network of update 8": func(*SampleOptions) {},
		"an average of the length 0.2 over the 8 updates of the network": func(o *SampleOptions) { o.EMA = 0.2 },
		"guided by an average of the length 0.1 over the 2 updates":      func(o *SampleOptions) { o.GuideBy, o.Guidance = 2, 2 },
		"guided by an average of the length 0.1 over the 6 updates":      func(o *SampleOptions) { o.GuideBy, o.Guidance = 6, 2 },
	} {
		d, err := draw(change)
		if err != nil || !strings.Contains(d.By, by) {
			t.Errorf("%v, want %s, %v", d, by, err)
			continue
		}
		if other := seen[string(d.Grid)]; other != "" {
			t.Errorf("%s and %s give the same", by, other)
		}
		seen[string(d.Grid)] = by
	}
	for want, change := range map[string]func(o *SampleOptions){
		"has no snapshot of update 5; allowed: 2, 4, 6, 8": func(o *SampleOptions) { o.GuideBy, o.Guidance = 5, 2 },
		"--guide-by 2 with a guidance of 1":                func(o *SampleOptions) { o.GuideBy = 2 },
		"length 0.5; allowed: above 0, up to 0.289":        func(o *SampleOptions) { o.EMA = 0.5 },
		"misses its weights by ":                           func(o *SampleOptions) { o.EMA = 0.005 },
	} {
		if _, err := draw(change); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	dir = withSnapshots(t, "train.snapshots=0", "train.unlabelled=0")
	if _, err := draw(func(o *SampleOptions) { o.EMA = 0.05 }); !train.IsUsage(err) || !strings.Contains(err.Error(), "its train.snapshots is 0") {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, fit.Snapshots)); err == nil {
		t.Error("a run without snapshots has some")
	}
}

// A damaged snapshot is named, and one that is not needed does no harm.
func TestDamagedSnapshot(t *testing.T) {
	dir := withSnapshots(t)
	path := filepath.Join(dir, fit.Snapshots, "000006.safetensors")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2]++
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	o := SampleOptions{Sample: load(t, small()).Sample, Progress: func(int, int) {}, Notice: func(text string) { t.Error(text) }}
	if _, err := Draw(t.Context(), dir, o); err != nil {
		t.Error(err)
	}
	o.EMA = 0.15
	if _, err := Draw(t.Context(), dir, o); err == nil || !strings.Contains(err.Error(), path+" is corrupt") {
		t.Error(err)
	}
}
