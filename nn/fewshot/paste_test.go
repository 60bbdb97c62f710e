package fewshot

import (
	"math"
	"testing"

	"github.com/gmel-go/gmel/nn/dataset"
)

// spot is a set of two grey images with little noise and a bright spot in the first one.
func spot() *dataset.Set {
	set := &dataset.Set{Name: "spot", Shape: []int{32, 32, 1}, High: 255, Classes: []string{"rare", "plain"}, Class: []int{0, 1}, Values: make([]float32, 2*32*32)}
	for i := range set.Values {
		row, y, x := i/1024, i/32%32, i%32
		set.Values[i] = float32(100 + (7*y+11*x)%5)
		if row == 0 && (y-8)*(y-8)+(x-20)*(x-20) <= 9 {
			set.Values[i] = 220
		}
	}
	return set
}

// The mask covers the spot and little else; without it, the image is plain; and pastes have a spot elsewhere.
func TestPaste(t *testing.T) {
	set := spot()
	p := newPhoto(set, 0)
	for i, m := range p.mask.v {
		away := math.Hypot(float64(i/32-8), float64(i%32-20))
		if away < 2.5 && m < .9 || away > 9 && m > 0 {
			t.Errorf("the mask is %g at a distance of %g from the spot", m, away)
		}
	}
	y, x := p.mask.centre()
	if math.Hypot(y-8, x-20) > 1 {
		t.Errorf("the mask is at %g, %g, want 8, 20", y, x)
	}
	m := &material{task: &Task{Set: set, Rare: []int{0}}, rows: []int{0, 1}, seed: 1}
	for i, v := range p.cleaned(m.dice(0)).values {
		if v > 130 {
			t.Fatalf("after cleaning, pixel %d is %g", i, v)
		}
	}
	made := m.paste()
	places := map[int]bool{}
	for n := range made.N() {
		bright, at := 0, 0
		for i, v := range made.Sample(n) {
			if v > 160 {
				bright, at = bright+1, i
			}
		}
		if bright > 80 { // scaled by 1.3 at most: 29 pixels become 49
			t.Errorf("paste %d has %d bright pixels", n, bright)
		}
		if bright > 5 {
			places[at] = true
		}
	}
	if made.N() != madePerClass || len(places) < madePerClass/2 {
		t.Errorf("%d pastes with the spot in %d places", made.N(), len(places))
	}
}

// Without a turn, a mirror image and a change of size, a move is one by whole pixels: interpolation is exact on them.
func TestMove(t *testing.T) {
	m := &move{centre: [2]float64{8, 20}, to: [2]float64{11, 5}, cos: 1}
	if y, x := m.from(11, 5); y != 8 || x != 20 {
		t.Errorf("the centre is from %g, %g", y, x)
	}
	p := newPhoto(spot(), 0).channel(0)
	if y, x := m.from(10, 7); p.at(y, x) != p.v[7*32+22] {
		t.Errorf("pixel from %g, %g is %g, want %g", y, x, p.at(y, x), p.v[7*32+22])
	}
	if got, want := p.at(7.5, 22), (p.v[7*32+22]+p.v[8*32+22])/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("between two pixels %g, want %g", got, want)
	}
	if p.at(-.5, 3) != 0 || p.at(3, 31.5) != 0 {
		t.Error("outside is not 0")
	}
}
