package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim/dataset/sample"
)

const euaHeader = "SITE_ID,LATITUDE,LONGITUDE,NAME\r\n"

// TestEUA: all sites and users of the sample are in the hall.
func TestEUA(t *testing.T) {
	im := imported(t, "eua", Options{}, samples(sample.Sites, sample.Users)...)
	s := scenario(t, im)
	if s.Servers != 40 || s.IEDs != 90 || len(s.Hall.ServerPositions) != 40 {
		t.Errorf("%d servers at %d places and %d IEDs; want 40, 40, 90", s.Servers, len(s.Hall.ServerPositions), s.IEDs)
	}
	if n := strings.Count(string(im.IEDs), "\n"); n != 91 {
		t.Errorf("%s has %d lines, want a header and 90 users", IEDsFile, n)
	}
	if s.Hall.Clutter != "UMi" || len(s.Tasks.Models) != 3 {
		t.Errorf("clutter %q, %d models", s.Hall.Clutter, len(s.Tasks.Models))
	}
	said(t, &im.Report, sample.Sites, "40 sites read, 40 kept")
	said(t, &im.Report, "true to", "m at the corners of the map")
}

// TestEUADistances: distances in the hall are those of geodesics (see geodesics), and north is up.
func TestEUADistances(t *testing.T) {
	im := imported(t, "eua", Options{}, "a.csv", euaHeader+"1,-37.815,144.963,a\r\n2,-37.809,144.974,b\r\n3,-37.821,144.974,c\r\n")
	p := scenario(t, im).Hall.ServerPositions
	for _, c := range []struct {
		from, to int
		want     float64
	}{{0, 1, 1175.466}, {0, 2, 1175.402}} {
		if d := math.Hypot(p[c.to][0]-p[c.from][0], p[c.to][1]-p[c.from][1]); math.Abs(d-c.want) > 0.2 {
			t.Errorf("sites %d and %d are %.2f m apart, want %.2f", c.from, c.to, d, c.want)
		}
	}
	if p[1][1] <= p[2][1] || p[0][0] >= p[1][0] {
		t.Errorf("%v: y is not to the north, or x not to the east", p)
	}
}

// TestEUAForms: a table means the same in every form in which programs write it.
func TestEUAForms(t *testing.T) {
	sites, users := string(sample.SitesCSV(12)), string(sample.UsersCSV(30))
	want := imported(t, "eua", Options{}, "s.csv", sites, "u.csv", users)
	reordered := "Longitude,Latitude\n"
	for _, line := range strings.Split(strings.TrimSpace(users), "\r\n")[1:] {
		lat, lon, _ := strings.Cut(line, ",")
		reordered += lon + "," + lat + "\n"
	}
	for name, files := range map[string][]string{
		"users first":     {"u.csv", users, "s.csv", sites},
		"compressed":      {"s.csv", string(gzipped(t, []byte(sites))), "u.csv", string(gzipped(t, []byte(users)))},
		"byte order mark": {"s.csv", "\ufeff" + sites, "u.csv", "\ufeff" + users},
		"semicolons":      {"s.csv", sites, "u.csv", strings.ReplaceAll(users, ",", ";")},
		"decimal commas":  {"s.csv", sites, "u.csv", strings.ReplaceAll(strings.ReplaceAll(users, ",", ";"), ".", ",")},
		"other order":     {"s.csv", sites, "u.csv", reordered},
		"blank lines":     {"s.csv", sites + "\r\n,,,,,,,,,\r\n", "u.csv", users + "\r\n"},
	} {
		got := imported(t, "eua", Options{}, files...)
		if _, a, _ := strings.Cut(string(got.Scenario), "name: eua"); !strings.HasSuffix(string(want.Scenario), a) {
			t.Errorf("%s: another scenario:\n%s", name, got.Scenario)
		}
		if string(got.IEDs) != string(want.IEDs) {
			t.Errorf("%s: other places of users", name)
		}
	}
}

// TestEUAOutliers: a place that is too far away is named with its line, and kept if asked for.
func TestEUAOutliers(t *testing.T) {
	far := string(sample.SitesCSV(12)) + "99,-37.60,144.96,\"Far, far away\",VIC,2,,,,\r\n"
	im := imported(t, "eua", Options{}, "s.csv", far)
	said(t, &im.Report, "s.csv:14: the site at -37.600000, 144.960000 is", "km from the middle of the sites", "dropped")
	said(t, &im.Report, "13 sites read, 12 kept, 1 dropped (too far away)")
	if s := scenario(t, im); s.Servers != 12 || s.Hall.DepthM > 2000 {
		t.Errorf("%d servers in a hall of %g m", s.Servers, s.Hall.DepthM)
	}
	im = imported(t, "eua", Options{KeepOutliers: true}, "s.csv", far)
	said(t, &im.Report, "s.csv:14:", "kept all the same")
	if s := scenario(t, im); s.Servers != 13 || s.Hall.DepthM < 20000 {
		t.Errorf("%d servers in a hall of %g m", s.Servers, s.Hall.DepthM)
	}
	_, err := importText(t, "eua", Options{KeepOutliers: true}, "s.csv", far+"98,51.5,-0.1,London,,2,,,,\r\n")
	refused(t, err, "the places span", "--servers M keeps the M in the middle")
}

// TestEUARadius: the column radius becomes the coverage, and the option replaces it.
func TestEUARadius(t *testing.T) {
	table := "SITE_ID,LATITUDE,LONGITUDE,RADIUS\n1,-37.815,144.963,150\n2,-37.809,144.974,220.5\n"
	for _, c := range []struct {
		table, want string
		o           Options
	}{
		{table, "coverage_m: [150, 220.5]", Options{}},
		{strings.ReplaceAll(table, "220.5", "150"), "coverage_m: [150]", Options{}},
		{table, "coverage_m: [400]", Options{CoverageM: 400}},
	} {
		if im := imported(t, "eua", c.o, "s.csv", c.table); !strings.Contains(string(im.Scenario), c.want) {
			t.Errorf("no %s in\n%s", c.want, im.Scenario)
		}
	}
	im := imported(t, "eua", Options{}, samples(sample.Sites)...)
	said(t, &im.Report, "hall.coverage_m", "no limit", "--coverage")
}

// TestEUAServers: the option keeps the sites nearest to the middle of the users, as a search through all of them
// finds, and the users in their box.
func TestEUAServers(t *testing.T) {
	im := imported(t, "eua", Options{Servers: 7}, samples(sample.Sites, sample.Users)...)
	type at struct{ lat, lon, d float64 }
	read := func(text []byte, first int) (all []at) {
		for _, line := range strings.Split(strings.TrimSpace(string(text)), "\r\n")[1:] {
			values := strings.Split(line, ",")
			lat, err := strconv.ParseFloat(values[first], 64)
			lon, err2 := strconv.ParseFloat(values[first+1], 64)
			if err != nil || err2 != nil {
				t.Fatal(line)
			}
			all = append(all, at{lat: lat, lon: lon})
		}
		return all
	}
	sites, users := read(sample.SitesCSV(40), 1), read(sample.UsersCSV(90), 0)
	column := func(of func(at) float64) float64 {
		v := make([]float64, len(users))
		for i, u := range users {
			v[i] = of(u)
		}
		slices.Sort(v)
		return (v[44] + v[45]) / 2
	}
	lat, lon := column(func(p at) float64 { return p.lat }), column(func(p at) float64 { return p.lon })
	for i := range sites {
		sites[i].d = math.Hypot(sites[i].lat-lat, (sites[i].lon-lon)*math.Cos(lat*math.Pi/180))
	}
	line := map[at]int{}
	for i, p := range sites {
		line[p] = i + 2
	}
	slices.SortFunc(sites, func(a, b at) int { return cmp.Compare(a.d, b.d) })
	for i, p := range sites {
		if near := strings.Contains(string(im.Scenario), fmt.Sprintf("# line %d\n", line[p])); near != (i < 7) {
			t.Errorf("site of line %d, number %d from the middle: kept %t", line[p], i+1, near)
		}
	}
	said(t, &im.Report, "33 dropped (not among the --servers in the middle)")
	said(t, &im.Report, "outside of the hall of the servers")
}

// TestEUAFaults: what is wrong is named with file, line and column.
func TestEUAFaults(t *testing.T) {
	users := string(sample.UsersCSV(5))
	for _, c := range []struct {
		files []string
		want  []string
	}{
		{[]string{"u.csv", users}, []string{"u.csv", "no column is SITE_ID"}},
		{[]string{"a.csv", euaHeader + "1,-37,144,x\n", "b.csv", euaHeader + "1,-37,144,x\n"}, []string{"b.csv", "second table of the same kind"}},
		{[]string{"a.csv", euaHeader + "1,-37,144,x\n2,-97,144,y\n"}, []string{"a.csv:3: latitude: \"-97\" is not allowed; allowed: -90 to 90"}},
		{[]string{"a.csv", euaHeader + "1,south,144,x\n"}, []string{"a.csv:2: latitude: \"south\""}},
		{[]string{"a.csv", euaHeader}, []string{"a.csv: there is no site with a latitude and a longitude"}},
		{[]string{"a.csv", euaHeader + "1,-37,144,x\n", "u.csv", "lat,lon\n1,2\n"}, []string{"u.csv", "latitude, longitude"}},
		{[]string{"a.csv", "\x1f\x8bnot gzip"}, []string{"a.csv", "not what gzip writes"}},
	} {
		_, err := importText(t, "eua", Options{}, c.files...)
		refused(t, err, c.want...)
	}
	_, err := importText(t, "eua", Options{Servers: 41}, samples(sample.Sites)...)
	refused(t, err, "--servers 41: the data has 40 sites")
	_, err = Import("eua", []string{"nowhere.csv"}, Options{})
	refused(t, err, "nowhere.csv")
	_, err = Import("euas", []string{"x"}, Options{})
	refused(t, err, "no format \"euas\"; there are eua, telecom")
}
