package run

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/nn/train"
)

// A profile has a time above 0 for every batch and number of steps, and the quality of every sampler beside the real images.
func TestProfile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if _, err := Start(t.Context(), load(t, small()), train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	var timed, scored [2]int
	p, err := TakeProfile(t.Context(), dir, ProfileOptions{
		Batches: []int{1, 3}, Steps: []int{1, 2, 4}, Samplers: []string{"heun", "ipndm"}, Guidance: 1, Repeats: 2, Length: time.Minute, Quality: true,
		Timed: func(done, total int) { timed = [2]int{done, total} }, Scored: func(done, total int) { scored = [2]int{done, total} },
		Notice: func(text string) { t.Error(text) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if timed != [2]int{6, 6} || scored != [2]int{6 * 18, 6 * 18} { // heun evaluates 1 + 3 + 7 times, ipndm 1 + 2 + 4
		t.Errorf("progress ended at %v and %v", timed, scored)
	}
	if len(p.Calls) != 6 || len(p.Batches) != 2 || p.Batches[1].ArenaBytes <= p.Batches[0].ArenaBytes || p.ResultBits != 8*64 {
		t.Errorf("%+v", p)
	}
	for i, c := range p.Calls {
		if c.Batch != []int{1, 3}[i/3] || c.Steps != []int{1, 2, 4}[i%3] || c.Evaluations != []int{1, 3, 7}[i%3] || !(0 < c.Low && c.Low <= c.Median && c.Median <= c.High) {
			t.Errorf("%+v", c)
		}
	}
	if l := p.Load; !(l.Read.Low > 0 && l.Build.Low > 0 && l.First.Low > 0 && l.Total.Low >= l.Read.Low+l.Build.Low+l.First.Low) {
		t.Errorf("%+v", l)
	}
	if p.ParameterBytes < 4*int64(p.Parameters) || p.CheckpointBytes < 2*p.ParameterBytes { // it has parameters and their average
		t.Errorf("%d parameters, %d bytes of them, a checkpoint of %d", p.Parameters, p.ParameterBytes, p.CheckpointBytes)
	}
	checkQuality(t, p.Quality)
	stopped, stop := context.WithCancel(t.Context())
	stop()
	o := DefaultProfile()
	o.Notice, o.Timed = func(text string) { t.Error(text) }, func(int, int) {}
	if _, err := TakeProfile(stopped, dir, o); !errors.Is(err, context.Canceled) {
		t.Errorf("a stopped profile: %v", err)
	}
	checkProfileTexts(t, p)
}

// checkQuality knows that one step is Euler's with both samplers.
func checkQuality(t *testing.T, q *QualityBySteps) {
	t.Helper()
	if len(q.Rows) != 6 || q.Images != 6 || q.Real.Frechet <= 0 {
		t.Fatalf("%+v", q)
	}
	for i, r := range q.Rows {
		if r.Sampler != []string{"heun", "ipndm"}[i/3] || r.Steps != []int{1, 2, 4}[i%3] || r.Frechet <= q.Real.Frechet {
			t.Errorf("%+v", r)
		}
	}
	if one := q.Rows[3]; one.Scores != q.Rows[0].Scores {
		t.Errorf("one step of two samplers, which is the same: %+v, %+v", one, q.Rows[0])
	}
}

func checkProfileTexts(t *testing.T, p *Profile) {
	t.Helper()
	text := p.Markdown()
	for _, want := range []string{"1 step | 2 steps (3 evaluations) | 4 steps (7 evaluations)", "| heun, 2 steps (3 evaluations) |", "| read the checkpoint |"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if _, err := json.Marshal(p); err != nil {
		t.Error(err)
	}
	if panels := p.Panels(); len(panels) != 2 || len(panels[0].Series) != 2 || len(panels[1].Series) != 3 {
		t.Errorf("%d panels", len(panels))
	}
}

// Times that lie on a line give its two numbers, products lie on it, and noise that hides the slope gives no negative time.
func TestLineOfCalls(t *testing.T) {
	call := func(evaluations, measured int, median float64) Call {
		return Call{Evaluations: evaluations, Measured: measured, Span: Span{Median: median}}
	}
	calls := []Call{call(1, 3, 0.5), call(3, 3, 0.9), call(9, 3, 2.1), call(99, 0, 0)}
	fit := lineOf(calls)
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-12 }
	if !near(fit.fixed, 0.3) || !near(fit.each, 0.2) || !near(fit.at(99), 20.1) || fit.deviation(calls) > 1e-12 {
		t.Errorf("%+v", fit)
	}
	calls[1].Median = 1.0
	if d := fit.deviation(calls); !near(d, 0.1) {
		t.Errorf("deviation %g, want .1", d)
	}
	for _, odd := range [][]Call{{call(4, 1, 2)}, {call(1, 1, 3), call(4, 1, 2)}, {call(1, 1, 0.1), call(4, 1, 2)}} {
		if fit := lineOf(odd); fit != (line{each: 0.5}) {
			t.Errorf("%+v gives %+v", odd, fit)
		}
	}
	if s := spanOf([]float64{4, 1, 2, 8}); s != (Span{Median: 3, Low: 1, High: 8}) {
		t.Errorf("%+v", s)
	}
}

// The share of a step that does not grow with the batch is found again, and is 0 where a batch saves nothing.
func TestFixedShare(t *testing.T) {
	for _, want := range []float64{0, 0.3, 1} {
		p := &Profile{}
		for _, b := range []int{1, 2, 8, 64} {
			p.Batches = append(p.Batches, BatchCost{Batch: b, Evaluation: 0.01 * (want + (1-want)*float64(b))})
		}
		if got, worst := p.fixedShare(); math.Abs(got-want) > 1e-12 || worst > 1e-12 {
			t.Errorf("%g with an error of %g, want %g", got, worst, want)
		}
	}
}

func TestProfileRefuses(t *testing.T) {
	for want, change := range map[string]func(*ProfileOptions){
		"batches: [4 2] is not allowed":   func(o *ProfileOptions) { o.Batches = []int{4, 2} },
		"steps: [0] is not allowed":       func(o *ProfileOptions) { o.Steps = []int{0} },
		"repeats: 0 is not allowed":       func(o *ProfileOptions) { o.Repeats = 0 },
		`sampler: "euler" is not allowed`: func(o *ProfileOptions) { o.Samplers = []string{"heun", "euler"} },
		"seconds: 0 is not allowed":       func(o *ProfileOptions) { o.Length = 0 },
		"is no run folder":                func(*ProfileOptions) {},
	} {
		o := DefaultProfile()
		change(&o)
		if _, err := TakeProfile(t.Context(), t.TempDir(), o); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	o := DefaultProfile()
	if err := o.CanScenario(); err != nil {
		t.Error(err)
	}
	o.Batches = []int{2, 4}
	if err := o.CanScenario(); !train.IsUsage(err) {
		t.Errorf("a scenario without a batch of 1: %v", err)
	}
}
