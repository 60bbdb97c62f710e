package sim

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/sim/engine"
)

// TestSmallHallsMeasureAllServers: with at most 32 ESs every ES is measured.
func TestSmallHallsMeasureAllServers(t *testing.T) {
	for _, m := range []int{1, 4, 31, 32} {
		p := newParams(paper(t, func(s *Scenario) { s.Servers = m }))
		if near := p.near.at(299, 1); len(near) != m || near[m-1] != int32(m-1) {
			t.Errorf("%d ESs: an IED measures %v", m, near)
		}
	}
}

// TestNearServersAreTheNearest compares the table with a search from the centre of a cell. For any
// position, the nearest ES must be among the measured ones.
func TestNearServersAreTheNearest(t *testing.T) {
	s := paper(t, nil).Population(3000)
	p := newParams(s)
	if p.M != 400 || p.near.measured != 32 {
		t.Fatalf("%d ESs, %d measured", p.M, p.near.measured)
	}
	for step := range 500 {
		x, y := p.width*float32(step%25)/25, p.depth*float32(step/25)/20
		near := p.near.at(x, y)
		if !slices.IsSorted(near) || len(near) != 32 {
			t.Fatalf("an IED at (%v, %v) measures %v", x, y, near)
		}
		distance := func(m int32) float64 {
			return math.Hypot(float64(p.servers[m][0]-x), float64(p.servers[m][1]-y))
		}
		best := int32(0)
		for m := range int32(p.M) {
			if distance(m) < distance(best) {
				best = m
			}
		}
		if !slices.Contains(near, best) {
			t.Errorf("an IED at (%v, %v) does not measure ES %d, the nearest", x, y, best)
		}
	}
}

// TestBytesGrowWithWorldsAndIEDs: Bytes is linear in W A and equals what allocate takes.
func TestBytesGrowWithWorldsAndIEDs(t *testing.T) {
	s := paper(t, nil)
	w, err := New(s, 7, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := 4 * int64(engine.Words(w.stateFields())+engine.Words(w.outcomeFields())); Bytes(s, 7) != want {
		t.Errorf("Bytes says %d, the arrays have %d", Bytes(s, 7), want)
	}
	one, many := float64(Bytes(s.Population(30), 64)), float64(Bytes(s.Population(3000), 64))
	if many/one > 101 || many/one < 99 {
		t.Errorf("100 times the IEDs take %.1f times the memory", many/one)
	}
}
