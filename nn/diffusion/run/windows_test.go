package run

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// sensors is a table of two sensors: in every run, 40 lines of each of two states.
func sensors(t *testing.T, runs int) string {
	t.Helper()
	text, r := "Run,State,Temp,Flow\n", rand.New(rand.NewPCG(5, 6))
	for run := range runs {
		for i := range 80 {
			state, x := "ok", float64(i)/4+float64(run)
			flow := math.Sin(x)
			if i >= 40 {
				state, flow = "leak", math.Sin(3*x)/2
			}
			text += fmt.Sprintf("%d,%s,%.3f,%.3f\n", run, state, 40+math.Cos(x/3)+r.Float64(), flow+r.Float64()/10)
		}
	}
	return put(t, filepath.Join(t.TempDir(), "rig.csv"), []byte(text))
}

func smallSensors(path string, sets ...string) Sources {
	src := small(append([]string{"data.source=" + path, "data.class_column=state", "data.group_column=run", "data.window=8"}, sets...)...)
	src.Model = "1d"
	return src
}

// A run on windows of sensors ends with plots and quality, is the same on every backend, and its samples are a table that
// reads back as the same windows.
func TestWindowsOfSensors(t *testing.T) {
	path := sensors(t, 6)
	dirs := map[string]string{}
	for _, backend := range []string{"ref", "cpu"} {
		if slices.Contains(kernels.Backends(), backend) {
			dirs[backend] = filepath.Join(t.TempDir(), backend)
			if _, err := Start(t.Context(), load(t, smallSensors(path, "data.flip_x=true", "train.backend="+backend)), train.Options{Out: dirs[backend]}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"metrics.jsonl", "grid.png", "quality.json", "quality.md", "checkpoints/latest.safetensors"} {
		a, err := os.ReadFile(filepath.Join(dirs["ref"], name))
		if err != nil {
			t.Fatal(err)
		}
		for backend, dir := range dirs {
			if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(a, b) {
				t.Errorf("%s differs on %s, %v", name, backend, err)
			}
		}
	}
	text, err := os.ReadFile(filepath.Join(dirs["ref"], QualityText))
	if err != nil || !strings.Contains(string(text), "held-out windows, as many generated") || !strings.Contains(string(text), "| windows |") {
		t.Errorf("%s, %v", text, err)
	}
	out := filepath.Join(t.TempDir(), "out")
	d := drawSamples(t, dirs["ref"], out)
	checkPlots(t, d.Grid)
	c := load(t, Sources{Model: "1d", Data: filepath.Join(out, "samples.csv"), Sets: []string{"data.window=8", "data.group_column=sample"}})
	back, err := c.Data.set()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(back.Values, d.Set.Values) || !slices.Equal(back.Sensors, []string{"Temp", "Flow"}) || !slices.Equal(back.Classes, d.Classes) || back.N() != 4 {
		t.Errorf("%d windows of %q in the classes %v came back", back.N(), back.Sensors, back.Classes)
	}
}

// checkPlots checks a grid of two windows of each of two classes: a name and two plots in a row.
func checkPlots(t *testing.T, grid []byte) {
	t.Helper()
	p, err := png.Decode(bytes.NewReader(grid))
	if err != nil {
		t.Fatal(err)
	}
	if b := p.Bounds(); b.Dx() != 3*64+2*2 || b.Dy() != 2*96+2 {
		t.Errorf("the grid has the size %v", b)
	}
	black := 0
	for y := range 96 {
		for x := range 64 {
			if r, g, b, _ := p.At(x, y).RGBA(); r+g+b == 0 {
				black++
			}
		}
	}
	if black < 20 {
		t.Errorf("%d pixels are black where the name of the class is", black)
	}
}

// Windows of training are copies, reversed ones too where the network has seen them; noise is far from everything.
func TestScoresOfWindows(t *testing.T) {
	c := load(t, smallSensors(sensors(t, 12), "data.held_out=0"))
	_, about, p, err := c.Data.read()
	if err != nil {
		t.Fatal(err)
	}
	reversed, noise := *p.set, *p.set
	reversed.Values, noise.Values = nil, nil
	r := rand.New(rand.NewPCG(1, 2))
	for row := range p.set.N() {
		for i := range 8 {
			reversed.Values = append(reversed.Values, p.set.Sample(row)[2*(7-i):][:2]...)
			noise.Values = append(noise.Values, float32(40+10*r.NormFloat64()), float32(10*r.NormFloat64()))
		}
	}
	of := func(v view, set *dataset.Set) Scores {
		training, err := v.subjects(p.set, p.trained, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := newMeter(training, nil)
		if err != nil {
			t.Fatal(err)
		}
		subjects, err := v.subjects(set, set.Rows(), nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := m.scores(subjects)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	plain := viewOf(c, about)
	flipped := plain
	flipped.flipX = true
	if s := of(plain, p.set); s != (Scores{Precision: 1, Recall: 1, Coverage: 1, Copies: 1}) {
		t.Errorf("training itself: %+v", s)
	}
	if s := of(flipped, &reversed); s.Copies != 1 || s.Ratio != 0 {
		t.Errorf("reversed, and seen: %+v", s)
	}
	if s := of(plain, &reversed); s.Copies != 0 || s.Ratio < .5 {
		t.Errorf("reversed: %+v", s)
	}
	if s := of(plain, &noise); s.Frechet < 10 || s.Recall > 0.1 || s.Copies != 0 || s.Ratio < 2 {
		t.Errorf("noise: %+v", s)
	}
}

// steps is the mean step from one time to the next.
func steps(set *dataset.Set) (mean float64) {
	for row := range set.N() {
		x := set.Sample(row)
		for t := range len(x) - 1 {
			mean += math.Abs(float64(x[t+1]-x[t])) / float64((len(x)-1)*set.N())
		}
	}
	return mean
}

// A temperature that differs by tens of degrees between windows and by hundredths within them is drawn as smooth as it is, even
// by a network that has learnt nothing. Without the equaliser it would be drawn as noise, and learnt late.
func TestSlowSensor(t *testing.T) {
	text, r := "run,state,temp\n", rand.New(rand.NewPCG(7, 8))
	for run := range 12 {
		for i := range 32 {
			text += fmt.Sprintf("%d,%s,%.3f\n", run, []string{"ok", "leak"}[i/16], 20+5*float64(run)+r.NormFloat64()/50)
		}
	}
	path := put(t, filepath.Join(t.TempDir(), "slow.csv"), []byte(text))
	for _, equalise := range []string{"true", "false"} {
		dir := filepath.Join(t.TempDir(), "run")
		c := load(t, smallSensors(path, "data.window=16", "train.updates=1", "train.sample_every=0", "data.held_out=0", "data.equalise="+equalise))
		if _, err := Start(t.Context(), c, train.Options{Out: dir}); err != nil {
			t.Fatal(err)
		}
		set, err := c.Data.set()
		if err != nil {
			t.Fatal(err)
		}
		drawn, err := Draw(t.Context(), dir, SampleOptions{Sample: DefaultSample(), Seed: 1, Threads: 1, Progress: func(int, int) {}})
		if err != nil {
			t.Fatal(err)
		}
		times := steps(drawn.Set) / steps(set)
		if (times < 4) != (equalise == "true") || equalise == "false" && times < 100 {
			t.Errorf("equalise %s: a step is %.2f times as large as a real one", equalise, times)
		}
		other := load(t, Sources{From: dir, Sets: []string{fmt.Sprint("data.equalise=", equalise != "true")}})
		_, err = Start(t.Context(), other, train.Options{Out: filepath.Join(t.TempDir(), "other")})
		if want := "data.equalise: " + fmt.Sprint(equalise != "true") + ", but " + dir + " has " + equalise; !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("tuned otherwise: %v, want %s", err, want)
		}
	}
}
