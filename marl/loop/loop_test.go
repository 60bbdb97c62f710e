package loop

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	_ "github.com/gmel-go/gmel/kernels/cpu"
	_ "github.com/gmel-go/gmel/kernels/ref"
	_ "github.com/gmel-go/gmel/marl/maa2c"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// tiny takes a second or two.
func tiny(t *testing.T, more ...string) *Config {
	t.Helper()
	sets := append([]string{
		"seeds=2", "data.height=8", "data.width=8", "data.per_class=13", "data.held_out=0.3", "stations.rare=2", "stations.common=2",
		"generator.rounds=2", "generator.local_updates=2", "generator.batch=4", "generator.warm_up=1", "generator.steps=2", "generator.samples=0",
		"classifier.updates=3", "classifier.batch=8", "classifier.levels=[1,4]", "classifier.shift=1",
		"world.ieds=0", "world.episodes=2", "policies.rules=[greedy]", "policies.learn=[]",
	}, more...)
	c, err := Load(Sources{Sets: append([]string{"world.scenario=" + scenario(t, "ieds: 6\nservers: 2\ntime: {slots: 40}\n")}, sets...)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// scenario writes a scenario.
func scenario(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "two.yaml")
	if err := os.WriteFile(file, []byte("name: two\n"+text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file
}

// files are those of a folder, without locks and what tells of a process.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".lock" {
			return err
		}
		if strings.Contains(path, "policy-") && filepath.Base(path) != "metrics.jsonl" { // of a run that has its own tests
			return nil
		}
		name, _ := filepath.Rel(dir, path)
		all[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A loop that is stopped within a model, and again and again at another stage, ends with the bytes of one that is not, on another number of threads.
func TestStoppedLoopGoesOn(t *testing.T) {
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	c := tiny(t, "seeds=1", "policies.learn=[maa2c]", "policies.updates=2")
	if _, err := Run(t.Context(), c, Options{Out: whole, Threads: 2, Backend: "cpu"}); err != nil {
		t.Fatal(err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop() // after one update, in the middle of a round
	if _, err := Run(stopped, c, Options{Out: parts, Backend: "cpu"}); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(parts, "seed-1", "federated.safetensors.part")); err != nil {
		t.Fatal(err)
	}
	stops := 0
	for limit := 1; ; limit += 4 {
		ctx, cancel := context.WithCancel(t.Context())
		made := 0
		_, err := Run(ctx, c, Options{Out: parts, Threads: 1, Backend: "cpu", Progress: func(int, int) {
			if made++; made == limit {
				cancel()
			}
		}})
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, train.ErrInterrupted) && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stops++
	}
	if stops < 3 {
		t.Errorf("stopped only %d times", stops)
	}
	a, b := files(t, whole), files(t, parts)
	for name, data := range a {
		if !bytes.Equal(data, b[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if len(a) != len(b) || len(a) < 17 {
		t.Errorf("%d and %d files", len(a), len(b))
	}
	playsAsARun(t, whole, tiny(t, "world.scenario="+c.World.Scenario))
	refuses(t, whole, tiny(t, "world.scenario="+c.World.Scenario), "seeds = 1, but 2")
	refuses(t, t.TempDir(), tiny(t, "stations.rare=99"), "stations: 99 images")
}

func refuses(t *testing.T, dir string, c *Config, text string) {
	t.Helper()
	if _, err := Run(t.Context(), c, Options{Out: dir, Backend: "cpu"}); !train.IsUsage(err) || !strings.Contains(err.Error(), text) {
		t.Errorf("the error is %v, want one with %q", err, text)
	}
}

// playsAsARun fails unless the policy that a loop has trained plays the same as a run that another loop names.
func playsAsARun(t *testing.T, dir string, c *Config) {
	t.Helper()
	own, err := stage(filepath.Join(dir, "seed-1", "plays", "02-maa2c.json"), func() (*played, error) { return nil, errors.New("it is not there") })
	if err != nil {
		t.Fatal(err)
	}
	c.Policies.Learn, c.Policies.Runs = nil, []string{filepath.Join(dir, "seed-1", "policy-maa2c")}
	l := &loop{config: c, options: Options{Out: t.TempDir(), Backend: "cpu"}, steps: []int{2}, threads: 1}
	if l.scenario, err = c.World.scenario(); err != nil {
		t.Fatal(err)
	}
	l.baseOf, l.bases = bases(l.scenario.IEDs, l.scenario.Servers, 1)
	r := &seedResult{seed: 1}
	if err := l.serving(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if len(r.plays) != 2 || r.plays[0].kind != rule || r.plays[1].kind != learned || !reflect.DeepEqual(r.plays[1].Reached, own.Reached) {
		t.Errorf("as a run it plays otherwise")
	}
}

// A policy that is no run is an error of the user.
func TestNoRun(t *testing.T) {
	c := tiny(t)
	c.Policies.Runs = []string{t.TempDir()}
	refuses(t, filepath.Join(t.TempDir(), "new"), c, "no checkpoint")
}

// Tasks that a full queue loses, and the wait before a decision, would not be counted.
func TestQueueIsRefused(t *testing.T) {
	file := scenario(t, "ieds: 6\nservers: 2\ntasks: {arrivals: {process: poisson, queue: 2}}\n")
	refuses(t, filepath.Join(t.TempDir(), "new"), tiny(t, "world.scenario="+file), "tasks wait in a queue of 2")
}

// A share of nothing is no number, and JSON has none that is infinite.
func TestShare(t *testing.T) {
	if got := share(1, 4); got != .25 {
		t.Errorf("a quarter is %g", got)
	}
	if got := share(1, 0); !math.IsNaN(got) {
		t.Errorf("a share of nothing is %g", got)
	}
}

// What IEDs ask for does not depend on who decides, so the ideal edge is one for all; no policy is earlier; and what a world's tasks are worth
// is whole evaluations.
func TestPlay(t *testing.T) {
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	c := tiny(t, "classifier.levels=[1,8,40]", "world.episodes=3")
	l := &loop{config: c, scenario: s, steps: []int{5}, threads: 1, stations: make([]station, 4)}
	l.baseOf, l.bases = bases(s.IEDs, s.Servers, 3)
	var before *played
	for _, name := range []string{"local", "greedy", "switch-aware"} {
		p, err := sim.NewPolicy(name, s, 1)
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.play(t.Context(), p, s, 5)
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && !reflect.DeepEqual(got.ideal, before.ideal) {
			t.Errorf("%s is asked for something else", name)
		}
		for w := range got.Reached {
			for b, reached := range got.Reached[w] {
				for k, at := range reached {
					if first := got.ideal.Reached[w][b][k]; at >= 0 && (first < 0 || at < first) {
						t.Errorf("%s: base %d has level %d after %g s, before the ideal edge, %g", name, b, k, at, first)
					}
				}
			}
		}
		before = got
	}
	if !(before.Samples > .85 && before.Samples < 1 && before.Completion > .9 && before.LatencyS > 0 && before.EnergyJ > 0) {
		t.Errorf("switch-aware: %+v", before)
	}
}

// A task's cycles are its evaluations times those of one: the smallest of paper has 5, the largest 26.
func TestSamplesOf(t *testing.T) {
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, 8, 3)
	if err != nil {
		t.Fatal(err)
	}
	w.RecordTasks(true)
	least, most := math.MaxInt, 0
	actions := make([]int32, w.W*w.A)
	for range 50 {
		if err := w.Step(actions); err != nil {
			t.Fatal(err)
		}
		for n, had := range w.HadTask {
			if had {
				k := (&Generator{Steps: 1}).samplesOf(s, w, n)
				least, most = min(least, k), max(most, k)
				if by5 := (&Generator{Steps: 5}).samplesOf(s, w, n); by5 != k/5 || (&Generator{Steps: 5, Samples: 3}).samplesOf(s, w, n) != 3 {
					t.Errorf("%d evaluations make %d samples of 5", k, by5)
				}
			}
		}
	}
	if least != 5 || most != 26 {
		t.Errorf("%d to %d evaluations", least, most)
	}
}
