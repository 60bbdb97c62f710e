package dataset

import (
	"github.com/gmel-go/gmel/internal/table"
	"github.com/gmel-go/gmel/sim"
)

// telecom reads the base stations of Shanghai Telecom: S. Wang et al., "Edge server placement in mobile edge
// computing", J. Parallel Distrib. Comput. 127, 2019. A table of base stations has latitude and
// longitude. The original workbooks, exported as CSV, have a row for each session of a user: month, date,
// start time, end time, latitude, longitude and user id; a session may lack its place.
func (im *importer) telecom(files []string) error {
	file := files[0]
	sessions := hasColumns(file, "latitude", "longitude", "user id")
	what, columns := "base station", []string(nil)
	var ids []string
	var extra func(*table.Reader, *place)
	if sessions {
		what, columns = "session", []string{"user id"}
		extra = func(t *table.Reader, _ *place) { ids = append(ids, t.Text("user id")) }
	}
	rows, err := im.readPlaces(file, what, columns, extra)
	if err != nil {
		return err
	}
	stations, visits := rows, map[place]map[string]int(nil)
	if sessions {
		stations, visits = stationsOf(rows, ids)
		im.r.read(file, stations.what, len(stations.all))
	} else {
		im.distinct(stations)
	}
	stations.drop(im.o.KeepOutliers, &im.r)
	if err := im.keepNearest(stations, stations.distances(stations.middle())); err != nil {
		return err
	}
	g := mapped(stations.all)
	if err := g.check(); err != nil {
		return err
	}
	why := im.telecomIEDs(g, stations, visits)
	im.writeTown(g, stations, func() { im.d.choose("ieds", im.o.IEDs, townIEDs, why, "ieds") }, outdoors{
		"UMa", "3GPP TR 38.901, urban macro: base stations 25 m high",
		44, "a macro cell of 20 MHz, ITU-R M.2412, dense urban",
	})
	return nil
}

// distinct drops base stations at the place of an earlier one.
func (im *importer) distinct(stations *places) {
	seen := map[place]bool{}
	kept := stations.all[:0]
	for _, p := range stations.all {
		if key := (place{lat: p.lat, lon: p.lon}); !seen[key] {
			seen[key] = true
			kept = append(kept, p)
		}
	}
	im.r.drop(stations.file, len(stations.all)-len(kept), "at the place of an earlier one")
	stations.all = kept
}

// stationsOf returns the base stations of sessions, in the order of their first session, and how many sessions
// each user had at each.
func stationsOf(sessions *places, ids []string) (*places, map[place]map[string]int) {
	stations := &places{file: sessions.file, what: "base station", mark: sessions.mark}
	visits := map[place]map[string]int{}
	for i, p := range sessions.all {
		key := place{lat: p.lat, lon: p.lon}
		if visits[key] == nil {
			visits[key] = map[string]int{}
			stations.all = append(stations.all, p)
		}
		visits[key][ids[i]]++
	}
	return stations, visits
}

// aroundStation is the number of places of IEDs around each station where the data has no users.
const aroundStation = 4

// telecomIEDs places the IEDs around the stations, and says how. The radius is half the usual distance between
// stations.
func (im *importer) telecomIEDs(g *ground, stations *places, visits map[place]map[string]int) (why string) {
	points := make([]sim.Point, len(stations.all))
	for i, p := range stations.all {
		points[i] = g.point(p)
	}
	radius := max(spacing(points)/2, 1)
	around := func(i int) {
		u := drawn(len(im.positions), drawAround)
		im.positions = append(im.positions, g.around(points[i], u[0], u[1], radius))
	}
	if visits == nil {
		for i := range points {
			for range aroundStation {
				around(i)
			}
		}
		im.r.note("the data has no users: IEDs are at places drawn around the base stations, %d for each, within %.0f m", aroundStation, radius)
		return "the data has no users"
	}
	homes := homesOf(stations, visits)
	for i := range points {
		for range homes[i] {
			around(i)
		}
	}
	im.r.note("each user is at a place drawn around the base station of most of its sessions, within %.0f m; sessions are no tasks, so there is no trace", radius)
	return "each is at the place of one of the users"
}

// homesOf counts the users whose most sessions are at each station; the earlier station wins a tie.
func homesOf(stations *places, visits map[place]map[string]int) []int {
	most, home := map[string]int{}, map[string]int{}
	for i, p := range stations.all {
		for user, n := range visits[place{lat: p.lat, lon: p.lon}] {
			if n > most[user] {
				most[user], home[user] = n, i
			}
		}
	}
	homes := make([]int, len(stations.all))
	for _, i := range home {
		homes[i]++
	}
	return homes
}
