package sim

import (
	"cmp"
	"math"
	"slices"
)

// measuredServers is the number of ESs that an IED measures at the beginning of an episode. In a
// hall with more, it measures those nearest to the centre of its cell. Measuring all would cost
// O(A M), and an ES farther than 32 others is not among the few strongest.
const measuredServers = 32

// nearTable lists, for each cell of the hall, the ESs that an IED there measures. A hall with at
// most 32 ESs is one cell, where every IED measures all ESs.
type nearTable struct {
	measured           int // min(M, max(32, C))
	cellsX, cellsY     int
	perCellX, perCellY float32 // 1/m
	list               []int32 // [cellsY, cellsX, measured], each ascending
}

// newNearTable makes cells whose width is about the distance between ESs.
func newNearTable(p *params) nearTable {
	t := nearTable{measured: min(p.M, max(measuredServers, p.C)), cellsX: 1, cellsY: 1}
	width, depth := float64(p.width), float64(p.depth)
	if t.measured < p.M {
		apart := math.Sqrt(width * depth / float64(p.M))
		t.cellsX, t.cellsY = cells(width, apart, p.M), cells(depth, apart, p.M)
	}
	t.perCellX, t.perCellY = float32(float64(t.cellsX)/width), float32(float64(t.cellsY)/depth)
	for y := range t.cellsY {
		for x := range t.cellsX {
			middle := [2]float64{(float64(x) + 0.5) * width / float64(t.cellsX), (float64(y) + 0.5) * depth / float64(t.cellsY)}
			t.list = append(t.list, nearest(p.servers, middle, t.measured)...)
		}
	}
	return t
}

// cells is the number of cells along a side, at most one per ES.
func cells(side, apart float64, servers int) int {
	return min(int(math.Ceil(side/apart)), servers)
}

// nearest returns the indices of the n ESs nearest to a point, ascending. On ties it takes the lower
// index.
func nearest(servers [][2]float32, at [2]float64, n int) []int32 {
	distance := func(m int32) float64 {
		return math.Hypot(float64(servers[m][0])-at[0], float64(servers[m][1])-at[1])
	}
	all := make([]int32, len(servers))
	for m := range all {
		all[m] = int32(m)
	}
	slices.SortStableFunc(all, func(a, b int32) int { return cmp.Compare(distance(a), distance(b)) })
	slices.Sort(all[:n])
	return all[:n:n]
}

// at returns the ESs that an IED at (x, y) measures.
func (t *nearTable) at(x, y float32) []int32 {
	cx := min(int(float32(x*t.perCellX)), t.cellsX-1)
	cy := min(int(float32(y*t.perCellY)), t.cellsY-1)
	return t.list[(cy*t.cellsX+cx)*t.measured:][:t.measured]
}
