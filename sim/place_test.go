package sim

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestQuantile compares with the inverse error function of the standard library.
func TestQuantile(t *testing.T) {
	for k := -1 << 16; k <= 1<<16; k++ {
		q := float32(k) / (1<<17 + 2)
		if got, want := float64(quantile(q)), math.Sqrt2*math.Erfinv(2*float64(q)); math.Abs(got-want) > 4e-6*math.Abs(want) {
			t.Fatalf("the quantile of 1/2 + %v is %v, want %v", q, got, want)
		}
	}
	for _, q := range []float64{0.5, -0.5} { // the end counts as 2^-25 before it
		within(t, "quantile of the end", float64(quantile(float32(q))), math.Copysign(math.Sqrt2*math.Erfinv(1-0x1p-24), q), 1e-5)
	}
	if u := []float32{inner(0), inner(math.MaxUint32)}; u[0] != 0x1p-24 || u[1] != 1-0x1p-24 {
		t.Errorf("uniform numbers from %v to %v", u[0], u[1])
	}
}

// drawn are n places of a scenario, from many episodes.
func drawn(t *testing.T, s *Scenario, n int) (x, y []float64) {
	t.Helper()
	w, _, _ := start(t, s, 1, 11)
	for len(x) < n {
		for _, at := range w.places(0) {
			x, y = append(x, float64(at[0])), append(y, float64(at[1]))
		}
		w.episode[0]++
	}
	return x, y
}

func meanAndVariance(x []float64) (mean, variance float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		variance += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, variance
}

// kolmogorov is the largest distance between the empirical distribution of x and a distribution.
func kolmogorov(x []float64, cdf func(float64) float64) (d float64) {
	x = slices.Sorted(slices.Values(x))
	n := float64(len(x))
	for i, v := range x {
		d = max(d, cdf(v)-float64(i)/n, float64(i+1)/n-cdf(v))
	}
	return d
}

// cutNormal is the closed form of a normal distribution between two walls: Johnson, Kotz and
// Balakrishnan, "Continuous univariate distributions", vol. 1, section 13.10.1.
type cutNormal struct{ centre, spread, side float64 }

func (c cutNormal) below(v float64) float64 {
	phi := func(v float64) float64 { return (1 + math.Erf((v-c.centre)/c.spread/math.Sqrt2)) / 2 }
	return (phi(v) - phi(0)) / (phi(c.side) - phi(0))
}

func (c cutNormal) moments() (mean, variance float64) {
	density := func(z float64) float64 { return math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) }
	a, b := -c.centre/c.spread, (c.side-c.centre)/c.spread
	z := (math.Erf(b/math.Sqrt2) - math.Erf(a/math.Sqrt2)) / 2
	shift := (density(a) - density(b)) / z
	return c.centre + c.spread*shift, c.spread * c.spread * (1 + (a*density(a)-b*density(b))/z - shift*shift)
}

// Around a hot spot, both coordinates are independent normal variables under the condition that the IED
// is in the hall: also at a wall, in a corner, and with a spread far beyond the hall.
func TestHotSpotsAreCutAtTheWalls(t *testing.T) {
	const n = 60000
	for _, h := range []HotSpot{{150, 75, 5, 1}, {20, 140, 30, 1}, {0, 150, 60, 1}, {300, 0, 1e5, 1}, {290, 75, 3, 1}} {
		s := paper(t, func(s *Scenario) { s.IEDs, s.Hall.HotSpots = 1000, []HotSpot{h} })
		x, y := drawn(t, s, n)
		var product float64
		for axis, have := range [][]float64{x, y} {
			want := cutNormal{[]float64{h.XM, h.YM}[axis], h.SpreadM, []float64{300, 150}[axis]}
			what := fmt.Sprintf("%v, axis %d: ", h, axis)
			mean, variance := want.moments()
			sigma := math.Sqrt(variance)
			if h.SpreadM > 1e4 { // the closed form cancels; that of a uniform variable is as good
				mean, sigma = want.side/2, want.side/math.Sqrt(12)
			}
			m, v := meanAndVariance(have)
			within(t, what+"mean", m, mean, 4*sigma/math.Sqrt(n))
			within(t, what+"deviation", math.Sqrt(v), sigma, 4*sigma/math.Sqrt(n))
			if d := kolmogorov(have, want.below); d*math.Sqrt(n) > 1.95 { // one in 1,000
				t.Errorf("%sKolmogorov-Smirnov distance %v", what, d)
			}
			if slices.Min(have) < 0 || slices.Max(have) > want.side {
				t.Errorf("%splaces from %v to %v", what, slices.Min(have), slices.Max(have))
			}
		}
		mx, vx := meanAndVariance(x)
		my, vy := meanAndVariance(y)
		for i := range x {
			product += (x[i] - mx) * (y[i] - my) / n
		}
		within(t, fmt.Sprintf("%v: correlation of x and y", h), product/math.Sqrt(vx*vy), 0, 4/math.Sqrt(n))
	}
}

// Hot spots get their shares of the IEDs, and the rest is uniform. Speeds are those of the scenario
// without hot spots.
func TestHotSpotShares(t *testing.T) {
	const n = 60000
	s := paper(t, func(s *Scenario) {
		s.IEDs = 1000
		s.Hall.HotSpots = []HotSpot{{50, 50, 1, 0.5}, {100, 100, 1, 0}, {250, 100, 1, 0.2}}
	})
	x, y := drawn(t, s, n)
	var inSpot [3]float64
	var rest []float64
	for i := range x {
		uniform := true
		for k, h := range s.Hall.HotSpots {
			if math.Hypot(x[i]-h.XM, y[i]-h.YM) < 6 {
				inSpot[k]++
				uniform = false
			}
		}
		if uniform {
			rest = append(rest, y[i])
		}
	}
	disc := math.Pi * 36 / (300 * 150) // the uniform rest is there too
	for k, h := range s.Hall.HotSpots {
		share := h.Share + 0.3*disc
		within(t, fmt.Sprintf("share of hot spot %d", k), inSpot[k]/n, share, 4*math.Sqrt(share*(1-share)/n))
	}
	if d := kolmogorov(rest, func(v float64) float64 { return v / 150 }); d > 1.95/math.Sqrt(float64(len(rest)))+disc*3 {
		t.Errorf("the rest is not uniform: distance %v", d)
	}
	a, _, _ := start(t, s, 1, 3)
	b, _, _ := start(t, paper(t, func(s *Scenario) { s.IEDs = 1000 }), 1, 3)
	if !slices.Equal(a.speed, b.speed) {
		t.Error("hot spots change the speeds of IEDs")
	}
}

// Shares that add up to 1 leave no uniform IED, although the sum of the rounded shares is below 1.
func TestSharesOfOneLeaveNoRest(t *testing.T) {
	s := paper(t, func(s *Scenario) {
		s.IEDs = 1000
		for range 3 {
			s.Hall.HotSpots = append(s.Hall.HotSpots, HotSpot{10, 10, 1, 0.3333333})
		}
		s.Hall.HotSpots = append(s.Hall.HotSpots, HotSpot{200, 100, 1, 0})
	})
	over := s.Clone()
	for k, share := range []float64{0.3334, 0.3334, 0.3333} { // the sum 1.0001 is taken for rounding
		over.Hall.HotSpots[k].Share = share
	}
	w, _, _ := start(t, over, 1, 1)
	if spots := w.p.spots; spots[0].upTo != float32(0.3334/1.0001) || spots[2].upTo != 2 {
		t.Errorf("cumulative shares %v", spots)
	}
	over.Hall.HotSpots[0].Share = 0.5
	if err := over.Validate(); err == nil || !strings.Contains(err.Error(), "hall.hot_spots: the shares add up to 1.1667; allowed: shares that add up to at most 1,") {
		t.Errorf("error %v", err)
	}
	p := newParams(s)
	if p.spots[1].upTo > 1 || p.spots[2].upTo != 2 {
		t.Errorf("cumulative shares %v", p.spots)
	}
	x, _ := drawn(t, s, 20000)
	if slices.Max(x) > 20 {
		t.Errorf("an IED stands at x = %v", slices.Max(x))
	}
}

// ring are n positions on an ellipse in the hall of the preset.
func ring(n int) (at []Point) {
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		at = append(at, Point{150 + 140*cos, 75 + 70*sin})
	}
	return at
}

// placesFile writes a file of positions.
func placesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users.csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// With a row for each IED, IED i stands at row i in all worlds and episodes, from a list and from a file.
func TestPositionsAreThoseOfTheRows(t *testing.T) {
	text := "x_m,y_m\n"
	for _, at := range ring(30) {
		text += fmt.Sprintf("%v,%v\n", at[0], at[1])
	}
	for name, set := range map[string]func(*Hall){
		"list": func(h *Hall) { h.IEDPositions = ring(30) },
		"file": func(h *Hall) { h.IEDPositionsFile = placesFile(t, text) },
	} {
		s := paper(t, func(s *Scenario) { s.Time.Slots = 2; set(&s.Hall) })
		w, p, actions := start(t, s, 2, 5)
		for range 3 {
			for world := range w.W {
				for i, at := range w.View(world).Places {
					if want := ring(30)[i]; at != [2]float32{float32(want[0]), float32(want[1])} {
						t.Fatalf("%s: IED %d stands at %v, want %v", name, i, at, want)
					}
				}
			}
			play(t, w, p, actions, 2)
		}
	}
}

// With another number of rows, every IED draws a row in every episode; with a fixed topology, once.
func TestPositionsAreDrawnFromTheRows(t *testing.T) {
	const n = 20000
	s := paper(t, func(s *Scenario) { s.IEDs, s.Hall.IEDPositions = 1000, ring(7) })
	x, y := drawn(t, s, n)
	count := map[Point]int{}
	for i := range x {
		count[Point{x[i], y[i]}]++
	}
	if len(count) != 7 {
		t.Fatalf("IEDs stand at %v", count)
	}
	for at, c := range count {
		within(t, fmt.Sprintf("share of row %v", at), float64(c)/n, 1./7, 4*math.Sqrt(6./49/n))
	}
	s.Topology, s.Time.Slots = TopologyFixed, 1
	w, p, actions := start(t, s, 2, 5)
	before := w.places(0)
	play(t, w, p, actions, 1)
	if !slices.Equal(before, w.places(0)) || !slices.Equal(before, w.places(1)) {
		t.Error("the places of a fixed topology change")
	}
}

// IEDs that move start at their rows, and their waypoints are rows; with hot spots, waypoints are there.
func TestWaypointsAreDrawnLikePlaces(t *testing.T) {
	s := moving(t, func(s *Scenario) { s.IEDs, s.Hall.IEDPositions = 30, ring(30) })
	w, p, actions := start(t, s, 1, 5)
	goals := map[[2]float32]bool{}
	for i, at := range w.p.rows {
		goals[at] = true
		if w.placeX[i] != at[0] || w.placeY[i] != at[1] {
			t.Errorf("IED %d starts at (%v, %v), want %v", i, w.placeX[i], w.placeY[i], at)
		}
	}
	own := 0
	for range 100 {
		play(t, w, p, actions, 1)
		for i := range w.goalX {
			goal := [2]float32{w.goalX[i], w.goalY[i]}
			if !goals[goal] {
				t.Fatalf("IED %d walks to %v", i, goal)
			}
			if goal == w.p.rows[i] {
				own++
			}
		}
	}
	within(t, "share of walks to the own row", float64(own)/3000, 1./30, 0.03)

	s = moving(t, func(s *Scenario) { s.Hall.HotSpots = []HotSpot{{40, 40, 2, 0.7}} })
	w, _, _ = start(t, s, 1, 5)
	walks := 0.
	for i := range w.goalX {
		if math.Hypot(float64(w.goalX[i])-40, float64(w.goalY[i])-40) < 10 {
			walks++
		}
	}
	within(t, "share of walks to the hot spot", walks/float64(w.A), 0.7, 0.1)
	if w.goalX[0] == w.placeX[0] {
		t.Error("a waypoint has the random numbers of the place")
	}
}

// Population stretches hot spots and positions with the hall.
func TestPopulationStretchesPlaces(t *testing.T) {
	s := paper(t, func(s *Scenario) { s.Hall.HotSpots = []HotSpot{{300, 150, 10, 0.5}} })
	big := s.Population(480) // 64 ESs in a hall four times as wide
	if h := big.Hall.HotSpots[0]; h != (HotSpot{1200, 600, 40, 0.5}) || s.Hall.HotSpots[0].XM != 300 {
		t.Errorf("hot spot %v of %v", h, s.Hall.HotSpots)
	}
	s = paper(t, func(s *Scenario) { s.Hall.IEDPositions = []Point{{300, 150}, {30, 15}} })
	if at := s.Population(480).Hall.IEDPositions; at[0] != (Point{1200, 600}) || at[1] != (Point{120, 60}) {
		t.Errorf("positions %v", at)
	}
	s = paper(t, func(s *Scenario) { s.Hall.IEDPositionsFile = placesFile(t, "x_m,y_m\n300,150\n30,15\n") })
	for _, n := range []int{30, 7, 13, 77, 480} { // with 13, the side over the scale is rounded down
		grown := s.Population(n).Population(3 * n)
		w, _, _ := start(t, grown, 1, 1)
		for _, at := range w.places(0) {
			within(t, "x of a place", float64(at[0])/grown.Hall.WidthM, map[bool]float64{true: 1, false: 0.1}[at[0] > w.p.width/2], 1e-6)
		}
	}
	if s.Population(30).Hall.IEDPositionsScale != 0 {
		t.Error("a hall that stays as it is has a scale")
	}
}

// A scenario with the options reads back from its own YAML, and the state of one is refused by another.
func TestPlacesAreOfTheScenario(t *testing.T) {
	path := placesFile(t, "x_m,y_m\n10,20\n")
	s := paper(t, func(s *Scenario) { s.Hall.IEDPositionsFile, s.Hall.CoverageM = path, []float64{40, 60} })
	back, err := Parse(s.YAML(), "again")
	if err != nil || hash(t, back) != hash(t, s) || hash(t, s) == hash(t, paper(t, nil)) {
		t.Errorf("the scenario reads back as another one: %v", err)
	}
	file := filepath.Join(filepath.Dir(path), "map.yaml")
	if err := os.WriteFile(file, []byte("hall: {ied_positions_file: users.csv, coverage_m: [40, 60]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if named, err := Load(file); err != nil || hash(t, named) != hash(t, s) {
		t.Errorf("the name in a file is not relative to the file: %v", err)
	}
	a, _, _ := start(t, s, 1, 1)
	state := marshal(t, a)
	if err := os.WriteFile(path, []byte("x_m,y_m\n10,21\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, _, _ := start(t, s, 1, 1)
	if err := b.UnmarshalBinary(state); err == nil {
		t.Error("the state of other positions is restored")
	}
}

func TestPlaceFaultsAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"{ied_positions_m: [[1, 2], [301, 5]]}":                               "my.yaml:1: hall.ied_positions_m[1]: [301 5] is not allowed; allowed: [x, y] in metres inside the hall",
		"{ied_positions_m: [[1, 2]], ied_positions_file: a.csv}":              "hall.ied_positions_file: \"a.csv\" is not allowed; allowed: left out with ied_positions_m",
		"{ied_positions_scale: 2}":                                            "hall.ied_positions_scale: 2 is not allowed; allowed: left out without ied_positions_file",
		"{hot_spots: [{x_m: 400, y_m: 1, spread_m: 5, share: 1}]}":            "hall.hot_spots[0].x_m: 400 is not allowed; allowed: 0 to 300",
		"{hot_spots: [{x_m: 1, y_m: -1, spread_m: 5, share: 1}]}":             "hall.hot_spots[0].y_m: -1",
		"{hot_spots: [{x_m: 1, y_m: 1, share: 1}]}":                           "hall.hot_spots[0].spread_m: 0 is not allowed; allowed: 0.001 to 1e+06",
		"{hot_spots: [{x_m: 1, y_m: 1, spread_m: 5, share: 2}]}":              "hall.hot_spots[0].share: 2",
		"{hot_spots: [&h {x_m: 1, y_m: 1, spread_m: 5, share: 0.6}, *h]}":     "hall.hot_spots: the shares add up to 1.2; allowed: shares that add up to at most 1,",
		"{ied_positions_m: [[1, 2]], hot_spots: [{x_m: 1, spread_m: 1}]}":     "hall.hot_spots: a list of 1 is not allowed; allowed: left out with positions of the IEDs",
		"{ied_positions_m: [[1, 2, 3]]}":                                      "hall.ied_positions_m[0]: a list of 3 is not two numbers [x, y]",
		"{coverage_m: [50, 0]}":                                               "hall.coverage_m[1]: 0 is not allowed; allowed: 0.001 to 1e+06",
		"{hot_spots: [{x_m: 1, y_m: 1, spread_m: 5, share: 1, radius_m: 5}]}": "hall.hot_spots[0].radius_m",
	} {
		if _, err := Parse([]byte("hall: "+text+"\n"), "my.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", text, err, want)
		}
	}
}

func TestPlaceFileFaultsAreNamed(t *testing.T) {
	s := paper(t, nil)
	for text, want := range map[string]string{
		"":                                  ":1: the header is missing; the table is empty",
		"x,y\n1,2\n":                        `:1: the header is ["x" "y"], without the columns x_m, y_m`,
		"x_m,y_m\n":                         ": there are no positions; allowed: at least one row after the header",
		"x_m,y_m\n1,2\n300.5,4\n":           `:3: x_m: "300.5" is not allowed; allowed: 0 to 300`,
		"x_m,y_m\n1,-2\n":                   `:2: y_m: "-2" is not allowed; allowed: 0 to 150`,
		"x_m,y_m\n1,NaN\n":                  `:2: y_m: "NaN"`,
		"x_m,y_m\n1,two\n":                  `:2: y_m: "two"`,
		"x_m,y_m\n1,2,3\n":                  `:2: "3" is value 3 of the row, and no column of the header has a name there`,
		"x_m,y_m\n1,2\n\"3,4\n":             ":3: ",
		"\ufeffY_m;X_m;name\n2,5;1;gate\n":  "", // as a spreadsheet program writes it
		"x_m,y_m\r\n1,2\r\n\r\n\"3\",4\r\n": "",
	} {
		s.Hall.IEDPositionsFile = placesFile(t, text)
		_, err := New(s, 1, 1)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), s.Hall.IEDPositionsFile+want)) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
	s.Hall.IEDPositionsFile = "no-such.csv"
	if _, err := New(s, 1, 1); err == nil || !strings.Contains(err.Error(), "sim: hall.ied_positions_file: there is no file no-such.csv") {
		t.Errorf("error %v", err)
	}
}
