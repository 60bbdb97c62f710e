package loop

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
)

// service is a scenario whose IEDs choose between one and two steps.
const service = `ieds: 6
servers: 2
time: {slots: 40, slot_s: 0.05}
tasks:
  models:
    - name: drawn
      share: 1
      data_mbit: [0.001, 0.001]
      deadline_s: [0.05, 0.15]
      least_quality: [0, 0.8]
      service:
        device: one
        load_s: 0.01
        result_bits: 8192
        steps: [1, 2]
        batches: [1, 2]
        seconds: [[0.01, 0.02], [0.015, 0.03]]
        quality: {floor: 1, frechet: [2, 1.25]}
compute: {server_gcycles_per_s: [1], ied_gcycles_per_s: [0.3, 0.5]}
`

// chosen is a loop whose IEDs choose the steps.
func chosen(t *testing.T, more ...string) *Config {
	t.Helper()
	return tiny(t, append([]string{"world.scenario=" + scenario(t, service), "seeds=1", "generator.samples=1", "policies.rules=[greedy, random]"}, more...)...)
}

// Where IEDs choose the steps, every stock of a policy has its classifier. One of samples with the most steps is that of the ladder, the same
// bits. A loop that is stopped before them goes on to the bytes of one that is not.
func TestChosenSteps(t *testing.T) {
	whole, parts := filepath.Join(t.TempDir(), "whole"), filepath.Join(t.TempDir(), "parts")
	c := chosen(t)
	report, err := Run(t.Context(), c, Options{Out: whole, Threads: 2, Backend: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	if len(report.BySteps) != 2 || report.BySteps[0].Steps != 1 || report.BySteps[1].Steps != 2 {
		t.Errorf("by steps: %+v", report.BySteps)
	}
	for _, p := range report.Policies {
		if p.Steps.Mean <= 1 || p.Steps.Mean >= 2 {
			t.Errorf("%s: samples have %g steps", p.Name, p.Steps.Mean)
		}
	}
	for i := range 2 {
		mixed := read[map[string]classified](t, whole, fmt.Sprintf("chosen-steps-%d.json", i))
		ladder := read[[]classified](t, whole, fmt.Sprintf("federated-model-%d.json", i))
		if len(mixed) < 4 || mixed["[0 4]"] != ladder[1] || mixed["[0 1]"] != ladder[0] {
			t.Errorf("station %d: %v and %v", i, mixed, ladder)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	total := report.Seeds*(1+2+len(allSources)*2+1+2) + 1 // but for the classifiers of one station
	_, err = Run(ctx, c, Options{Out: parts, Threads: 1, Backend: "cpu", Progress: func(done, _ int) {
		if done == total {
			stop()
		}
	}})
	if err == nil {
		t.Fatal("it was not stopped")
	}
	if _, err := Run(t.Context(), c, Options{Out: parts, Threads: 1, Backend: "cpu"}); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(files(t, whole), files(t, parts)) {
		t.Error("files differ")
	}
}

// read reads a file of classifiers of the first seed.
func read[T any](t *testing.T, dir, name string) T {
	t.Helper()
	q, err := stage(filepath.Join(dir, "seed-1", "classifiers", name), func() (none T, err error) { return none, fmt.Errorf("%s is missing", name) })
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// A stock has the steps that IEDs chose. The ideal edge has the most.
func TestPlayOfChosenSteps(t *testing.T) {
	c := chosen(t, "classifier.levels=[1, 8]")
	c.World.Scenario = scenario(t, strings.Replace(service, "[0, 0.8]", "[0, 0.4]", 1)) // level 0 is enough for all
	s, err := c.World.scenario()
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{config: c, scenario: s, threads: 1, stations: make([]station, 2)}
	if l.steps, err = c.Generator.steps(s); err != nil || !slices.Equal(l.steps, []int{1, 2}) {
		t.Fatal(l.steps, err)
	}
	l.baseOf, l.bases = bases(s.IEDs, s.Servers, 3)
	for level, want := range [][]int{{8, 0}, {0, 8}} {
		p, err := l.play(t.Context(), atLevel(level), s, 5)
		if err != nil {
			t.Fatal(err)
		}
		if p.Steps != float64(level+1) || p.ideal.Steps != 2 {
			t.Errorf("level %d: %g steps, ideal %g", level, p.Steps, p.ideal.Steps)
		}
		for w, world := range p.Stocks {
			for b, stocks := range world {
				if got := stocks[1]; p.Reached[w][b][1] >= 0 && !slices.Equal(got, want) || !slices.Equal(p.ideal.Stocks[w][b][1], []int{0, 8}) {
					t.Errorf("level %d: a stock of 8 is %v, ideal %v", level, got, p.ideal.Stocks[w][b][1])
				}
			}
		}
	}
}

// atLevel sends every task to the first candidate at the lowest legal level from this one.
type atLevel int

func (atLevel) Name() string { return "at a level" }

func (p atLevel) Act(w *sim.Worlds, actions []int32) {
	perLevel := w.U / w.Levels()
	for n := range actions {
		actions[n] = 0 // without a task
		for l := w.Levels() - 1; l >= int(p); l-- {
			if a := 1 + l*perLevel; w.Mask[n*w.U+a] > 0 {
				actions[n] = int32(a)
			}
		}
	}
}

// Evaluations cannot be divided among samples if an IED chooses the steps of one, and the ideal edge has one number of steps.
func TestChosenStepsAreOneSample(t *testing.T) {
	refuses(t, filepath.Join(t.TempDir(), "new"), chosen(t, "generator.samples=0"), "generator.samples: 0 divides the evaluations")
	refuses(t, filepath.Join(t.TempDir(), "new"), chosen(t, "world.scenario=gmel-cpu"), "up to 4 steps of xs-tuned, but up to 10 of another model")
}

// Stocks of a policy decide what its classifiers are worth, by hand.
func TestScoresOfMixtures(t *testing.T) {
	r := &seedResult{
		bases:   []int{0},
		ideal:   &played{Reached: [][][]float64{{{0, 1}}}, Stocks: [][][][]int{{{{0, 1}, {0, 2}}}}},
		plays:   []*played{{Reached: [][][]float64{{{2, 3}}}, Stocks: [][][][]int{{{{1, 0}, {1, 1}}}}}},
		quality: map[source][][]classified{nothing: {{{0, 0}}}, together: {{{.5, 0}, {.8, 0}}}},
		mixed:   []map[string]classified{{"[0 1]": {.5, 0}, "[0 2]": {.8, 0}, "[1 0]": {.1, 0}, "[1 1]": {.6, 0}}},
	}
	for _, p := range []*played{r.ideal, r.plays[0]} {
		p.nameMixtures(4)
	}
	for at, want := range map[float64]float64{1: 0, 2: .1, 3: .6} {
		if got := r.rareAt(r.plays[0], together, at); got != want {
			t.Errorf("F1 after %g s is %g, want %g", at, got, want)
		}
	}
	if s, ok := r.reachedS(r.plays[0], .5, 10, 0, 0); s != 3 || !ok {
		t.Errorf("half is reached after %g s", s)
	}
	if s, ok := r.reachedS(r.plays[0], .9, 10, 0, 0); s != 10 || ok {
		t.Errorf("what is never reached is reached after %g s", s)
	}
	if got := r.meanOf("[1 1]"); got != .6 {
		t.Errorf("the mean of a station is %g", got)
	}
}
