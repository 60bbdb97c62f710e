package loop

import (
	"math"
	"testing"
)

func TestLevel(t *testing.T) {
	for at, want := range map[float64]int{0.5: 0, 1: 2, 4: 3, never: 3} {
		if got := level([]float64{1, 1, 3, -1, -1}, at); got != want {
			t.Errorf("at %g s %d levels are reached, want %d", at, got, want)
		}
	}
}

// rig is a seed with two bases, at stations of their own, levels 1 and 2, and one world.
func rig() *seedResult {
	f1 := func(values ...float64) (list []classified) {
		for _, v := range values {
			list = append(list, classified{Rare: v, Macro: v / 2})
		}
		return list
	}
	return &seedResult{
		bases: []int{0, 1},
		ideal: &played{Reached: [][][]float64{{{0, 2}, {0, 1}}}},
		plays: []*played{{Reached: [][][]float64{{{1, 6}, {4, -1}}}}, {Reached: [][][]float64{{{2, 9}, {3, 8}}}}},
		quality: map[source][][]classified{
			nothing: {f1(0), f1(.1)}, together: {f1(.2, .8), f1(.77, .8)}, rawImages: {f1(.9), f1(1)},
		},
	}
}

// Curves, goals and times by hand. Base 1 has .95 of .8 with the first level, base 0 with the second.
func TestScores(t *testing.T) {
	r := rig()
	for at, want := range map[float64]float64{0: .05, 1: (.2 + .1) / 2, 4: (.2 + .77) / 2, 6: (.8 + .77) / 2} {
		if got := r.rareAt(r.plays[0], together, at); math.Abs(got-want) > 1e-12 {
			t.Errorf("F1 at %g s is %g, want %g", at, got, want)
		}
	}
	if got := r.end(rawImages); math.Abs(got-.95) > 1e-12 {
		t.Errorf("with raw images %g", got)
	}
	if a, b := r.goal(.95, 0, 0), r.goal(.5, 0, 1); a != .95*.8 || b != .4 {
		t.Errorf("goals are F1 of %g and %g", a, b)
	}
	report := &Report{Horizon: 10, Targets: []float64{1}}
	if got := report.seconds(r, r.plays[0], .95); got != (6.+4)/2 {
		t.Errorf("the target is reached after %g s", got)
	}
	if got := report.seconds(r, r.plays[0], 1); got != (6.+10)/2 {
		t.Errorf("a target that is never reached counts %g s", got)
	}
	r.plays[0].kind, r.plays[1].kind = learned, rule
	if got := report.targets(0, []*seedResult{r}); len(got) != 1 || got[0].Seconds.Mean != 8 || got[0].Reaching.Mean != .5 {
		t.Errorf("targets: %+v", got)
	}
	report.compare([]*seedResult{r})
	if len(report.Earlier) != 1 || report.Earlier[0].Seconds.Mean != (9.+8)/2-8 || report.Earlier[0].Worlds.Mean != .5 {
		t.Errorf("compared: %+v", report.Earlier)
	}
}
