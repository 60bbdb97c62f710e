package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Part is a part of a set, such as train.
type Part struct {
	Name string
	Rows []int // ascending
}

// Share is the size of a part that is asked for: Weight over the sum of all weights.
type Share struct {
	Name   string
	Weight int
}

// GivenSplit has the parts that the source names, in the order train, validation, test, then alphabetically.
func (s *Set) GivenSplit() ([]Part, error) {
	if s.Part == nil {
		return nil, fmt.Errorf("%s: the source does not say which part a row belongs to", s.Name)
	}
	usual := []string{"train", "validation", "test"}
	rank := func(name string) string {
		if i := slices.Index(usual, name); i >= 0 {
			return fmt.Sprint(" ", i)
		}
		return name
	}
	names := slices.Clone(s.Part)
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(rank(a), rank(b)) })
	var parts []Part
	for _, name := range slices.Compact(names) {
		parts = append(parts, Part{Name: name})
	}
	for row, name := range s.Part {
		i := slices.IndexFunc(parts, func(p Part) bool { return p.Name == name })
		parts[i].Rows = append(parts[i].Rows, row)
	}
	return parts, nil
}

// Split cuts a set into parts that have about their share of every class. Rows of one source stay together, and so do
// rows with the same values, and what they are linked with: no part knows anything of another. The same seed gives the
// same parts.
//
// Sources are dealt out one by one, the large before the small, otherwise in random order. Each goes to the part that
// lacks most of its classes. Where a class has just enough sources left for the parts without any of it, they get
// them. An error says which class has too few sources for one in each part.
func (s *Set) Split(shares []Share, seed uint64) ([]Part, error) {
	total, err := checkShares(shares)
	if err != nil {
		return nil, err
	}
	sources := s.sources(seed)
	deal := s.newDealer(shares, total, sources)
	order(sources, deal.left)
	parts := make([]Part, len(shares))
	for _, g := range sources {
		p := deal.next(g)
		parts[p].Rows = append(parts[p].Rows, g.rows...)
	}
	for p, share := range shares {
		parts[p].Name = share.Name
		slices.Sort(parts[p].Rows)
	}
	if err := deal.complete(sources); err != nil {
		return nil, err
	}
	return parts, nil
}

func checkShares(shares []Share) (total int, err error) {
	for i, share := range shares {
		if share.Weight < 1 || share.Weight > 1e6 {
			return 0, fmt.Errorf("the part %q has the weight %d; allowed: 1 to 1000000", share.Name, share.Weight)
		}
		if slices.ContainsFunc(shares[:i], func(o Share) bool { return o.Name == share.Name }) {
			return 0, fmt.Errorf("two parts have the name %q; allowed: each name once", share.Name)
		}
		total += share.Weight
	}
	if len(shares) == 0 {
		return 0, fmt.Errorf("a split without parts; allowed: at least one")
	}
	return total, nil
}

// dealer deals sources to parts.
type dealer struct {
	set     *Set
	shares  []Share
	weights int     // their sum
	counts  []int   // rows of each class
	have    [][]int // rows of each class in each part
	left    []int   // sources of each class that are not dealt yet
}

func (s *Set) newDealer(shares []Share, weights int, sources []*source) *dealer {
	d := &dealer{set: s, shares: shares, weights: weights, counts: s.Counts(s.Rows()), left: make([]int, len(s.Classes))}
	for range shares {
		d.have = append(d.have, make([]int, len(s.Classes)))
	}
	for _, g := range sources {
		for class, n := range g.counts {
			d.left[class] += min(n, 1)
		}
	}
	return d
}

// next is the part of a source.
func (d *dealer) next(g *source) int {
	var lacking []int
	for p := range d.shares {
		if d.have[p][g.rarest] == 0 {
			lacking = append(lacking, p)
		}
	}
	best, most := -1, math.Inf(-1)
	for p := range d.shares {
		if d.left[g.rarest] <= len(lacking) && !slices.Contains(lacking, p) {
			continue
		}
		if n := d.need(p, g); n > most {
			best, most = p, n
		}
	}
	for class, n := range g.counts {
		d.have[best][class] += n
		d.left[class] -= min(n, 1)
	}
	return best
}

// need is the sum over the classes of a source: its share of the rows of the class, times what the part lacks of them.
func (d *dealer) need(p int, g *source) (sum float64) {
	for class, n := range g.counts {
		if n == 0 {
			continue
		}
		all := float64(d.counts[class])
		lack := float64(d.shares[p].Weight)/float64(d.weights) - float64(d.have[p][class])/all
		sum += float64(float64(n) / all * lack)
	}
	return sum
}

// complete reports classes that a part lacks.
func (d *dealer) complete(all []*source) error {
	var bad faults
	for class, name := range d.set.Classes {
		n := 0
		for _, g := range all {
			n += min(g.counts[class], 1)
		}
		for p := range d.shares {
			if d.have[p][class] == 0 {
				bad.add(fmt.Errorf("%s: the part %q has no row of the class %q, which has %d sources; allowed: at least as many sources as parts, %d",
					d.set.Name, d.shares[p].Name, name, n, len(d.shares)))
				break
			}
		}
	}
	return bad.err()
}
