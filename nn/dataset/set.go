package dataset

import (
	"fmt"
	"slices"
)

// Set is a labelled set. Its rows are the samples.
type Set struct {
	Name      string    // its source, such as builtin:steel or the name of a folder
	Shape     []int     // of a sample: [Y, X, C] for an image, [T, C] for a window
	Values    []float32 // [N, Shape...], as the source has them: bytes of images are 0 to 255
	Bytes     bool      // Values are whole numbers from 0 to 255
	Low, High float32   // range of Values: 0 and 255 for bytes, otherwise the smallest and the largest
	Sensors   []string  // [C] names of the channels; nil: they have none
	Classes   []string  // [K] names
	Class     []int     // [N] class of a row, 0 to K-1
	Group     []string  // [N] source of a row, such as a run or a coil: its rows stay together. nil: each row is alone
	Part      []string  // [N] part that the source puts a row into; nil if it does not say
	Origin    []string  // [N] file, or line of a file, for messages
}

// N is the number of rows.
func (s *Set) N() int { return len(s.Class) }

// Size is the number of values of a sample.
func (s *Set) Size() int {
	n := 1
	for _, d := range s.Shape {
		n *= d
	}
	return n
}

// Channels is the last dimension of a sample.
func (s *Set) Channels() int { return s.Shape[len(s.Shape)-1] }

// Sample is the values of a row, [Shape...]. It shares the memory of the set.
func (s *Set) Sample(row int) []float32 {
	n := s.Size()
	return s.Values[row*n : (row+1)*n : (row+1)*n]
}

// Rows lists all rows, 0 to N-1.
func (s *Set) Rows() []int {
	rows := make([]int, s.N())
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// Counts is the number of rows of each class, [K], among some rows.
func (s *Set) Counts(rows []int) []int {
	counts := make([]int, len(s.Classes))
	for _, row := range rows {
		counts[s.Class[row]]++
	}
	return counts
}

// ClassNamed is the number of a class.
func (s *Set) ClassNamed(name string) (int, error) {
	for class, have := range s.Classes {
		if have == name {
			return class, nil
		}
	}
	return 0, fmt.Errorf("%s: there is no class %q; allowed: %s", s.Name, name, listed(s.Classes))
}

// Only returns the rows of some classes, numbered in the order of these names.
func (s *Set) Only(names []string) (*Set, error) {
	number := map[int]int{}
	for i, name := range names {
		class, err := s.ClassNamed(name)
		if err != nil {
			return nil, err
		}
		if slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("%s: the class %q is named twice; allowed: each class once", s.Name, name)
		}
		number[class] = i
	}
	to := *s
	to.Classes, to.Class, to.Values, to.Group, to.Part, to.Origin = slices.Clone(names), nil, nil, nil, nil, nil
	for row, from := range s.Class {
		class, wanted := number[from]
		if !wanted {
			continue
		}
		to.Class, to.Values, to.Origin = append(to.Class, class), append(to.Values, s.Sample(row)...), append(to.Origin, s.Origin[row])
		if s.Group != nil {
			to.Group = append(to.Group, s.Group[row])
		}
		if s.Part != nil {
			to.Part = append(to.Part, s.Part[row])
		}
	}
	return &to, nil
}
