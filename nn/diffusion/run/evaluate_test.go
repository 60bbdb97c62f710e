package run

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/train"
)

// evalOptions is a short evaluation.
func evalOptions() EvalOptions {
	o := DefaultEval()
	o.Sampler, o.Steps, o.Classifiers, o.Threads = "ddim", []int{1, 2}, 2, 1
	o.change = func(c *classify.Options) { c.Updates, c.Batch = 2, 2 }
	o.Progress, o.Notice = func(int, int) {}, func(string) {}
	return o
}

// finished is the folder of a short run.
func finished(t *testing.T, sets ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	c := load(t, small(append([]string{"train.updates=1", "train.threads=1", "train.sample_every=0", "sample.sampler=ddim", "sample.steps=2"}, sets...)...))
	if _, err := Start(t.Context(), c, train.Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The rows of the real images and of samples drawn as in the run repeat those that the run ended with, there is a row for
// each number of steps and each cheap generator, and work is counted to its end.
func TestEvaluate(t *testing.T) {
	dir := finished(t, "data.per_class=10")
	o := evalOptions()
	var parts []int
	o.Progress = func(done, total int) { parts = append(parts, done, total) }
	e, err := Evaluate(t.Context(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	var ended Quality
	text, err := os.ReadFile(filepath.Join(dir, QualityJSON))
	if err == nil {
		err = json.Unmarshal(text, &ended)
	}
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[int]Scores{0: ended.Real, 2: ended.Generated} {
		r := &e.Rows[row]
		got := Scores{r.Frechet.Mean, r.Precision.Mean, r.Recall.Mean, r.Coverage.Mean, r.Ratio.Mean, r.Copies.Mean}
		if got != want {
			t.Errorf("%s: %+v, want %+v", r.name(), got, want)
		}
	}
	var names []string
	for i := range e.Rows {
		names = append(names, e.Rows[i].name())
		if r := &e.Rows[i]; r.Accuracy.Margin == nil || r.KID.Margin == nil || r.Frechet.Margin != nil {
			t.Errorf("%s: intervals of %+v", names[i], r)
		}
	}
	if want := []string{"real, held out", "ddim 1, 1 evaluation", "ddim 2, 2 evaluations", "gaussian", "smote", "noise", "moved"}; !slices.Equal(names, want) {
		t.Errorf("rows %q, want %q", names, want)
	}
	if last := parts[len(parts)-2:]; last[0] != last[1] || parts[0] != 0 || !slices.IsSorted(evens(parts)) {
		t.Errorf("progress %v", parts)
	}
	if e.Images != ended.Images || e.Training != ended.Training || e.Count != e.Training || e.By == "" {
		t.Errorf("%+v", e)
	}
}

func evens(v []int) (list []int) {
	for i := 0; i < len(v); i += 2 {
		list = append(list, v[i])
	}
	return list
}

// The figures do not depend on backend and threads, and with several seeds each has an interval.
func TestEvaluateTheSameEverywhere(t *testing.T) {
	if !slices.Contains(kernels.Backends(), "cpu") {
		t.Skip("backend cpu is not in this build")
	}
	dir := finished(t, "data.per_class=10")
	o := evalOptions()
	o.Steps, o.Seeds, o.Count, o.Backend = []int{1}, 2, 12, "ref"
	var texts []string
	for _, threads := range []int{0, 1, 2} {
		if o.Threads = threads; threads > 0 {
			o.Backend = "cpu"
		}
		e, err := Evaluate(t.Context(), dir, o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
		if e.Rows[1].Recall.Margin == nil || e.Rows[0].Recall.Margin != nil {
			t.Errorf("intervals: %s", text)
		}
	}
	if texts[0] != texts[1] || texts[0] != texts[2] {
		t.Errorf("%s\n%s\n%s", texts[0], texts[1], texts[2])
	}
}

func TestEvaluateRefuses(t *testing.T) {
	from := images(t, 10)
	dir, without, few := finished(t, "data.source="+from), finished(t, "data.held_out=0"), finished(t)
	if err := os.Remove(filepath.Join(from, "scratches", "50.png")); err != nil {
		t.Fatal(err)
	}
	change := func(f func(*EvalOptions)) EvalOptions {
		o := evalOptions()
		f(&o)
		return o
	}
	for want, c := range map[string]struct {
		dir string
		o   EvalOptions
	}{
		"the run holds no images out (data.held_out is 0)":  {without, evalOptions()},
		"have changed since the run began: 60 with SHA-256": {dir, evalOptions()},
		"the run holds 6 images out, and 10 are needed":     {few, evalOptions()},
		"/nowhere": {dir, change(func(o *EvalOptions) { o.Data = "/nowhere" })},
		"count: 9 is not allowed; allowed: 10 to 65536, or 0":   {dir, change(func(o *EvalOptions) { o.Count = 9 })},
		"seeds: 0 is not allowed":                               {dir, change(func(o *EvalOptions) { o.Seeds = 0 })},
		"steps: -1 is not allowed":                              {dir, change(func(o *EvalOptions) { o.Steps = []int{-1} })},
		"steps: 0 is not allowed":                               {dir, change(func(o *EvalOptions) { o.Steps = []int{3, 0} })},
		`sampler: "nil" is not allowed; allowed: `:              {dir, change(func(o *EvalOptions) { o.Sampler = "nil" })},
		"guidance of 2 is asked for, but train.unlabelled is 0": {finished(t, "train.unlabelled=0"), change(func(o *EvalOptions) { o.Guidance = 2 })},
	} {
		if _, err := Evaluate(t.Context(), c.dir, c.o); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// Unless asked otherwise, samples are drawn as the run draws them; its levels are for its own sampler only.
func TestDrawnBy(t *testing.T) {
	own := &Sample{Sampler: "ddim", Steps: 7, Highest: 40}
	for _, c := range []struct {
		sampler string
		steps   int
		want    Sample
	}{
		{"", 0, Sample{Sampler: "ddim", Steps: 7, Highest: 40}},
		{"ddim", 3, Sample{Sampler: "ddim", Steps: 3, Highest: 40}},
		{"heun", 5, Sample{Sampler: "heun", Steps: 5}},
	} {
		c.want.Count, c.want.Guidance = 1, 2
		if got := drawnBy(own, c.sampler, c.steps, 2); *got != c.want {
			t.Errorf("%q, %d steps: %+v, want %+v", c.sampler, c.steps, *got, c.want)
		}
	}
	o := evalOptions()
	o.Sampler, o.Steps, o.Classifiers = "", nil, 0
	e, err := Evaluate(t.Context(), finished(t, "data.per_class=10"), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range e.Rows {
		if r.Images == "generated" && (r.Sampler != "ddim" || r.Steps != 2) {
			t.Errorf("%s in %d steps, want those of the run: ddim in 2", r.Sampler, r.Steps)
		}
	}
}

// The lowest level that a sampler has by default is checked, too: that of consistency is .4.
func TestLevelsDescend(t *testing.T) {
	for sampler, want := range map[string]string{"heun": "", consistency: "lowest: 0.4 is not allowed; allowed: 0, or from 0.0001, below the highest level, 0.2"} {
		v := setting.NewChecker("")
		(&Sample{Sampler: sampler, Steps: 2, Count: 1, Guidance: 1, Highest: 0.2}).Check(v)
		if err := v.Err(); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", sampler, err, want)
		}
	}
}

// Intervals are mean +- t s / sqrt(n): t is 3.182446 for four values.
func TestEstimate(t *testing.T) {
	e := estimate([]float64{1, 2, 3, 4})
	if want := 3.182446 * math.Sqrt(5./3/4); e.Mean != 2.5 || math.Abs(*e.Margin-want) > 1e-4 {
		t.Errorf("%g +- %g, want %g", e.Mean, *e.Margin, want)
	}
	if e := estimate([]float64{7}); e.Mean != 7 || e.Margin != nil {
		t.Errorf("one value: %+v", e)
	}
}

// A part of the rows has every class by its share.
func TestSpread(t *testing.T) {
	set := &dataset.Set{Classes: []string{"a", "b"}, Class: []int{0, 1, 1, 0, 1, 1, 0, 1, 1}}
	if got := spread(set, set.Rows(), 9); !slices.Equal(got, set.Rows()) {
		t.Errorf("all: %v", got)
	}
	for _, n := range []int{3, 6, 18} {
		if c := set.Counts(spread(set, set.Rows(), n)); c[0] != n/3 || c[1] != 2*n/3 {
			t.Errorf("%d rows: %v of each class", n, c)
		}
	}
}

// All forms of a table have every row and every figure.
func TestEvaluationText(t *testing.T) {
	e := &Evaluation{noun: "image", Set: "photos", Training: 80, Images: 20, Count: 80, Seeds: 1, Classifiers: 2}
	f := &figures{Scores: Scores{1.5, .9, .8, .7, 1.1, .01}, accuracy: []float64{.5, .7}, f1: []float64{.4, .6}}
	f.kid.Value, f.kid.Error = .25, .01
	e.add(EvalRow{Images: "real, held out"}, []*figures{f})
	e.add(EvalRow{Images: "generated", Sampler: "heun", Steps: 2, Evaluations: 3, Guidance: 1.5}, []*figures{f})
	for form, text := range map[string]string{
		"markdown": e.Markdown(), "csv": e.CSV(), "latex": e.LaTeX(),
	} {
		for _, want := range []string{"real, held out", "1.5", "0.25"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q:\n%s", form, want, text)
			}
		}
	}
	for _, want := range []string{"| heun 2, 3 evaluations, guidance 1.5 | 1.50 | 0.250 +- 0.020 |", "| 0.600 +- 1.271 | 0.500 +- 1.271 |", "trained on 80 of the row alone"} {
		if !strings.Contains(e.Markdown(), want) {
			t.Errorf("no %q in\n%s", want, e.Markdown())
		}
	}
	rows, err := csv.NewReader(strings.NewReader(e.CSV())).ReadAll()
	if err != nil || len(rows) != 3 || len(rows[0]) != 5+2*9 || rows[2][3] != "3" || rows[1][6] != "" {
		t.Errorf("%v: %q", err, rows)
	}
	if e.Classifiers = 0; strings.Contains(e.Markdown(), "accuracy") || strings.Count(e.LaTeX(), `\\`) != 3 {
		t.Errorf("without classifiers:\n%s%s", e.Markdown(), e.LaTeX())
	}
}
