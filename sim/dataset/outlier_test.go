package dataset

import (
	"math"
	"strings"
	"testing"
)

// line returns places on a meridian at distances from latitude 10, in km.
func line(km ...float64) *places {
	s := &places{file: "a.csv", what: "site", mark: "line"}
	for i, d := range km {
		s.all = append(s.all, place{line: i + 2, lat: 10 + d/111.1950802, lon: 20}) // km of a degree on the sphere
	}
	return s
}

// TestOutliers: limits that can be computed by hand.
func TestOutliers(t *testing.T) {
	for _, c := range []struct {
		name  string
		km    []float64
		limit float64 // km
		out   int
	}{
		// Middle 4; distances 4 3 2 1 0 1 2 3 4 have the median 2, deviations 2 1 0 1 2 1 0 1 2 the median 1.
		{"none", []float64{0, 1, 2, 3, 4, 5, 6, 7, 8}, 2 + 5*1.4826, 0},
		// Middle 4.5; distances 4.5 3.5 2.5 1.5 .5 .5 1.5 2.5 3.5 95.5: median 2.5, deviations 2 1 0 1 2 2 1 0 1 93: 1.
		{"one", []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 100}, 2.5 + 5*1.4826, 1},
		// All at one place but one: the least standard deviation of 100 m.
		{"heap", []float64{0, 0, 0, 0, 0.4}, 0.5, 0},
		{"heap and one", []float64{0, 0, 0, 0, 0.6}, 0.5, 1},
		{"single", []float64{3}, 0.5, 0},
	} {
		s := line(c.km...)
		kept, out, limit := s.split()
		if math.Abs(limit/1e3-c.limit) > 1e-3 || len(out) != c.out || len(kept)+len(out) != len(c.km) {
			t.Errorf("%s: limit %.4f km, %d outliers; want %.4f, %d", c.name, limit/1e3, len(out), c.limit, c.out)
		}
	}
}

// TestOutliersNamed: the sentence has file, line, coordinates and distance.
func TestOutliersNamed(t *testing.T) {
	var r Report
	s := line(0, 1, 2, 3, 4, 5, 6, 7, 8, 100)
	r.read("a.csv", "site", 10)
	s.drop(false, &r)
	want := "a.csv:11: the site at 10.899320, 20.000000 is 95.5 km from the middle of the sites (10.040469, 20.000000); the limit is 9.9 km; dropped"
	if len(r.Outliers) != 1 || r.Outliers[0] != want {
		t.Errorf("%q\nwant %q", r.Outliers, want)
	}
	if n := r.Files[0].Kept(); n != 9 || len(s.all) != 9 {
		t.Errorf("%d kept, %d left", n, len(s.all))
	}
}

// TestDateLine: places on both sides of the date line are close together.
func TestDateLine(t *testing.T) {
	s := &places{file: "a.csv", what: "site", all: []place{{2, -17.8, 179.99, 0}, {3, -17.8, -179.99, 0}, {4, -17.81, 179.98, 0}}}
	if _, out, _ := s.split(); len(out) > 0 {
		t.Errorf("outliers: %v", out)
	}
	if g := mapped(s.all); g.width > 3400 || g.width < 3100 {
		t.Errorf("the map is %g m wide, want 3.2 km and the margin", g.width)
	}
}

// TestHaversine: lengths of great circles known otherwise: a quarter of a sphere, and London to Paris
// (343.5 km on the sphere of radius 6371 km).
func TestHaversine(t *testing.T) {
	for _, c := range []struct{ lat0, lon0, lat, lon, want, within float64 }{
		{0, 0, 90, 0, math.Pi / 2 * 6371008.8, 1e-3},
		{0, -170, 0, 170, math.Pi / 9 * 6371008.8, 1e-3},
		{51.5074, -0.1278, 48.8566, 2.3522, 343556, 100},
	} {
		if d := haversine(c.lat0, c.lon0, c.lat, c.lon); math.Abs(d-c.want) > c.within {
			t.Errorf("%v: %.3f m", c, d)
		}
	}
}

// TestDocument: every key has a comment with its source, and a line is not too long to read.
func TestDocument(t *testing.T) {
	var r Report
	d := newDocument("x", &r)
	d.data("ieds", 3, "one for each user")
	d.assume("hall.clutter", "UMi", strings.Repeat("a long reason ", 12), "clutter")
	d.choose("time.slots", 0, 100, "slots", "slots")
	d.choose("time.slot_s", 0.25, 1.0, "seconds", "slot")
	d.list("hall.server_positions_m", "1 place", "where", []string{"[1, 2]"})
	text := string(d.yaml())
	for _, want := range []string{
		"name: x\nieds: 3  # one for each user\n", "  # assumed: a long reason", "  clutter: UMi\n",
		"  slots: 100  # assumed: slots; --slots\n", "  slot_s: 0.25  # chosen; --slot\n", "  server_positions_m:\n    - [1, 2]\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	for l := range strings.Lines(text) {
		if len(l) > commentWidth+1 {
			t.Errorf("%d characters: %s", len(l), l)
		}
	}
}
