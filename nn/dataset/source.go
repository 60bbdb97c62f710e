package dataset

import (
	"cmp"
	"hash/fnv"
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
)

// source is rows that stay together.
type source struct {
	rows   []int
	counts []int // by class
	rarest int   // the class with the fewest sources among its classes
	die    uint64
}

// sources joins the rows of a group and rows with the same values.
func (s *Set) sources(seed uint64) []*source {
	parent := s.Rows()
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	join := func(a, b int) {
		a, b = root(a), root(b)
		parent[max(a, b)] = min(a, b)
	}
	first := map[string]int{}
	for row, name := range s.Group {
		if other, ok := first[name]; ok {
			join(row, other)
		} else {
			first[name] = row
		}
	}
	for _, same := range s.duplicates() {
		for _, row := range same[1:] {
			join(row, same[0])
		}
	}
	var all []*source
	at := map[int]*source{}
	for row := range s.N() {
		r := root(row)
		if at[r] == nil {
			w := philox.Block(philox.Key(seed), [4]uint32{uint32(r), 0, 0, forSplit})
			at[r] = &source{counts: make([]int, len(s.Classes)), die: uint64(w[0])<<32 | uint64(w[1])}
			all = append(all, at[r])
		}
		at[r].rows = append(at[r].rows, row)
		at[r].counts[s.Class[row]]++
	}
	return all
}

// duplicates lists rows with the same values, at least two each, by their first row.
func (s *Set) duplicates() (all [][]int) {
	byHash := map[uint64][]int{}
	for row := range s.N() {
		h := fnv.New64a()
		var b [4]byte
		for _, v := range s.Sample(row) {
			u := math.Float32bits(v)
			b = [4]byte{byte(u), byte(u >> 8), byte(u >> 16), byte(u >> 24)}
			h.Write(b[:])
		}
		byHash[h.Sum64()] = append(byHash[h.Sum64()], row)
	}
	for _, rows := range byHash {
		for len(rows) > 1 { // rows with one hash are nearly always equal
			same, rest := []int{rows[0]}, []int(nil)
			for _, row := range rows[1:] {
				if slices.Equal(s.Sample(row), s.Sample(rows[0])) {
					same = append(same, row)
				} else {
					rest = append(rest, row)
				}
			}
			if len(same) > 1 {
				all = append(all, same)
			}
			rows = rest
		}
	}
	slices.SortFunc(all, func(a, b []int) int { return a[0] - b[0] })
	return all
}

// order finds the rarest class of each source, by the number of sources of a class, and sorts: the large before the
// small, which can still even things out, otherwise at random.
func order(all []*source, sourcesOf []int) {
	for _, g := range all {
		g.rarest = -1
		for class, n := range g.counts {
			if n > 0 && (g.rarest < 0 || sourcesOf[class] < sourcesOf[g.rarest]) {
				g.rarest = class
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *source) int {
		return cmp.Or(cmp.Compare(len(b.rows), len(a.rows)), cmp.Compare(a.die, b.die))
	})
}
