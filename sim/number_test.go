package sim

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim/engine"
)

// startNumbered makes worlds on an engine whose IEDs are numbered by the nearest ES, and a random policy.
func startNumbered(t *testing.T, engine string, s *Scenario, worlds int, seed uint64) (*Worlds, Policy, []int32) {
	t.Helper()
	w, err := NewOn(engine, s, worlds, seed)
	if err != nil {
		t.Fatal(err)
	}
	w.NumberByNearest(true)
	return w, policy(t, "random", s), make([]int32, w.W*w.A)
}

// halls are scenarios of several ESs that cover every way to draw a topology.
func halls(t *testing.T) map[string]*Scenario {
	each := map[string]func(*Scenario){
		"episode":  func(*Scenario) {},
		"fixed":    func(s *Scenario) { s.Topology = TopologyFixed },
		"one IED":  func(s *Scenario) { s.IEDs = 1 },
		"many ESs": func(s *Scenario) { s.IEDs, s.Servers = 300, 60 },
		"mobility": func(s *Scenario) {
			s.Hall.Mobility = Mobility{SpeedMPerS: Range{1, 2}, EverySlots: 1, CorrelationM: 10}
		},
		"moving far": func(s *Scenario) {
			s.Servers, s.Hall.Mobility = 60, Mobility{SpeedMPerS: Range{1, 90}, EverySlots: 2, CorrelationM: 10}
		},
		"positions": func(s *Scenario) { s.Servers, s.Hall.ServerPositions = 3, []Point{{290, 20}, {10, 140}, {150, 75}} },
	}
	all := map[string]*Scenario{}
	for name, change := range each {
		all[name] = paper(t, func(s *Scenario) { s.Time.Slots = 4; change(s) })
	}
	return all
}

// At the beginning of every episode, numbered worlds have the IEDs of plain worlds in another order: by
// the rank of the nearest ES, and on ties in the order of drawing.
func TestNumbersFollowTheNearestES(t *testing.T) {
	for name, s := range halls(t) {
		for _, engine := range Engines() {
			w, p, actions := startNumbered(t, engine, s, 3, 7)
			plain, q, others := start(t, s, 3, 7)
			for episode := range 3 {
				moved := 0
				for world := range w.W {
					moved += checkOrder(t, fmt.Sprintf("%s, %s, episode %d, world %d", name, engine, episode, world), w, plain, world)
				}
				if moved == 0 && w.A > 1 {
					t.Errorf("%s: numbers are those of the draw", name)
				}
				play(t, w, p, actions, s.Time.Slots)
				play(t, plain, q, others, s.Time.Slots)
			}
		}
	}
}

// checkOrder compares all arrays of a topology and returns how many IEDs have another number.
func checkOrder(t *testing.T, what string, w, plain *Worlds, world int) (moved int) {
	t.Helper()
	first, drawn := plain.View(world).First, make([]int, w.A)
	for i := range drawn {
		drawn[i] = i
	}
	slices.SortStableFunc(drawn, func(a, b int) int { return cmp.Compare(w.p.rank[first[a]], w.p.rank[first[b]]) })
	places, before := w.View(world).Places, plain.View(world).Places
	for number, i := range drawn {
		if number != i {
			moved++
		}
		if places[number] != before[i] {
			t.Fatalf("%s: IED %d stands at %v, want %v", what, number, places[number], before[i])
		}
	}
	had := plain.topologyFields()
	for k, f := range w.topologyFields() {
		now, then := appendArray(nil, &f), appendArray(nil, &had[k])
		width := len(now) / (w.W * w.A)
		for number, i := range drawn {
			if !bytes.Equal(now[(world*w.A+number)*width:][:width], then[(world*w.A+i)*width:][:width]) {
				t.Fatalf("%s: %s of IED %d is not that of IED %d before", what, f.Name, number, i)
			}
		}
	}
	return moved
}

// topologyFields are the arrays [W, A, ...] that a topology determines.
func (w *Worlds) topologyFields() (fields []engine.Array) {
	for _, f := range w.stateFields() {
		if slices.Contains([]string{"speed", "cand", "gain", "los", "place_x", "place_y", "goal_x", "goal_y", "pace", "rest", "drift"}, f.Name) {
			fields = append(fields, f)
		}
	}
	return fields
}

// A restored state continues like the original into the next episode. Worlds with another numbering refuse it.
func TestNumberedStateContinues(t *testing.T) {
	for name, s := range halls(t) {
		a, p, actions := startNumbered(t, Engines()[0], s, 3, 5)
		b, _, _ := startNumbered(t, engineGo, s, 3, 99)
		play(t, a, p, actions, 6)
		saved := marshal(t, a)
		restore(t, b, saved)
		if !slices.Equal(a.View(2).Places, b.View(2).Places) {
			t.Errorf("%s: the restored IEDs stand elsewhere", name)
		}
		play(t, a, p, actions, 7)
		play(t, b, p, actions, 7)
		if !bytes.Equal(marshal(t, a), marshal(t, b)) {
			t.Errorf("%s: the restored worlds went another way", name)
		}
		plain, _, _ := start(t, s, 3, 5)
		for _, err := range []error{plain.UnmarshalBinary(saved), a.UnmarshalBinary(marshal(t, plain))} {
			if err == nil || !strings.Contains(err.Error(), "NumberByNearest") {
				t.Errorf("%s: a state of worlds that number otherwise: error %v", name, err)
			}
		}
	}
}

// NumberByNearest resets the worlds if the numbering changes, and only then.
func TestNumberByNearestStartsAnew(t *testing.T) {
	for _, engine := range Engines() {
		s := paper(t, nil)
		w, p, actions := startNumbered(t, engine, s, 2, 8)
		play(t, w, p, actions, 3)
		before := marshal(t, w)
		w.NumberByNearest(true)
		if !bytes.Equal(before, marshal(t, w)) {
			t.Errorf("%s: the numbers did not change, the worlds did", engine)
		}
		w.NumberByNearest(false)
		plain, _, _ := start(t, s, 2, 8)
		if !bytes.Equal(marshal(t, plain), marshal(t, w)) {
			t.Errorf("%s: the worlds are not those of New", engine)
		}
	}
}

// In a hall of 16 x 16, 16 x 8 or 8 x 16 ESs, the path goes from each ES to a neighbouring one.
func TestRanksWalkThroughTheHall(t *testing.T) {
	for _, hall := range [][2]int{{16, 16}, {16, 8}, {8, 16}} {
		p := &params{M: hall[0] * hall[1], width: 10 * float32(hall[0]), depth: 10 * float32(hall[1])}
		for m := range p.M {
			p.servers = append(p.servers, [2]float32{10*float32(m%hall[0]) + 5, 10*float32(m/hall[0]) + 5})
		}
		way := make([][2]float32, p.M)
		for m, r := range ranks(p) {
			way[r] = p.servers[m]
		}
		for i, at := range way[1:] {
			dx, dy := at[0]-way[i][0], at[1]-way[i][1]
			if dx*dx+dy*dy != 100 {
				t.Errorf("%v: from %v to %v", hall, way[i], at)
			}
		}
	}
}

// In groups of consecutive numbers, most pairs have a candidate in common, and so have an IED and those with the
// numbers around its own. With the numbers of the draw and many IEDs, few pairs do.
func TestGroupsHaveCandidatesInCommon(t *testing.T) {
	for _, x := range []struct {
		ieds, group          int
		drawn, least, around float64 // share of the pairs: at most as drawn, at least as numbered, at least in windows
	}{
		{30, 10, 1, 1, 1}, {100, 20, 0.74, 0.94, 0.96}, {300, 20, 0.29, 0.85, 0.88}, {1000, 20, 0.09, 0.8, 0.84},
		{1000, 50, 0.09, 0.62, 0.67},
	} {
		s, err := Load(fmt.Sprintf("population:%d", x.ieds))
		if err != nil {
			t.Fatal(err)
		}
		w, _, _ := startNumbered(t, Engines()[0], s, max(1, 3000/x.ieds), 1)
		numbered, around := inCommon(w, x.group), inCommonAround(w, x.group)
		w.NumberByNearest(false)
		drawn := inCommon(w, x.group)
		t.Logf("%d IEDs, groups of %d: %.3f of the pairs, %.3f in windows, %.3f as drawn", x.ieds, x.group, numbered, around, drawn)
		if around < x.around {
			t.Errorf("%d IEDs, windows of %d: %.3f of the pairs have a candidate in common, want at least %g", x.ieds, x.group, around, x.around)
		}
		if numbered < x.least || drawn > x.drawn {
			t.Errorf("%d IEDs, groups of %d: %.3f of the pairs have a candidate in common, %.3f as drawn; want at least %g, at most %g",
				x.ieds, x.group, numbered, drawn, x.least, x.drawn)
		}
	}
}

// inCommon is the share of pairs in groups of g IEDs that have a candidate in common.
func inCommon(w *Worlds, g int) float64 {
	pairs, have := 0, 0
	for first := 0; first < w.W*w.A; first += g {
		for a := first; a < first+g; a++ {
			for b := first; b < a; b++ {
				pairs, have = pairs+1, have+w.shares(a, b)
			}
		}
	}
	return float64(have) / float64(pairs)
}

// inCommonAround is the share among the pairs of an IED and another one in the window of g numbers around its own.
func inCommonAround(w *Worlds, g int) float64 {
	pairs, have := 0, 0
	for a := range w.W * w.A {
		world := a / w.A * w.A
		from := world + min(max(a-world-(g-1)/2, 0), w.A-g)
		for b := from; b < from+g; b++ {
			if a != b {
				pairs, have = pairs+1, have+w.shares(a, b)
			}
		}
	}
	return float64(have) / float64(pairs)
}

// shares is 1 if two IEDs have a candidate in common, else 0.
func (w *Worlds) shares(a, b int) int {
	c := w.p.C
	if slices.ContainsFunc(w.cand[a*c:][:c], func(m int32) bool { return slices.Contains(w.cand[b*c:][:c], m) }) {
		return 1
	}
	return 0
}
