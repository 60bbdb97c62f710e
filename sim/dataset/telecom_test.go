package dataset

import (
	"math"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/dataset/sample"
)

// TestTelecom: base stations of another town are dropped, and IEDs are around those that are kept.
func TestTelecom(t *testing.T) {
	im := imported(t, "telecom", Options{IEDs: 25}, samples(sample.Stations)...)
	s := scenario(t, im)
	if s.Servers != 58 || s.IEDs != 25 {
		t.Errorf("%d servers, %d IEDs; want 58 of 60, 25", s.Servers, s.IEDs)
	}
	for _, line := range []string{":19: ", ":49: "} {
		said(t, &im.Report, sample.Stations+line, "dropped")
	}
	places := points(t, im)
	if len(places) != 58*aroundStation {
		t.Errorf("%d places, want %d for each station", len(places), aroundStation)
	}
	radius := spacing(s.Hall.ServerPositions) / 2
	for i, p := range places {
		at := s.Hall.ServerPositions[i/aroundStation]
		if d := math.Hypot(p[0]-at[0], p[1]-at[1]); d > radius+0.2 {
			t.Fatalf("place %d is %.1f m from its station, want at most %.1f", i, d, radius)
		}
	}
	again := imported(t, "telecom", Options{IEDs: 25}, samples(sample.Stations)...)
	if string(again.IEDs) != string(im.IEDs) || string(again.Scenario) != string(im.Scenario) {
		t.Error("the same file gives another scenario")
	}
}

// points reads positions of IEDs.
func points(t *testing.T, im *Imported) (all []sim.Point) {
	t.Helper()
	for _, line := range strings.Split(strings.TrimSpace(string(im.IEDs)), "\n")[1:] {
		x, y, _ := strings.Cut(line, ",")
		all = append(all, sim.Point{parsed(t, x), parsed(t, y)})
	}
	return all
}

// TestTelecomTwice: two base stations at one place are one server.
func TestTelecomTwice(t *testing.T) {
	im := imported(t, "telecom", Options{}, "b.csv", ",latitude,longitude\n0,31.2,121.4\n1,31.3,121.5\n2,31.2,121.4\n3,,\n")
	if s := scenario(t, im); s.Servers != 2 {
		t.Errorf("%d servers, want 2", s.Servers)
	}
	said(t, &im.Report, "4 base stations read, 2 kept, 1 dropped (no place), 1 dropped (at the place of an earlier one)")
}

// TestTelecomSessions: a user is at the base station of most of its sessions.
func TestTelecomSessions(t *testing.T) {
	header := "month,date,start time,end time,latitude,longitude,user id\n"
	row := "201406,1,2014-06-01 10:22:36,2014-06-01 11:09:52,"
	a, b, c := row+"31.20,121.40,", row+"31.20,121.41,", row+"31.22,121.40,"
	im := imported(t, "telecom", Options{IEDs: 9}, "x.csv",
		header+a+"u1\n"+b+"u1\n"+b+"u1\n"+a+"u2\n"+c+"u2\n"+b+"u3\n"+row+",,u3\n")
	s := scenario(t, im)
	if s.Servers != 3 || s.IEDs != 9 {
		t.Errorf("%d servers, %d IEDs; want 3, 9", s.Servers, s.IEDs)
	}
	said(t, &im.Report, "7 sessions read, 6 kept, 1 dropped (no place)")
	homes := map[int]int{}
	for _, p := range points(t, im) {
		best := 0
		for m, q := range s.Hall.ServerPositions {
			if near := s.Hall.ServerPositions[best]; math.Hypot(p[0]-q[0], p[1]-q[1]) < math.Hypot(p[0]-near[0], p[1]-near[1]) {
				best = m
			}
		}
		homes[best]++
	}
	if homes[0] != 1 || homes[1] != 2 || len(homes) != 2 {
		t.Errorf("users at stations: %v; want u2 at the first (an equal number, but earlier), u1 and u3 at the second", homes)
	}
	im = imported(t, "telecom", Options{}, samples(sample.Sessions)...)
	if s := scenario(t, im); s.Servers != 12 || len(points(t, im)) != 50 {
		t.Errorf("%d stations, %d users; want 12, 50", s.Servers, len(points(t, im)))
	}
}

// TestSpacing: a grid of 3 x 4 m, and points at one place.
func TestSpacing(t *testing.T) {
	var grid []sim.Point
	for i := range 5000 {
		grid = append(grid, sim.Point{3 * float64(i%50), 4 * float64(i/50)})
	}
	for _, c := range []struct {
		points []sim.Point
		want   float64
	}{{grid, 3}, {grid[:2], 3}, {grid[:1], 0}, {[]sim.Point{{5, 5}, {5, 5}}, 0}} {
		if got := spacing(c.points); got != c.want {
			t.Errorf("%d points: %g, want %g", len(c.points), got, c.want)
		}
	}
}

// TestScatter: each centre has its share of the points, in its disc.
func TestScatter(t *testing.T) {
	g := &ground{width: 1000, depth: 1000}
	centres, weights := []sim.Point{{200, 500}, {800, 500}}, []float64{3, 1}
	n, left, inner := 20000, 0, 0
	for _, p := range g.scatter(centres, weights, 100, n) {
		at := centres[1]
		if p[0] < 500 {
			left++
			at = centres[0]
		}
		switch d := math.Hypot(p[0]-at[0], p[1]-at[1]); {
		case d > 100.1:
			t.Fatalf("%v is %.1f m from its centre", p, d)
		case d < 50:
			inner++
		}
	}
	for _, c := range []struct {
		what string
		got  int
		p    float64
	}{{"around the first centre", left, 0.75}, {"in the inner half of the radius, a quarter of the area,", inner, 0.25}} {
		if mean := c.p * float64(n); math.Abs(float64(c.got)-mean) > 5*math.Sqrt(mean*(1-c.p)) {
			t.Errorf("%d of %d points are %s; want about %.0f", c.got, n, c.what, mean)
		}
	}
}
