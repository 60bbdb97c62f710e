package sim

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim/engine"
)

// Where IEDs are is an option. They are uniform over the hall unless a scenario has one of these:
//
//   - Positions, hall.ied_positions_m or hall.ied_positions_file, are places at which IEDs were seen.
//     With as many rows as IEDs, IED i stands at row i in every topology (NumberByNearest renumbers
//     it). With any other number, each IED draws one of the rows at random for each topology; several
//     IEDs may stand at one.
//   - Hot spots, hall.hot_spots. An IED belongs to hot spot h with probability Share, and otherwise to
//     none: it is then uniform.
//
// Around the centre of a hot spot, x and y are independent and normal with the standard deviation
// SpreadM, under the condition that they are in the hall: a normal distribution that is cut at the
// walls. So no IED stands on a wall because it was moved there, and the density near a centre keeps
// its shape. A draw is the quantile of a uniform number (Devroye, "Non-uniform random variate
// generation", 1986, section II.2):
//
//	x = centre + spread Phi^-1(Phi(a) + u (Phi(b) - Phi(a))),  a, b: the walls in units of spread from the centre
//
// IEDs that move (Mobility) start at such a place. They draw waypoints from the same distribution: from
// the hot spots, or one of the rows of the positions at random, whatever their number. With uniform
// waypoints, hot spots would vanish within a few walks. A waypoint that attracts is that of Hsu et
// al., "Weighted waypoint mobility model and its impact on ad hoc networks", ACM SIGMOBILE MC2R 9(1),
// 2005.

// HotSpot is a place where IEDs gather.
type HotSpot struct {
	XM      float64 `yaml:"x_m"` // centre, in the hall
	YM      float64 `yaml:"y_m"`
	SpreadM float64 `yaml:"spread_m"` // standard deviation along x and along y, without the walls
	Share   float64 `yaml:"share"`    // of the IEDs; what the shares leave is uniform
}

const (
	maxHotSpots  = 1 << 10
	maxPlaceRows = 1 << 20
)

// onSide reports whether a coordinate is on a side of the hall. The tolerance is for the product of
// scales with which a file was stretched.
func onSide(v, side float64) bool { return v >= 0 && v <= side*(1+1e-9) }

func (s *Scenario) validateIEDPlaces(c *setting.Checker) {
	h := &s.Hall
	n := len(h.IEDPositions)
	c.Expect(n <= maxPlaceRows, "hall.ied_positions_m", fmt.Sprintf("a list of %d is not allowed", n), fmt.Sprintf("at most %d positions", maxPlaceRows))
	h.validatePlaces(c, "hall.ied_positions_m", h.IEDPositions)
	c.Require(n == 0 || h.IEDPositionsFile == "", placesKey, h.IEDPositionsFile, "left out with ied_positions_m")
	unused(c, "hall.ied_positions_scale", h.IEDPositionsScale, h.IEDPositionsFile != "", "ied_positions_file")
	if h.IEDPositionsScale != 0 {
		c.Between("hall.ied_positions_scale", h.IEDPositionsScale, 1e-6, 1e6)
	}
	s.validateHotSpots(c)
}

func (s *Scenario) validateHotSpots(c *setting.Checker) {
	h := &s.Hall
	n := len(h.HotSpots)
	problem := fmt.Sprintf("a list of %d is not allowed", n)
	c.Expect(n <= maxHotSpots, "hall.hot_spots", problem, fmt.Sprintf("at most %d hot spots", maxHotSpots))
	c.Expect(n == 0 || len(h.IEDPositions) == 0 && h.IEDPositionsFile == "", "hall.hot_spots", problem, "left out with positions of the IEDs")
	for k, spot := range h.HotSpots {
		at := fmt.Sprintf("hall.hot_spots[%d].", k)
		c.Between(at+"x_m", spot.XM, 0, h.WidthM)
		c.Between(at+"y_m", spot.YM, 0, h.DepthM)
		c.Between(at+"spread_m", spot.SpreadM, 1e-3, 1e6)
		c.Between(at+"share", spot.Share, 0, 1)
	}
	shares := s.spotShares()
	total, most := shares.total(), shares.most()
	c.Expect(total < 1+most, "hall.hot_spots", fmt.Sprintf("the shares add up to %.9g", total),
		fmt.Sprintf("shares that add up to at most 1, and the rest of the IEDs is uniform; rounding explains at most %.2g more", most))
}

// stretchPlaces multiplies hot spots and positions by a factor, with the sides of the hall.
func (h *Hall) stretchPlaces(factor float64) {
	for i := range h.IEDPositions {
		h.IEDPositions[i][0] *= factor
		h.IEDPositions[i][1] *= factor
	}
	for k := range h.HotSpots {
		spot := &h.HotSpots[k]
		spot.XM, spot.YM, spot.SpreadM = spot.XM*factor, spot.YM*factor, spot.SpreadM*factor
	}
	if h.IEDPositionsFile != "" && factor != 1 {
		h.IEDPositionsScale = h.scale() * factor
	}
}

// scale is the factor of the positions in the file.
func (h *Hall) scale() float64 {
	if h.IEDPositionsScale == 0 {
		return 1
	}
	return h.IEDPositionsScale
}

// spotUnit is a hot spot in float32. lo and span are those of Phi - 1/2 between the walls.
type spotUnit struct {
	upTo         float32 // cumulative share; 2: there is no uniform rest, so that rounding leaves none
	spread       float32
	at, lo, span [2]float32 // along x and y
}

func (p *params) setPlaces(s *Scenario) {
	p.setRows(s.Hall.IEDPositions)
	total, last := 0.0, -1
	for k, h := range s.Hall.HotSpots {
		total += h.Share
		unit := spotUnit{upTo: float32(total), spread: float32(h.SpreadM)}
		centre, sides := Point{h.XM, h.YM}, Point{s.Hall.WidthM, s.Hall.DepthM}
		for axis, at := range centre {
			side := sides[axis]
			lo, hi := aboveMedian(-at/h.SpreadM), aboveMedian((side-at)/h.SpreadM)
			unit.at[axis], unit.lo[axis], unit.span[axis] = float32(at), float32(lo), float32(hi-lo)
		}
		p.spots = append(p.spots, unit)
		if h.Share > 0 {
			last = k
		}
	}
	p.hotSpots = len(p.spots)
	if last >= 0 && total > 1-exactShares {
		p.spots[last].upTo = 2
	}
}

// setRows sets the explicit positions.
func (p *params) setRows(at []Point) {
	for _, q := range at {
		p.rows = append(p.rows, [2]float32{min(float32(q[0]), p.width), min(float32(q[1]), p.depth)})
	}
	p.placeRows, p.ownRows = len(p.rows), len(p.rows) == p.A
}

// aboveMedian is Phi(z) - 1/2.
func aboveMedian(z float64) float64 { return math.Erf(z/math.Sqrt2) / 2 }

// locate returns the place that the options give the i-th IED instead of (x, y), a uniform draw. The
// stream is that of a topology, or of waypoints.
func (p *params) locate(t *moment, i int, stream uint32, x, y float32) (float32, float32) {
	if p.placeRows == 0 && p.hotSpots == 0 {
		return x, y
	}
	if p.ownRows && stream == streamSpot {
		return p.rows[i][0], p.rows[i][1]
	}
	choice, along, across, _ := t.words(uint32(i), stream)
	if p.placeRows > 0 {
		row := p.rows[uint64(choice)*uint64(p.placeRows)>>32]
		return row[0], row[1]
	}
	u := philox.Uniform(choice)
	for k := range p.spots {
		if h := &p.spots[k]; u < h.upTo {
			return h.draw(0, along, p.width), h.draw(1, across, p.depth)
		}
	}
	return x, y
}

// draw turns a word into a coordinate, along x (axis 0) or y (axis 1), on a side of the hall.
func (h *spotUnit) draw(axis int, word uint32, side float32) float32 {
	q := h.lo[axis] + float32(inner(word)*h.span[axis])
	x := h.at[axis] + float32(h.spread*quantile(q))
	return min(max(x, 0), side) // rounding may go beyond a wall
}

// inner turns a word into a uniform number in (0, 1), an odd multiple of 2^-24. Its distribution is
// symmetric about 1/2.
func inner(word uint32) float32 { return float32(float32(int32(word>>9<<1|1)) * 0x1p-24) }

// quantile is Phi^-1(1/2 + q), the quantile of the standard normal distribution, for |q| <= 1/2. It is
// PPND7 of Wichura, "Algorithm AS 241: The percentage points of the normal distribution", Applied
// Statistics 37(3), 1988, with a relative error below 1e-6. The argument q keeps its precision near the
// median. The largest magnitude is 5.4, as of 2^-25.
func quantile(q float32) float32 {
	tail := max(0.5-max(q, -q), 0x1p-25)
	if tail >= 0.075 {
		r := 0.180625 - float32(q*q)
		top := float32((float32((float32(59.109374720*r)+159.29113202)*r)+50.434271938)*r) + 3.3871327179
		under := float32((float32((float32(67.187563600*r)+78.757757664)*r)+17.895169469)*r) + 1
		return float32(q*top) / under
	}
	r := sqrtf(-float32(log2f(tail)*ln2)) - 1.6
	top := float32((float32((float32(0.17023821103*r)+1.3067284816)*r)+2.7568153900)*r) + 1.4234372777
	z := top / (float32((float32(0.12021132975*r)+0.73700164250)*r) + 1)
	if q < 0 {
		return -z
	}
	return z
}

// placeTables are those of places and of coverage.
func (p *params) placeTables() []engine.Table {
	names := []string{"spot_up_to", "spot_spread", "spot_x", "spot_lo_x", "spot_span_x", "spot_y", "spot_lo_y", "spot_span_y"}
	columns := make([][]float32, len(names))
	for _, h := range p.spots {
		for i, v := range [...]float32{h.upTo, h.spread, h.at[0], h.lo[0], h.span[0], h.at[1], h.lo[1], h.span[1]} {
			columns[i] = append(columns[i], v)
		}
	}
	var x, y []float32
	for _, row := range p.rows {
		x, y = append(x, row[0]), append(y, row[1])
	}
	tables := []engine.Table{{Name: "row_x", Values: x}, {Name: "row_y", Values: y}, {Name: "coverage2", Values: p.coverage2}}
	for i, name := range names {
		tables = append(tables, engine.Table{Name: name, Values: columns[i]})
	}
	return tables
}
