package sim

import (
	"cmp"
	"math"
	"slices"
)

// serverTree is a k-d tree of the ESs (Bentley, "Multidimensional binary search trees used for associative searching",
// Communications of the ACM 18(9), 1975). The ES in the middle of a range of order splits it by x at even depths and by y at
// odd ones: those before it have no larger coordinate, those after it no smaller one.
type serverTree struct {
	servers [][2]float32 // [M] m
	order   []int32      // those that can be among the n nearest to a point; of ESs at one place the n with the lowest indices
	lo, hi  [2]float32   // the smallest rectangle around all ESs
}

// newServerTree makes a tree to find the n nearest ESs.
func newServerTree(servers [][2]float32, n int) serverTree {
	t := serverTree{servers: servers, lo: servers[0], hi: servers[0]}
	here := map[[2]float32]int{}
	for m, at := range servers {
		if here[at]++; here[at] <= n {
			t.order = append(t.order, int32(m))
		}
		for axis, x := range at {
			t.lo[axis], t.hi[axis] = min(t.lo[axis], x), max(t.hi[axis], x)
		}
	}
	t.split(t.order, 0)
	return t
}

func (t *serverTree) split(order []int32, axis int) {
	if len(order) < 2 {
		return
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Or(cmp.Compare(t.servers[a][axis], t.servers[b][axis]), cmp.Compare(a, b))
	})
	middle := len(order) / 2
	t.split(order[:middle], 1-axis)
	t.split(order[middle+1:], 1-axis)
}

// reached is an ES and its distance, in the unit of a viewpoint.
type reached struct {
	distance float64
	es       int32
}

// before orders by distance, on ties by the index.
func (r reached) before(other reached) bool {
	return r.distance < other.distance || r.distance == other.distance && r.es < other.es
}

// viewpoint is a point with a way to compute distances, in any unit that grows with the distance.
type viewpoint interface {
	distance(m int32) float64
	offset(at [2]float32, axis int) float64 // of the point from another, in m along an axis
	least(offset [2]float64) float64        // a lower bound of the distance to any ES with these offsets or larger ones
}

// fromMiddle computes in float64, in m, as tables are made.
type fromMiddle struct {
	tree  *serverTree
	point [2]float64
}

func (v fromMiddle) distance(m int32) float64 {
	at := v.tree.servers[m]
	return math.Hypot(float64(at[0])-v.point[0], float64(at[1])-v.point[1])
}

func (v fromMiddle) offset(at [2]float32, axis int) float64 { return v.point[axis] - float64(at[axis]) }

func (v fromMiddle) least(offset [2]float64) float64 {
	return math.Hypot(offset[0], offset[1]) * (1 - 1e-12) // Hypot rounds up or down
}

// fromPlace computes in float32, in m^2, as an IED does.
type fromPlace struct {
	tree  *serverTree
	point [2]float32
}

func (v fromPlace) distance(m int32) float64 {
	at := v.tree.servers[m]
	return v.least([2]float64{v.offset(at, 0), v.offset(at, 1)})
}

func (v fromPlace) offset(at [2]float32, axis int) float64 { return float64(v.point[axis] - at[axis]) }

func (v fromPlace) least(offset [2]float64) float64 {
	dx, dy := float32(offset[0]), float32(offset[1])
	return float64(float32(dx*dx) + float32(dy*dy))
}

// nearest returns the n nearest ESs of the tree, or all if there are fewer, nearest first.
func nearest[V viewpoint](t *serverTree, from V, n int) []reached {
	s := search[V]{t, from, make([]reached, 0, min(n, len(t.order)))}
	var offset [2]float64
	for axis := range offset {
		offset[axis] = max(0, -from.offset(t.lo, axis), from.offset(t.hi, axis))
	}
	s.visit(0, len(t.order), 0, offset)
	return s.found
}

// search is the state of nearest.
type search[V viewpoint] struct {
	tree  *serverTree
	from  V
	found []reached // nearest first, up to its capacity
}

// visit searches a range of the tree, the side of the viewpoint first. Its ESs have at least the given offsets.
func (s *search[V]) visit(lo, hi, axis int, offset [2]float64) {
	if lo >= hi || s.full() && s.from.least(offset) > s.found[len(s.found)-1].distance {
		return
	}
	middle := (lo + hi) / 2
	m := s.tree.order[middle]
	s.keep(reached{s.from.distance(m), m})
	beyond := offset
	beyond[axis] = s.from.offset(s.tree.servers[m], axis)
	if beyond[axis] >= 0 {
		s.visit(middle+1, hi, 1-axis, offset)
		s.visit(lo, middle, 1-axis, beyond)
	} else {
		s.visit(lo, middle, 1-axis, offset)
		s.visit(middle+1, hi, 1-axis, beyond)
	}
}

func (s *search[V]) full() bool { return len(s.found) == cap(s.found) }

// keep inserts an ES in its place, and drops the farthest if there are too many.
func (s *search[V]) keep(r reached) {
	at := len(s.found)
	if !s.full() {
		s.found = append(s.found, r)
	} else if at--; !r.before(s.found[at]) {
		return
	}
	for ; at > 0 && r.before(s.found[at-1]); at-- {
		s.found[at] = s.found[at-1]
	}
	s.found[at] = r
}

// indices returns the ESs, ascending.
func indices(of []reached) []int32 {
	list := make([]int32, len(of))
	for q, r := range of {
		list[q] = r.es
	}
	slices.Sort(list)
	return list
}
