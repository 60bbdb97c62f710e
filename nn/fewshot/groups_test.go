package fewshot

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// grouped is a study in which the name of a row of training is that of its group; nil: there are no groups. Other rows are alone.
func grouped(t *testing.T, name func(class, at int) string) *Study {
	s := short(t)
	if name == nil {
		return s
	}
	s.Set.Group = make([]string, s.Set.N())
	for row := range s.Set.Group {
		s.Set.Group[row] = fmt.Sprint("alone ", row)
	}
	at := make([]int, len(s.Set.Classes))
	for _, row := range s.Training {
		class := s.Set.Class[row]
		s.Set.Group[row] = name(class, at[class])
		at[class]++
	}
	return s
}

func inPairs(class, at int) string { return fmt.Sprint(class, " ", at/2) }

// splits are the draws of a study and all parts of their validation.
func splits(t *testing.T, s *Study) (all [][]int) {
	t.Helper()
	for draw := range 4 {
		b, err := s.newBench(nil, 4, draw)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b.rows, b.unused)
		for part := range folds {
			kept, back := b.split(part + 1)
			all = append(all, kept, back)
		}
	}
	return all
}

// Groups of one row change nothing, and those of several make it another study.
func TestGroupsOfOne(t *testing.T) {
	none, ones, pairs := grouped(t, nil), grouped(t, func(class, at int) string { return fmt.Sprint(class, " ", at) }), grouped(t, inPairs)
	if !reflect.DeepEqual(splits(t, none), splits(t, ones)) || none.Digest() != ones.Digest() {
		t.Error("groups of one row are not as none")
	}
	if none.Digest() == pairs.Digest() {
		t.Error("groups of two rows are the same study")
	}
}

// No unused row and no row that a validation trains on is of the group of a row on the other side.
func TestGroupsStayTogether(t *testing.T) {
	s, none, left := grouped(t, inPairs), grouped(t, nil), 0
	shared := func(a, b []int) bool {
		return slices.ContainsFunc(a, func(x int) bool {
			return slices.ContainsFunc(b, func(y int) bool { return s.Set.Group[x] == s.Set.Group[y] })
		})
	}
	for draw := range 4 {
		b, err := s.newBench(nil, 4, draw)
		if err != nil {
			t.Fatal(err)
		}
		rows, unused, err := none.draw(4, draw)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.DeleteFunc(slices.Clone(unused), func(row int) bool { return shared([]int{row}, rows) })
		left += len(unused) - len(want)
		if !slices.Equal(b.rows, rows) || !slices.Equal(b.unused, want) {
			t.Errorf("draw %d: unused %v, want %v", draw, b.unused, want)
		}
		for part := 1; part <= folds; part++ {
			kept, back := b.split(part)
			if both := slices.Sorted(slices.Values(slices.Concat(kept, back))); !slices.Equal(both, b.rows) || shared(kept, back) {
				t.Errorf("draw %d, part %d: kept %v, held back %v", draw, part, kept, back)
			}
			if slices.Contains(s.Set.Counts(kept), 0) || slices.Contains(s.Set.Counts(back), 0) {
				t.Errorf("draw %d, part %d: a class is on one side alone", draw, part)
			}
		}
	}
	if left == 0 {
		t.Error("no draw has half of a pair")
	}
}

// A class of a single group has rows on both sides of a validation.
func TestSingleGroup(t *testing.T) {
	s := grouped(t, func(class, at int) string { return fmt.Sprint(class) })
	b, err := s.newBench(nil, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	kept, back := b.split(1)
	if slices.Contains(s.Set.Counts(kept), 0) || slices.Contains(s.Set.Counts(back), 0) || len(b.unused) > 0 {
		t.Errorf("kept %v, held back %v, unused %v", kept, back, b.unused)
	}
}
