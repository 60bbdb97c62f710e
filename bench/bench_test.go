package bench

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/bench/shape"
	"github.com/gmel-go/gmel/kernels"
	_ "github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/sim"
)

// tinyCases are all kinds of work at sizes that take milliseconds on the reference backend.
func tinyCases() []Case {
	return []Case{
		Gemm(shape.Product{Kind: shape.Forward, M: 5, N: 4, K: 3}), Gemm(shape.Product{Kind: shape.GradX, M: 5, N: 4, K: 3}),
		Gemm(shape.Product{Kind: shape.GradW, M: 5, N: 4, K: 3}),
		MLP(4, 3, 5, 2), AMARLActor(2, 3, 8), Critic(2, 3, 8), Update(4, 3, 8), Block(1, 4, 4, 2),
		Training("xs", 4, 1), Sampling("xs", 4, 2),
		Adam(50), Iteration(tinyProximal(), 3, true), Iteration(tinyProximal(), 3, false),
	}
}

func tinyProximal() marl.Config {
	c := marl.DefaultOf("amarl-ppo")
	own := c.Own.(*ppo.Config)
	c.Worlds, c.SlotsPerIteration, c.WarmupSlots = 2, 4, 4
	own.Epochs, own.Minibatches, own.Hidden, own.ActorHidden = 1, 2, 8, 8
	return c
}

func onRef() Options { return Options{Backend: "ref", Length: time.Millisecond} }

// Every work gives a complete row, and repeated calls of Found give the same numbers.
func TestRows(t *testing.T) {
	for _, c := range tinyCases() {
		row, err := Run(c, onRef())
		if err != nil {
			t.Errorf("%s %s: %v", c.Name, c.Shape, err)
			continue
		}
		text, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		var keys map[string]any
		if err := json.Unmarshal(text, &keys); err != nil {
			t.Fatal(err)
		}
		for _, key := range strings.Fields("name shape backend device threads dtype seconds spread_seconds samples rate unit flops " +
			"peak_before peak_after floor_seconds fraction_of_floor go operations") {
			if _, ok := keys[key]; !ok {
				t.Errorf("%s: no %s in %s", c.Name, key, text)
			}
		}
		if row.Backend != "ref" || row.Samples < 5 || row.Flops <= 0 || row.Operations < 1 || row.Unit != c.Unit || row.DType != "float32" {
			t.Errorf("%s: %+v", c.Name, row)
		}
	}
}

func TestFoundDoesNotDependOnWhatRanBefore(t *testing.T) {
	backend, err := kernels.Open("auto", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	for _, c := range tinyCases() {
		r, err := c.Open(backend)
		if err != nil {
			t.Fatal(err)
		}
		var given, found [2][]Array
		for i := range 2 {
			if given[i], err = r.Given(); err != nil {
				t.Fatal(err)
			}
			if found[i], err = r.Found(); err != nil {
				t.Fatal(err)
			}
			if err := r.Run(3); err != nil {
				t.Fatal(err)
			}
		}
		for _, lists := range [][2][]Array{given, found} {
			if worst, name, err := Difference(lists[0], lists[1]); err != nil || worst != 0 {
				t.Errorf("%s: %s differs by %g, %v", c.Name, name, worst, err)
			}
		}
		for _, a := range found[0] {
			if a.Name == "rollout/ended" && slices.Max(a.Data) != kernels.Truncated {
				t.Errorf("%s: no episode ends in the rollout that is compared", c.Name)
			}
			if a.Name == "loss" || strings.HasPrefix(a.Name, "grad/") {
				if top := distance(a.Data, make([]float32, len(a.Data))); top == 0 {
					t.Errorf("%s: %s is 0", c.Name, a.Name)
				}
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The sizes of observations and actions in the cases are those of the preset.
func TestSizesAreThoseOfThePreset(t *testing.T) {
	s, err := sim.Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	w, err := sim.New(s, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	if w.O != observation || w.U != actions {
		t.Errorf("observation %d and actions %d, the cases have %d and %d", w.O, w.U, observation, actions)
	}
}

func TestSelect(t *testing.T) {
	all := Critics()
	if got := Select(all, nil); len(got) != len(all) {
		t.Errorf("%d of %d cases without a text", len(got), len(all))
	}
	if got := Select(all, []string{"N8 ", "N512"}); len(got) != 2 {
		t.Errorf("%d cases", len(got))
	}
}

// Both batches of a work become the same case.
func TestBatchedListsACaseOnce(t *testing.T) {
	if got := Batched(Samplings("xs"), 4); len(got) != 1 || got[0].Shape != "32x32 B4" {
		t.Errorf("%+v", got)
	}
	if got := Batched(Critics(), 4); len(got) != len(Critics()) {
		t.Errorf("%d critics", len(got))
	}
}

func TestSummaries(t *testing.T) {
	cases := []Case{{}, {narrow: true}, {}}
	rows := []Row{{Name: "gemm", Fraction: 0.9}, {Name: "gemm", Fraction: 0.3}, {Name: "gemm", Fraction: 0.4}}
	got := Summaries(cases, rows)
	if len(got) != 2 || math.Abs(got[0].Fraction-math.Cbrt(0.9*0.3*0.4)) > 1e-12 || math.Abs(got[1].Fraction-0.6) > 1e-12 {
		t.Errorf("%+v", got)
	}
	if got := Summaries(cases[:1], rows[:1]); got != nil {
		t.Errorf("%+v", got)
	}
}

// Samples are long enough for the clock, and the reported time is their median.
func TestMeasure(t *testing.T) {
	m, err := measure(func(n int) (float64, error) { return 3e-5 * float64(n), nil }, time.Millisecond)
	if err != nil || math.Abs(m.Median-3e-5) > 1e-12 || m.Spread() > 1e-12 || m.Samples < 5 {
		t.Errorf("%+v, %v", m, err)
	}
	if n, err := calibrate(func(n int) (float64, error) { return 3e-5 * float64(n), nil }, time.Millisecond); n != 64 || err != nil {
		t.Errorf("%d runs, %v", n, err)
	}
}

func TestQuantile(t *testing.T) {
	s := []float64{4, 1, 3, 2, 5}
	for q, want := range map[float64]float64{0: 1, 0.25: 2, 0.5: 3, 0.625: 3.5, 1: 5} {
		if got := quantile(s, q); got != want {
			t.Errorf("quantile %g is %g, want %g", q, got, want)
		}
	}
}

// The script of the GPU bundle measures every work but those that others stand for.
func TestBundleMeasuresAllWorks(t *testing.T) {
	script, err := os.ReadFile("../scripts/bundle/run.sh")
	if err != nil {
		t.Fatal(err)
	}
	instead := map[string]string{"attention": "critic", "iteration": "train"} // in a lease every second counts
	for _, w := range Works() {
		name := w.Name
		if other, ok := instead[name]; ok {
			name = other
		}
		for _, size := range []string{"xs", "s"} { // a loop of the script
			name = strings.Replace(name, "unet-"+size+"-", "unet-$size-", 1)
		}
		if !strings.Contains(string(script), "bench "+name+" ") {
			t.Errorf("scripts/bundle/run.sh does not measure %s", w.Name)
		}
	}
}
