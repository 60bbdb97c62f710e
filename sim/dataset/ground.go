package dataset

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim"
)

// ground is the hall of a scenario on the map: the box around all places, with a margin.
type ground struct {
	width, depth float64                    // m
	shift        sim.Point                  // of metres, so that the hall begins at (0, 0)
	metres       func(place) (x, y float64) // before the shift
	projection   *projection                // nil without latitudes and longitudes
}

// The margin around the places: a share of the longer side, and at least leastMarginM, as far as a scenario has room.
const (
	margin       = 0.02
	leastMarginM = 10
)

// mapped returns the ground of places with latitudes and longitudes. The centre of the projection is the
// centroid of their box.
func mapped(all []place) *ground {
	first := all[0].lon
	south, north, west, east := all[0].lat, all[0].lat, 0.0, 0.0
	for _, p := range all {
		lon := math.Remainder(p.lon-first, 360)
		south, north = min(south, p.lat), max(north, p.lat)
		west, east = min(west, lon), max(east, lon)
	}
	p := newProjection((south+north)/2, first+(west+east)/2)
	g := boxed(all, func(at place) (x, y float64) { return p.metres(at.lat, at.lon) })
	g.projection = &p
	return g
}

// boxed returns the ground of places whose metres are given.
func boxed(all []place, metres func(place) (x, y float64)) *ground {
	x0, y0 := metres(all[0])
	x1, y1 := x0, y0
	for _, p := range all {
		x, y := metres(p)
		x0, x1, y0, y1 = min(x0, x), max(x1, x), min(y0, y), max(y1, y)
	}
	span := max(x1-x0, y1-y0)
	m := max(margin*span, leastMarginM)
	if room := (mostHallM - math.Ceil(span)) / 2; room >= 0 {
		m = min(m, room)
	}
	return &ground{
		width: math.Ceil(x1 - x0 + 2*m), depth: math.Ceil(y1 - y0 + 2*m),
		shift: sim.Point{m - x0, m - y0}, metres: metres,
	}
}

// check refuses a hall that no scenario may have.
func (g *ground) check() error {
	if side := max(g.width, g.depth); side > mostHallM {
		return fmt.Errorf("dataset: the places span %.0f km; allowed: %.0f km; --servers M keeps the M in the middle",
			side/1e3, mostHallM/1e3)
	}
	return nil
}

// point returns a place in the hall, in decimetres.
func (g *ground) point(p place) sim.Point {
	x, y := g.metres(p)
	return g.inside(x+g.shift[0], y+g.shift[1])
}

// inside moves a point into the hall.
func (g *ground) inside(x, y float64) sim.Point {
	return sim.Point{decimetre(min(max(x, 0), g.width)), decimetre(min(max(y, 0), g.depth))}
}

func decimetre(v float64) float64 { return math.Round(v*10) / 10 }

// holds reports whether a place is in the hall.
func (g *ground) holds(p place) bool {
	x, y := g.metres(p)
	x, y = x+g.shift[0], y+g.shift[1]
	return x >= 0 && x <= g.width && y >= 0 && y <= g.depth
}

// wrong is the largest error of a distance to the centre, that of the hall's corners.
func (g *ground) wrong() float64 { return g.projection.wrong(g.width/2, g.depth/2) }

// scatter draws n points, each around one of the centres with a probability proportional to its weight,
// uniform in the disc of the radius.
func (g *ground) scatter(centres []sim.Point, weights []float64, radius float64, n int) []sim.Point {
	sums, total := make([]float64, len(weights)), 0.0
	for i, w := range weights {
		total += w
		sums[i] = total
	}
	points := make([]sim.Point, n)
	for i := range points {
		u := drawn(i, drawPlace)
		centre := centres[search(sums, u[0]*total)]
		points[i] = g.around(centre, u[1], u[2], radius)
	}
	return points
}

// around returns the point of a disc for two uniform numbers.
func (g *ground) around(centre sim.Point, u, v, radius float64) sim.Point {
	sin, cos := math.Sincos(2 * math.Pi * v)
	r := radius * math.Sqrt(u)
	return g.inside(centre[0]+r*cos, centre[1]+r*sin)
}

// search returns the first index whose sum exceeds x.
func search(sums []float64, x float64) int {
	lo, hi := 0, len(sums)-1
	for lo < hi {
		if mid := (lo + hi) / 2; sums[mid] > x {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return lo
}

// Purposes of random numbers. Each has numbers of its own.
const (
	drawPlace  = iota // around which centre, and where
	drawAround        // where, around a given centre
	drawIED           // which IED a request is of
)

// seed of all random numbers of imports: the ASCII letters "import".
const seed = 0x696d706f7274

// drawn returns four uniform numbers of [0, 1) for number i of a purpose.
func drawn(i int, purpose uint32) (u [4]float64) {
	for k, word := range philox.Block(philox.Key(seed), [4]uint32{uint32(i), uint32(uint64(i) >> 32), purpose, 0}) {
		u[k] = float64(word) / (1 << 32)
	}
	return u
}

// spacing returns the median distance from a point to the nearest one elsewhere, of about 2000 points; 0 if all are at
// one place.
func spacing(points []sim.Point) float64 {
	var near []float64
	for i := 0; i < len(points); i += 1 + len(points)/2000 {
		p, nearest := points[i], math.Inf(1)
		for _, q := range points {
			if d := math.Hypot(p[0]-q[0], p[1]-q[1]); d > 0 {
				nearest = min(nearest, d)
			}
		}
		near = append(near, nearest)
	}
	if m := median(near); !math.IsInf(m, 1) {
		return m
	}
	return 0
}
