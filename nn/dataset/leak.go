package dataset

import (
	"fmt"
	"slices"
)

// Leaks says what two parts share, one error each, joined; nil if nothing: a row, a source, or rows with the same
// values.
func (s *Set) Leaks(parts []Part) error {
	var bad faults
	in := make([][]string, s.N()) // parts of each row
	for _, p := range parts {
		for _, row := range p.Rows {
			if row < 0 || row >= s.N() {
				bad.add(fmt.Errorf("%s: the part %q has the row %d; allowed: 0 to %d", s.Name, p.Name, row, s.N()-1))
				continue
			}
			in[row] = append(in[row], p.Name)
		}
	}
	for row, names := range in {
		if len(names) > 1 {
			bad.add(fmt.Errorf("%s: %s is in %s; allowed: one part, once", s.Name, s.Origin[row], listed(names)))
		}
	}
	s.sharedGroups(in, &bad)
	for _, same := range s.duplicates() {
		for _, row := range same[1:] {
			if a, b := in[same[0]], in[row]; len(a) > 0 && len(b) > 0 && a[0] != b[0] {
				bad.add(fmt.Errorf("%s: %s in %q and %s in %q have the same values; allowed: equal samples in one part",
					s.Name, s.Origin[same[0]], a[0], s.Origin[row], b[0]))
			}
		}
	}
	return bad.err()
}

// sharedGroups reports sources with rows in several parts.
func (s *Set) sharedGroups(in [][]string, bad *faults) {
	var order []string
	of := map[string][]string{}
	for row, group := range s.Group {
		for _, part := range in[row] {
			if of[group] == nil {
				order = append(order, group)
			}
			if !slices.Contains(of[group], part) {
				of[group] = append(of[group], part)
			}
		}
	}
	for _, group := range order {
		if len(of[group]) > 1 {
			bad.add(fmt.Errorf("%s: the source %q is in %s; allowed: one part for each source", s.Name, group, listed(of[group])))
		}
	}
}
