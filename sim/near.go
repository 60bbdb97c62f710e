package sim

import "math"

// measuredServers is the number of ESs that an IED measures at the beginning of an episode. In a
// hall with more, it measures those nearest to the centre of its cell if its C nearest are surely
// among them, or else those nearest to itself. Measuring all would cost O(A M), and an ES farther
// than 32 others is rarely among the few strongest.
const measuredServers = 32

// measuredOf is the number of ESs that an IED measures, min(M, max(32, C)).
func measuredOf(servers, candidates int) int { return min(servers, max(measuredServers, candidates)) }

// nearTable lists, for each cell of the hall, the ESs that an IED there measures. A hall with at
// most 32 ESs is one cell, where every IED measures all ESs. A cell has no list if one list would
// miss some of the C nearest ESs of a place in it, as in a hot spot of many ESs. An IED there searches
// the ESs nearest to its place.
type nearTable struct {
	measured           int
	cellsX, cellsY     int
	perCellX, perCellY float32 // 1/m
	list               []int32 // [cellsY, cellsX, measured], each ascending; all -1 for a cell without a list
	searched           bool    // a cell has no list
	tree               serverTree
}

// newNearTable makes cells whose width is about the distance between ESs.
func newNearTable(p *params) nearTable {
	t := nearTable{measured: measuredOf(p.M, p.C), cellsX: 1, cellsY: 1}
	t.tree = newServerTree(p.servers, t.measured)
	width, depth := float64(p.width), float64(p.depth)
	if t.measured < p.M {
		apart := math.Sqrt(width * depth / float64(p.M))
		t.cellsX, t.cellsY = cells(width, apart, p.M), cells(depth, apart, p.M)
	}
	t.perCellX, t.perCellY = float32(float64(t.cellsX)/width), float32(float64(t.cellsY)/depth)
	for y := range t.cellsY {
		for x := range t.cellsX {
			middle := [2]float64{(float64(x) + 0.5) * width / float64(t.cellsX), (float64(y) + 0.5) * depth / float64(t.cellsY)}
			half := [2]float64{widened(width, t.cellsX), widened(depth, t.cellsY)}
			t.list = append(t.list, t.listOf(cell{middle, half}, p.C)...)
		}
	}
	return t
}

// cells is the number of cells along a side, at most one per ES.
func cells(side, apart float64, servers int) int {
	return min(int(math.Ceil(side/apart)), servers)
}

// widened is half the width of a cell, and more than the rounding of float32 with which at finds the cell of a place.
func widened(side float64, cells int) float64 { return side/float64(2*cells) + side/(1<<21) }

// listOf returns the ESs that IEDs in a cell measure, ascending: the nearest to its middle, by the lower index on ties. It
// returns -1s unless they surely include the c nearest ESs of every place in the cell.
func (t *nearTable) listOf(at cell, c int) []int32 {
	for n := t.measured + 1; n <= 8*t.measured; n *= 2 {
		order := nearest(&t.tree, fromMiddle{&t.tree, at.middle}, n)
		reach := at.reach(order[c-1])
		if !t.covers(at, order, c, reach) {
			break
		}
		if len(order) < n || order[n-1].distance > reach {
			return indices(order[:t.measured])
		}
	}
	t.searched = true
	return noList(t.measured)
}

func noList(n int) []int32 {
	none := make([]int32, n)
	for q := range none {
		none[q] = -1
	}
	return none
}

// covers reports whether none of the other ESs in the order is one of the c nearest of a place in the cell. Those within reach
// are not if c of the measured ESs, the first, are nearer everywhere in the cell.
func (t *nearTable) covers(at cell, order []reached, c int, reach float64) bool {
	measured := order[:t.measured]
	for _, other := range order[t.measured:] {
		if other.distance <= reach && !t.beaten(at, measured, c, other.es) {
			return false
		}
	}
	return true
}

// beaten reports whether c of the measured ESs are nearer than another one everywhere in the cell.
func (t *nearTable) beaten(at cell, measured []reached, c int, other int32) bool {
	nearer := 0
	for q := 0; q < len(measured) && nearer < c; q++ {
		if at.nearer(t.tree.servers, measured[q].es, other) {
			nearer++
		}
	}
	return nearer == c
}

// at returns the ESs that an IED at (x, y) measures, ascending.
func (t *nearTable) at(x, y float32) []int32 {
	cx := min(int(float32(x*t.perCellX)), t.cellsX-1)
	cy := min(int(float32(y*t.perCellY)), t.cellsY-1)
	list := t.list[(cy*t.cellsX+cx)*t.measured:][:t.measured]
	if list[0] < 0 {
		return indices(nearest(&t.tree, fromPlace{&t.tree, [2]float32{x, y}}, t.measured))
	}
	return list
}

// cell is a rectangle of the hall.
type cell struct {
	middle, half [2]float64 // m
}

// reach is the distance from the middle beyond which no ES is one of the c nearest of a place in the cell, from the c-th nearest
// of the middle. A place is at most half a diagonal from the middle, so it has c ESs within the distance of the c-th and half
// a diagonal.
func (c *cell) reach(cth reached) float64 { return cth.distance + 2*math.Hypot(c.half[0], c.half[1]) }

// nearer reports whether everywhere in the cell ES a is nearer than ES b, or as near and of the lower index. The difference of
// the squared distances is linear in the place, so it is largest at a corner.
func (c *cell) nearer(servers [][2]float32, a, b int32) bool {
	for _, sx := range [...]float64{-1, 1} {
		for _, sy := range [...]float64{-1, 1} {
			x, y := c.middle[0]+sx*c.half[0], c.middle[1]+sy*c.half[1]
			square := func(m int32) float64 {
				dx, dy := x-float64(servers[m][0]), y-float64(servers[m][1])
				return dx*dx + dy*dy
			}
			if da, db := square(a), square(b); da > db || da == db && a > b {
				return false
			}
		}
	}
	return true
}
