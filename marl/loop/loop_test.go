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
		"generator.rounds=2", "generator.local_updates=2", "generator.batch=4", "generator.warm_up=1", "generator.steps=2",
		"classifier.updates=3", "classifier.batch=8", "classifier.levels=[1,4]", "classifier.shift=1",
		"world.ieds=0", "world.episodes=2", "policies.rules=[greedy]", "policies.learn=[]",
	}, more...)
	file := filepath.Join(t.TempDir(), "two.yaml")
	if err := os.WriteFile(file, []byte("name: two\nieds: 6\nservers: 2\ntime: {slots: 40}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Sources{Sets: append([]string{"world.scenario=" + file}, sets...)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// files are those of a folder, without locks and what tells of a process.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".lock" {
			return err
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

// A loop that is stopped again and again, at another stage each time, ends with the bytes of one that is not, on another number of threads.
func TestStoppedLoopGoesOn(t *testing.T) {
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	c := tiny(t)
	if _, err := Run(t.Context(), c, Options{Out: whole, Threads: 2, Backend: "cpu"}); err != nil {
		t.Fatal(err)
	}
	stops := 0
	for limit := 1; ; limit += 6 {
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
	if len(a) != len(b) || len(a) < 30 {
		t.Errorf("%d and %d files", len(a), len(b))
	}
	refuses(t, whole, tiny(t, "seeds=1", "world.scenario="+c.World.Scenario), "seeds = 2")
	refuses(t, t.TempDir(), tiny(t, "stations.rare=99"), "stations: 99 images")
}

func refuses(t *testing.T, dir string, c *Config, text string) {
	t.Helper()
	if _, err := Run(t.Context(), c, Options{Out: dir, Backend: "cpu"}); !train.IsUsage(err) || !strings.Contains(err.Error(), text) {
		t.Errorf("the error is %v, want one with %q", err, text)
	}
}

// A model in training goes on from its checkpoint.
func TestModelGoesOn(t *testing.T) {
	c := tiny(t, "seeds=1")
	whole, part := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "part")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := Run(ctx, c, Options{Out: whole, Backend: "cpu", Progress: func(int, int) { cancel() }}); err == nil {
		t.Fatal("it has ended")
	}
	done, stop := context.WithCancel(t.Context())
	stop() // a step that has begun ends
	if _, err := Run(done, c, Options{Out: part, Backend: "cpu"}); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(part, "seed-1", "federated.safetensors.part")); err != nil {
		t.Fatal(err)
	}
	again, end := context.WithCancel(t.Context())
	defer end()
	if _, err := Run(again, c, Options{Out: part, Backend: "cpu", Progress: func(int, int) { end() }}); err == nil {
		t.Fatal("it has ended")
	}
	name := filepath.Join("seed-1", "federated.safetensors")
	if a, b := files(t, whole)[name], files(t, part)[name]; len(a) == 0 || !bytes.Equal(a, b) {
		t.Errorf("models of %d and %d bytes differ", len(a), len(b))
	}
}

// Trained policies play, and a policy that has changed is refused.
func TestLearnedPolicies(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "loop")
	c := tiny(t, "seeds=1", "policies.learn=[maa2c]", "policies.updates=2", "generator.rounds=1")
	r, err := Run(t.Context(), c, Options{Out: dir, Backend: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Policies) != 2 || r.Policies[1].Name != "maa2c" || len(r.Earlier) != 1 || r.Earlier[0].Than != "greedy" {
		t.Errorf("%+v", r.Policies)
	}
	run := filepath.Join(dir, "seed-1", "policy-maa2c")
	other := tiny(t, "seeds=1", "generator.rounds=1")
	other.Policies.Runs = []string{run}
	if s, err := Run(t.Context(), other, Options{Out: dir + "2", Backend: "cpu"}); err != nil || s.Policies[1].Completion.Mean != r.Policies[1].Completion.Mean {
		t.Errorf("as a run it plays otherwise: %v", err)
	}
	other.Policies.Runs = []string{t.TempDir()}
	refuses(t, dir+"3", other, "no checkpoint")
}

// What IEDs ask for does not depend on who decides, so the ideal edge is one for all; no policy is earlier; and what a world's tasks are worth
// is whole evaluations.
func TestPlay(t *testing.T) {
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	c := tiny(t, "classifier.levels=[1,8,40]", "world.episodes=3")
	l := &loop{config: c, scenario: s, threads: 1, stations: make([]station, 4)}
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
					if first := got.ideal[w][b][k]; at >= 0 && (first < 0 || at < first) {
						t.Errorf("%s: base %d has level %d after %g s, before the ideal edge, %g", name, b, k, at, first)
					}
				}
			}
		}
		before = got
	}
	if !(before.Completion > .9 && before.LatencyS > 0 && before.EnergyJ > 0) {
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
				k := samplesOf(s, w, n, 1)
				least, most = min(least, k), max(most, k)
				if samplesOf(s, w, n, 5) != k/5 {
					t.Errorf("%d evaluations make %d samples of 5", k, samplesOf(s, w, n, 5))
				}
			}
		}
	}
	if least != 5 || most != 26 {
		t.Errorf("%d to %d evaluations", least, most)
	}
}
