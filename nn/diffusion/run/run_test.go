package run

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// images writes a folder of steel defects, n of each class.
func images(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	set, err := dataset.Steel(3, n, 8)
	if err != nil {
		t.Fatal(err)
	}
	for row, class := range set.Class {
		p, err := set.Picture(row)
		if err != nil {
			t.Fatal(err)
		}
		data, err := encode(p)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, set.Classes[class], fmt.Sprintf("%d.png", row))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// small is a short run, by one thread: two wait for each other on a machine that is busy.
func small(sets ...string) Sources {
	return Sources{Sets: append([]string{
		"data.height=8", "data.width=8", "data.per_class=4", "train.updates=6", "train.batch=4", "train.log_every=2", "train.sample_every=3",
		"train.checkpoint_every=2", "sample.steps=2", "sample.count=2", "train.threads=1",
	}, sets...)}
}

func load(t *testing.T, src Sources) *Config {
	t.Helper()
	c, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The printed configuration reads back, and every setting has a comment.
func TestConfigurationIsDescribed(t *testing.T) {
	c := load(t, small("model.size=s", "seed=7"))
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, c.Commented(), 0o666); err != nil {
		t.Fatal(err)
	}
	if again := load(t, Sources{File: path}); !bytes.Equal(again.YAML(), c.YAML()) {
		t.Errorf("%s\n%s", again.YAML(), c.YAML())
	}
	for _, s := range c.sections() {
		docs := s.Docs()
		for _, key := range setting.Keys(s.Value) {
			if docs[key] == "" {
				t.Errorf("%s.%s has no comment", s.Name, key)
			}
		}
	}
}

func TestFaults(t *testing.T) {
	for set, want := range map[string]string{
		"train.updates=0":                      "--set train.updates=0: train.updates: 0 is not allowed; allowed: ",
		"train.ema=1":                          "train.ema: 1 is not allowed; allowed: from 0, below 1",
		"train.lr=0":                           "train.lr: 0 is not allowed; allowed: above 0",
		"model.size=1d":                        `model.size: "1d" is for windows of sensors, and builtin:steel is read as images; allowed: xs, s, m, l`,
		"sample.sampler=heu":                   `sample.sampler: "heu" is not allowed; allowed: ddim`,
		"data.width=16":                        "data.height: 8 is not allowed; allowed: for builtin:steel the width",
		"data.balance=0.5":                     "data.balance: 0.5 is not allowed",
		"sample.guidance=2 train.unlabelled=0": "train.unlabelled is 0, so the network does not know images without a class",
		"train.gamma=0.5":                      "train.gamma",
		"data.equalise=true":                   "data.equalise: true is not allowed; allowed: false for images",
		"train.backend=abacus":                 `train.backend: "abacus" is not allowed`,
	} {
		if _, err := Load(small(strings.Fields(set)...)); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
	}
	for set, want := range map[string]string{
		"data.height=10":                 "data.height, data.width: unet: Size is [10 10], must be multiples of 4",
		"data.source=" + t.TempDir():     "has no folder; allowed: a folder of images for each class",
		"data.source=/nowhere/of/images": "is no folder that can be read",
	} {
		c := load(t, small("data.width=10", "data.height=10", set))
		dir := filepath.Join(t.TempDir(), "run")
		if _, err := Start(t.Context(), c, train.Options{Out: dir}); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", set, err, want)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s: a folder is left", set)
		}
	}
}

// A run is the same on every backend and for any number of threads, and if it is stopped, its images move, and it resumes
// elsewhere.
func TestSameBytes(t *testing.T) {
	if !slices.Contains(kernels.Backends(), "cpu") {
		t.Skip("backend cpu is not in this build")
	}
	from := images(t, 3)
	src := func(backend string, threads int) Sources {
		return small("data.source="+from, "train.backend="+backend, fmt.Sprintf("train.threads=%d", threads))
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if _, err := Start(t.Context(), load(t, src("cpu", 2)), train.Options{Out: whole}); err != nil {
		t.Fatal(err)
	}
	moved := filepath.Join(t.TempDir(), "moved")
	stopped := filepath.Join(t.TempDir(), "stopped")
	ctx, stop := context.WithCancel(t.Context())
	r, err := Start(ctx, load(t, src("ref", 1)), train.Options{Out: stopped, Progress: func(s train.Status) {
		if s.Update >= 2 {
			stop()
		}
	}})
	if err != nil || !r.Interrupted {
		t.Fatal(r, err)
	}
	if err := os.Rename(from, moved); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), stopped, Sources{}, train.Options{}); !train.IsUsage(err) || !strings.Contains(err.Error(), "is no folder") {
		t.Errorf("without its images: %v", err)
	}
	if _, err := Resume(t.Context(), stopped, Sources{Data: moved, Backend: "cpu"}, train.Options{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"metrics.jsonl", "grid.png", "quality.json", "quality.md", "samples/000003.png", "snapshots/000001.safetensors", "snapshots/000006.safetensors", "checkpoints/latest.safetensors"} {
		a, err := os.ReadFile(filepath.Join(whole, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(stopped, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a, b) {
			t.Errorf("%s differs", name)
		}
	}
}

// A run does not go on with other images, or other settings.
func TestResumeRefusesChanges(t *testing.T) {
	from := images(t, 3)
	dir := filepath.Join(t.TempDir(), "run")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, err := Start(ctx, load(t, small("data.source="+from)), train.Options{Out: dir, Progress: func(s train.Status) {
		if s.Update >= 2 {
			stop()
		}
	}})
	if err != nil || !r.Interrupted || r.Resume != "gmel diffusion train --resume "+dir {
		t.Fatal(r, err)
	}
	if _, err := Resume(t.Context(), dir, Sources{Sets: []string{"train.lr=0.1"}}, train.Options{}); !train.IsUsage(err) || !strings.Contains(err.Error(), "train.lr = 0.002, but 0.1 is asked for") {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(from, "scratches", "17.png")); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), dir, Sources{}, train.Options{}); !train.IsUsage(err) || !strings.Contains(err.Error(), "have changed since the run began: 18 with SHA-256") {
		t.Error(err)
	}
}

// Samples of a run: those of a class are pictures of the set's size, and equal for an equal seed alone.
func TestDraw(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Start(t.Context(), load(t, small()), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	draw := func(o SampleOptions) *Drawn {
		t.Helper()
		o.Progress, o.Notice = func(int, int) {}, func(text string) { t.Error(text) }
		d, err := Draw(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	kept, err := os.ReadFile(filepath.Join(dir, GridPNG))
	if err != nil {
		t.Fatal(err)
	}
	of := load(t, small()).Sample
	whole := draw(SampleOptions{Sample: of, Seed: 1})
	if !bytes.Equal(whole.Grid, kept) || whole.By != "the network of update 6" {
		t.Error("the samples of the run's own options are not those of its grid")
	}
	out := filepath.Join(t.TempDir(), "out")
	class := draw(SampleOptions{Sample: of, Seed: 2, Class: "scratches", Out: out, Backend: "ref"})
	if !slices.Equal(class.Classes, []string{"scratches"}) || class.Set.N() != 2 {
		t.Errorf("%v", class.Classes)
	}
	f, err := os.Open(filepath.Join(out, "scratches", "00001.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if p, err := png.Decode(f); err != nil || p.Bounds().Dx() != 8 || p.Bounds().Dy() != 8 {
		t.Error(p, err)
	}
	if again := draw(SampleOptions{Sample: of, Seed: 2, Class: "scratches", Threads: 1}); !bytes.Equal(again.Grid, class.Grid) {
		t.Error("equal seeds gave two pictures")
	}
	if other := draw(SampleOptions{Sample: of, Seed: 3, Class: "scratches"}); bytes.Equal(other.Grid, class.Grid) {
		t.Error("two seeds gave one picture")
	}
	if _, err := Draw(t.Context(), dir, SampleOptions{Sample: of, Out: out}); !train.IsUsage(err) {
		t.Errorf("a folder with samples was taken: %v", err)
	}
}

// Images of training are copies, their mirror images too; noise is far from everything.
func TestScores(t *testing.T) {
	set, err := dataset.Steel(1, 20, 16)
	if err != nil {
		t.Fatal(err)
	}
	v := view{flipX: true}
	var training, mirrored, noise []subject
	r := rand.New(rand.NewPCG(1, 2))
	for row := range set.N() {
		p, err := set.Picture(row)
		if err != nil {
			t.Fatal(err)
		}
		m, n := image.NewGray(p.Bounds()), image.NewGray(p.Bounds())
		for y := range 16 {
			for x := range 16 {
				m.Set(15-x, y, p.At(x, y))
				n.SetGray(x, y, color.Gray{Y: uint8(r.IntN(256))})
			}
		}
		training, mirrored, noise = append(training, v.image(p)), append(mirrored, v.image(m)), append(noise, v.image(n))
	}
	m, err := newMeter(training, nil)
	if err != nil {
		t.Fatal(err)
	}
	of := func(subjects []subject) Scores {
		s, err := m.scores(subjects)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := of(training); s != (Scores{Precision: 1, Recall: 1, Coverage: 1, Copies: 1}) {
		t.Errorf("training itself: %+v", s)
	}
	if s := of(mirrored); s.Copies != 1 || s.Ratio != 0 {
		t.Errorf("mirror images: %+v", s)
	}
	if s := of(noise); s.Frechet < 10 || s.Recall != 0 || s.Coverage > 0.2 || s.Copies != 0 || s.Ratio < 1 {
		t.Errorf("noise: %+v", s)
	}
}

// The user is told once how many samples are drawn at the end, unless they are a single batch.
func TestPatience(t *testing.T) {
	var lines []string
	j := &job{material: &material{data: &Description{Shape: []int{8, 8, 1}}}, say: func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }}
	for _, counts := range [][]int{{7, 7}, {32, 70, 64, 70, 70, 70}} {
		p := j.patience()
		for i := 0; i < len(counts); i += 2 {
			p(counts[i], counts[i+1])
		}
	}
	if len(lines) != 1 || !strings.HasPrefix(lines[0], "drawing 70 images to measure their quality, ") {
		t.Errorf("%q", lines)
	}
}
