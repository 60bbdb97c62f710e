package sim

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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

// layouts place the m-th of n ESs in a hall of 3000 x 2000 m.
var layouts = map[string]func(r *rand.Rand, m, n int) (x, y float64){
	"uniform": func(r *rand.Rand, m, n int) (x, y float64) { return 3000 * r.Float64(), 2000 * r.Float64() },
	"hot spot": func(r *rand.Rand, m, n int) (x, y float64) { // one tenth of the width and depth
		return 2000 + 300*r.Float64(), 500 + 200*r.Float64()
	},
	"city": func(r *rand.Rand, m, n int) (x, y float64) { // as base stations are: denser towards a centre, with outliers
		far, turn := 950*math.Pow(r.Float64(), 3), 2*math.Pi*r.Float64()
		return 1400 + far*math.Cos(turn), 1000 + far*math.Sin(turn)
	},
	"clusters": func(r *rand.Rand, m, n int) (x, y float64) { // of 1 m, far apart
		return 200 + 400*float64(m%7) + r.Float64(), 200 + 250*float64(m%5) + r.Float64()
	},
	"lattice": func(r *rand.Rand, m, n int) (x, y float64) { return 100 * float64(m%20), 100 * float64(m/20%20) },
	"line":    func(r *rand.Rand, m, n int) (x, y float64) { return 3000 * float64(m) / float64(n), 700 },
	"diagonal": func(r *rand.Rand, m, n int) (x, y float64) {
		return 3000 * float64(m) / float64(n), 2000 * float64(m) / float64(n)
	},
	"circle": func(r *rand.Rand, m, n int) (x, y float64) { // around the centre of the hall all are equally far
		sin, cos := math.Sincos(2 * math.Pi * float64(m) / float64(n))
		return 1500 + 600*cos, 1000 + 600*sin
	},
	"pairs": func(r *rand.Rand, m, n int) (x, y float64) {
		return 3000 * float64(m/2) / float64(n), 10 * float64(m/2%9)
	},
	"one place":  func(r *rand.Rand, m, n int) (x, y float64) { return 1000, 1000 },
	"two places": func(r *rand.Rand, m, n int) (x, y float64) { return 1000 + 100*float64(m%2), 1000 },
}

// hallOf is a scenario with n ESs in one of the layouts.
func hallOf(t *testing.T, layout string, n, candidates int) *Scenario {
	return paper(t, func(s *Scenario) {
		s.Hall.WidthM, s.Hall.DepthM, s.Servers, s.MaxCandidates = 3000, 2000, n, candidates
		r := rand.New(rand.NewPCG(uint64(n), 5))
		for m := range n {
			x, y := layouts[layout](r, m, n)
			s.Hall.ServerPositions = append(s.Hall.ServerPositions, Point{x, y})
		}
	})
}

// someplace draws a place, most often near an ES.
func someplace(r *rand.Rand, p *params) (x, y float32) {
	if r.IntN(4) == 0 {
		return p.width * r.Float32(), p.depth * r.Float32()
	}
	at, around := p.servers[r.IntN(p.M)], 1000*math.Exp(-12*r.Float64())
	move := func(x, most float32) float32 { return min(max(x+float32(around*r.NormFloat64()), 0), most) }
	return move(at[0], p.width), move(at[1], p.depth)
}

// TestMeasuredServersHaveTheNearest compares with a search through all ESs: whatever the layout, the C nearest of a place are
// measured there. Which of several equally far ones are, up to rounding, is left open.
func TestMeasuredServersHaveTheNearest(t *testing.T) {
	for layout := range layouts {
		for _, n := range []int{33, 200, 700} {
			for _, c := range []int{1, 4, 16, 40} {
				p := newParams(hallOf(t, layout, n, c))
				r := rand.New(rand.NewPCG(1, 2))
				for range 500 {
					x, y := someplace(r, p)
					list := p.near.at(x, y)
					if !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != measuredOf(n, c) {
						t.Fatalf("%s, %d ESs, %d candidates: at (%v, %v) the list is %v", layout, n, c, x, y, list)
					}
					all, some := distances(p, nil, x, y), distances(p, list, x, y)
					if c := p.C - 1; some[c] > all[c]*(1+1e-6) {
						t.Fatalf("%s, %d ESs, %d candidates: at (%v, %v) nearest number %d of the measured is %v m away, of all %v m",
							layout, n, p.C, x, y, c, some[c], all[c])
					}
				}
			}
		}
	}
}

// distances are those of the listed ESs from a place, ascending; nil lists all.
func distances(p *params, list []int32, x, y float32) []float64 {
	if list == nil {
		list = p.rank // every ES, in some order
	}
	var d []float64
	for _, m := range list {
		d = append(d, math.Hypot(float64(p.servers[m][0])-float64(x), float64(p.servers[m][1])-float64(y)))
	}
	slices.Sort(d)
	return d
}

// TestListsAreTheNearestOfTheirCells compares lists with a stable sort of all ESs by the distance from the middle of a cell.
func TestListsAreTheNearestOfTheirCells(t *testing.T) {
	for layout := range layouts {
		p := newParams(hallOf(t, layout, 400, 4))
		compareLists(t, layout, p)
	}
}

// TestGridsHaveAListForEachCell: presets of any size have the ESs of a grid, and none of their IEDs searches.
func TestGridsHaveAListForEachCell(t *testing.T) {
	for _, preset := range Presets() {
		s, err := Preset(preset)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{300, 333, 1000, 2500, 7777} {
			p := newParams(s.Population(n))
			if p.near.searched {
				t.Errorf("%s:%d: there are cells without a list", preset, n)
			}
			if p.M <= 400 {
				compareLists(t, preset, p)
			}
		}
	}
}

func compareLists(t *testing.T, name string, p *params) {
	t.Helper()
	for at := range p.near.cellsX * p.near.cellsY {
		list := p.near.list[at*p.near.measured:][:p.near.measured]
		x := (float64(at%p.near.cellsX) + 0.5) * float64(p.width) / float64(p.near.cellsX)
		y := (float64(at/p.near.cellsX) + 0.5) * float64(p.depth) / float64(p.near.cellsY)
		far := func(m int32) float64 { return math.Hypot(float64(p.servers[m][0])-x, float64(p.servers[m][1])-y) }
		want := make([]int32, p.M)
		for m := range want {
			want[m] = int32(m)
		}
		slices.SortStableFunc(want, func(a, b int32) int { return cmp.Compare(far(a), far(b)) })
		slices.Sort(want[:len(list)])
		if list[0] >= 0 && !slices.Equal(list, want[:len(list)]) {
			t.Fatalf("%s, %d ESs, cell %d: %v, want %v", name, p.M, at, list, want[:len(list)])
		}
	}
}

// TestServersAtOnePlace: of more ESs at one place than an IED measures, those with the lowest numbers are measured.
func TestServersAtOnePlace(t *testing.T) {
	p := newParams(hallOf(t, "one place", 100, 4))
	for _, at := range [][2]float32{{0, 0}, {1000, 1000}, {1000.5, 999}, {3000, 2000}} {
		if list := p.near.at(at[0], at[1]); list[0] != 0 || list[31] != 31 {
			t.Errorf("at %v an IED measures %v", at, list)
		}
	}
}

// TestEnginesFindTheSameServers plays halls whose cells have no lists, with IEDs that stand and that move, on all engines.
func TestEnginesFindTheSameServers(t *testing.T) {
	for i, layout := range []string{"hot spot", "clusters", "diagonal", "circle", "two places"} {
		s := hallOf(t, layout, 300, []int{4, 64}[i%2])
		s.IEDs, s.Time.Slots = 300, 2
		d := dice{rand.New(rand.NewPCG(3, uint64(i)))}
		compareEngines(t, d, s, 1)
		s.Hall.Mobility = Mobility{SpeedMPerS: Range{1, 50}, EverySlots: 1, CorrelationM: 100}
		compareEngines(t, d, s, 2)
	}
}

// TestMostServers: the table of the largest hall is made, and an ES is found by its own place.
func TestMostServers(t *testing.T) {
	s := hallOf(t, "city", maxServers, 4)
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	p := newParams(s)
	for m := 0; m < p.M; m += 97 {
		if list := p.near.at(p.servers[m][0], p.servers[m][1]); !slices.Contains(list, int32(m)) {
			t.Fatalf("where ES %d is, an IED measures %v", m, list)
		}
	}
	for servers, ieds := range map[int]int{maxServers: 1<<18 + 1, maxServers + 1: 1, 5000: 1 << 20} {
		s := paper(t, func(s *Scenario) { s.Servers, s.IEDs = servers, ieds })
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), "servers: ") {
			t.Errorf("%d ESs and %d IEDs: %v", servers, ieds, err)
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
