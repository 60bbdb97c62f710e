package aggregate

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// golden is the output of testdata/golden.py. x and y are [tasks][runs]; drawn is [resamples][runs][tasks].
type golden struct {
	X, Y              Scores
	Names             []string
	Points, Low, High []float64
	Drawn             [][][]int
	Improvement       float64
	ImprovementLow    float64     `json:"improvement_low"`
	ImprovementHigh   float64     `json:"improvement_high"`
	ImprovementDrawn  [][][][]int `json:"improvement_drawn"`
}

func readGolden(t *testing.T) *golden {
	t.Helper()
	data, err := os.ReadFile("testdata/golden.json")
	g := new(golden)
	if err == nil {
		err = json.Unmarshal(data, g)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12) {
		t.Errorf("%s: %.17g, want %.17g", what, got, want)
	}
}

// TestRliable compares every statistic and its interval from the same resamples with rliable.
func TestRliable(t *testing.T) {
	g := readGolden(t)
	b := Bootstrap{Resamples: len(g.Drawn), draw: func(resample, _, task, run, _ int) int { return g.Drawn[resample][run][task] }}
	for i, f := range []Statistic{IQM, Above(0.85)} {
		got := b.Interval(f, g.X)
		near(t, g.Names[i], got.Point, g.Points[i])
		near(t, g.Names[i]+" low", got.Low, g.Low[i])
		near(t, g.Names[i]+" high", got.High, g.High[i])
	}
}

func TestRliableImprovement(t *testing.T) {
	g := readGolden(t)
	b := Bootstrap{Resamples: len(g.ImprovementDrawn), draw: func(resample, group, task, run, _ int) int {
		return g.ImprovementDrawn[resample][group][run][task]
	}}
	got := b.Interval(Improvement, g.X, g.Y)
	near(t, "improvement", got.Point, g.Improvement)
	near(t, "low", got.Low, g.ImprovementLow)
	near(t, "high", got.High, g.ImprovementHigh)
}

// TestSeed: the same seed gives the same interval, another one gives another, and every run is drawn about equally often.
func TestSeed(t *testing.T) {
	g := readGolden(t)
	one, again, other := Bootstrap{Resamples: 500, Seed: 1}, Bootstrap{Resamples: 500, Seed: 1}, Bootstrap{Resamples: 500, Seed: 2}
	a := one.Interval(IQM, g.X)
	if b := again.Interval(IQM, g.X); a != b {
		t.Errorf("%+v and %+v from one seed", a, b)
	}
	if b := other.Interval(IQM, g.X); a.Low == b.Low && a.High == b.High {
		t.Errorf("%+v from two seeds", a)
	}
	const runs, draws = 7, 70000
	var count [runs]int
	for r := range draws {
		count[one.philox(r, 0, 1, 3, runs)]++
	}
	chi := 0.0
	for _, n := range count {
		d := float64(n) - draws/runs
		chi += d * d / (draws / runs)
	}
	if chi > 22.5 { // the 99.9th percentile with 6 degrees of freedom
		t.Errorf("runs are drawn %v times: chi-square %.1f", count, chi)
	}
}

// TestCoverage: of 400 samples of 20 normal scores, about 95 % have the true mean in their interval. The percentile
// bootstrap is known to be a little narrow.
func TestCoverage(t *testing.T) {
	inside := 0
	for sample := range 400 {
		draw := Bootstrap{Seed: uint64(1000 + sample)}
		var runs []float64
		for i := range 20 {
			sum := 0.0 // of twelve uniform variables, less six: nearly normal
			for k := range 12 {
				sum += float64(draw.philox(i, k, 0, 0, 1<<20)) / (1 << 20)
			}
			runs = append(runs, sum-6)
		}
		in := Bootstrap{Resamples: 400, Seed: uint64(sample)}.Interval(func(groups ...Scores) float64 { return mean(groups[0][0]) }, Scores{runs})
		if in.Low <= 0 && 0 <= in.High {
			inside++
		}
	}
	if share := float64(inside) / 400; share < 0.90 || share > 0.975 {
		t.Errorf("%.3f of the intervals have the true mean", share)
	}
}

func TestEdges(t *testing.T) {
	near(t, "IQM of one score", IQM(Scores{{3}}), 3)
	near(t, "IQM of three scores", IQM(Scores{{1, 2, 9}}), 4) // a quarter of three is no whole score
	near(t, "IQM of four scores", IQM(Scores{{1, 2, 4, 9}}), 3)
	near(t, "improvement on itself", Improvement(Scores{{1, 2}}, Scores{{1, 2}}), 0.5)
	one := Bootstrap{Resamples: 10}.Interval(IQM, Scores{{3}})
	if one != (Interval{3, 3, 3}) {
		t.Errorf("one score: %+v", one)
	}
}
