package sweep

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gmel-go/gmel/nn/train"
)

// optuna has twelve trials: the first ten of tpe are random.
const optuna = `search:
  sampler: SAMPLER
  trials: 12
  space: {amarl.lr_actor: {low: 1e-5, high: 1e-1, log: true}, amarl.batch: {low: 2, high: 9}, amarl.heads: [1, 2, 4]}
`

func optunaPython(t *testing.T) string {
	t.Helper()
	python := os.Getenv("GMEL_OPTUNA_PYTHON")
	if python == "" {
		t.Skip("GMEL_OPTUNA_PYTHON is not set; make search-test runs this")
	}
	return python
}

// reached are the settings and the values of all trials.
func reached(t *testing.T, s *Search) (settings []string, values []float64) {
	t.Helper()
	all, err := s.Status()
	if err != nil || len(all) != s.Trials {
		t.Fatalf("%d trials, %v", len(all), err)
	}
	for _, trial := range all {
		if trial.Values == nil {
			t.Fatalf("trial %d is not finished: %+v", trial.Trial, trial)
		}
		settings, values = append(settings, trial.Settings), append(values, trial.value)
	}
	return settings, values
}

// TestOptuna: with one job, a search that is stopped again and again has the trials of one that is not; another seed has others; and tpe
// draws other trials than random after the first ten.
func TestOptuna(t *testing.T) {
	o := Options{Jobs: 1, Python: optunaPython(t)}
	firsts := map[string][]string{}
	for name, text := range map[string]string{"tpe": "tpe", "random": "random", "other seed": "tpe\n  seed: 2"} {
		whole := searchOf(t, withSampler(text))
		if got, err := whole.Train(t.Context(), o); err != nil || got.Finished != 12 {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		settings, values := reached(t, whole)
		firsts[name] = settings
		if name != "tpe" {
			continue
		}
		stopped := searchOf(t, withSampler(text))
		for ended := false; !ended; {
			ended = stoppedSoon(t, stopped, o)
		}
		again, valuesAgain := reached(t, stopped)
		if !slices.Equal(settings, again) || !slices.Equal(values, valuesAgain) {
			t.Errorf("%s: the search has\n%v %v\nand, stopped and given again,\n%v %v", name, settings, values, again, valuesAgain)
		}
		firsts[name] = settings
	}
	if firsts["tpe"][0] == firsts["other seed"][0] {
		t.Errorf("two seeds begin with %s", firsts["tpe"][0])
	}
	if !slices.Equal(firsts["tpe"][:10], firsts["random"][:10]) || slices.Equal(firsts["tpe"], firsts["random"]) {
		t.Errorf("tpe has %v, and random %v", firsts["tpe"], firsts["random"])
	}
}

func withSampler(text string) string { return strings.Replace(optuna, "SAMPLER", text, 1) }

// stoppedSoon trains until a run has ended and another has begun.
func stoppedSoon(t *testing.T, s *Search, o Options) (ended bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := 0
	o.Progress = func(train.Status) {
		if steps++; steps == 13 {
			cancel()
		}
	}
	got, err := s.Train(ctx, o)
	if err != nil || got.Err() != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	return !got.Interrupted
}

// TestOptunaShared: two samplers share a journal, and every trial is trained once.
func TestOptunaShared(t *testing.T) {
	s, o := searchOf(t, withSampler("tpe")), Options{Jobs: 2, Python: optunaPython(t)}
	var done sync.WaitGroup
	for range 2 {
		done.Add(1)
		go func() {
			defer done.Done()
			if got, err := s.Train(t.Context(), o); err != nil || len(got.Failures) > 0 || got.Finished+len(got.Held) != 12 {
				t.Errorf("%+v, %v", got, err)
			}
		}()
	}
	done.Wait()
	reached(t, s)
	if got, err := s.Train(t.Context(), Options{Jobs: 1, Python: o.Python, Progress: func(train.Status) { t.Error("a trial was trained twice") }}); err != nil || got.Finished != 12 {
		t.Errorf("%+v, %v", got, err)
	}
}
