package dataset

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
)

// Columns names the columns of a table that say what a row is.
type Columns struct {
	Class string // its class
	Group string // its source, such as a run; "": each row is alone
	Part  string // the part that it belongs to, such as train; "": the table does not say
}

// Axes says what the dimensions of an array are: n samples, rows y and columns x, channels c, times t.
type Axes string

const (
	AxesNYX  Axes = "nyx"  // grey images
	AxesNYXC Axes = "nyxc" // images
	AxesNCYX Axes = "ncyx" // images, as PyTorch has them
	AxesNT   Axes = "nt"   // windows of one channel
	AxesNTC  Axes = "ntc"  // windows
	AxesNCT  Axes = "nct"  // windows, a channel after the other
)

var allAxes = []Axes{AxesNYX, AxesNYXC, AxesNCYX, AxesNT, AxesNTC, AxesNCT}

// Arrays reads samples from a .npy file (see [ReadNpy]) and what they are from a CSV file with a line for each sample,
// in the order of the array. If the table has a column named row, it has to say 0, 1, 2, and so on. Classes are
// numbered in numeric order if all are whole numbers, otherwise in alphabetical order.
func Arrays(samples, labels string, axes Axes, c Columns) (*Set, error) {
	a, err := ReadNpy(samples)
	if err != nil {
		return nil, err
	}
	if err := axes.check(samples, a.Shape); err != nil {
		return nil, err
	}
	s := &Set{Name: filepath.Base(samples), Values: a.Values, High: 255}
	s.Shape = axes.arrange(s, a.Shape)
	if err := s.finite(samples); err != nil {
		return nil, err
	}
	if !a.Bytes {
		s.Low, s.High = slices.Min(s.Values), slices.Max(s.Values)
	}
	if err := s.label(labels, a.Shape[0], c); err != nil {
		return nil, err
	}
	return s, nil
}

func (x Axes) check(file string, shape []int) error {
	if !slices.Contains(allAxes, x) {
		return fmt.Errorf("axes %q are not allowed; allowed: %v", string(x), allAxes)
	}
	if len(shape) != len(x) || slices.Contains(shape, 0) {
		return fault(file, 0, fmt.Sprintf("has the shape %v", shape), fmt.Sprintf("%d dimensions, %s, none of them 0", len(x), x))
	}
	if c := shape[x.channel()%len(shape)]; x.images() && x.channel() > 0 && c != 1 && c != 3 {
		return fault(file, 0, fmt.Sprintf("has %d channels", c), "images of 1 or 3 channels")
	}
	return nil
}

func (x Axes) images() bool { return x[1] == 'y' || x[2:] == "yx" }

// channel is the place of c, or 0.
func (x Axes) channel() int {
	return max(0, slices.Index([]byte(x), 'c'))
}

// arrange puts the channels last and returns the shape of a sample.
func (x Axes) arrange(s *Set, shape []int) []int {
	inner := slices.Clone(shape[1:])
	if x.channel() == 0 {
		return append(inner, 1)
	}
	if x.channel() == 1 {
		channels, places := inner[0], 1
		for _, d := range inner[1:] {
			places *= d
		}
		s.Values = channelsLast(s.Values, channels, places)
		return append(inner[1:], channels)
	}
	return inner
}

// channelsLast turns [N, channels, places] into [N, places, channels].
func channelsLast(from []float32, channels, places int) []float32 {
	to := make([]float32, len(from))
	for i := range from {
		n, rest := i/(channels*places), i%(channels*places)
		to[n*channels*places+rest%places*channels+rest/places] = from[i]
	}
	return to
}

// finite refuses rows with values that are no numbers.
func (s *Set) finite(file string) error {
	var bad faults
	n := s.Size()
	for i := 0; i < len(s.Values); i++ {
		if v := float64(s.Values[i]); math.IsNaN(v) || math.IsInf(v, 0) {
			bad.file(file, 0, fmt.Sprintf("row %d has the value %v", i/n, v), "finite numbers")
			i = i/n*n + n - 1 // once for a row
		}
	}
	return bad.err()
}

// label reads class, group and part of n rows.
func (s *Set) label(file string, n int, c Columns) error {
	t, err := readTable(file)
	if err != nil {
		return err
	}
	if len(t.rows) != n {
		return fault(file, 0, fmt.Sprintf("has %d rows", len(t.rows)), fmt.Sprintf("%d, one for each sample of %s", n, s.Name))
	}
	if err := t.inOrder(); err != nil {
		return err
	}
	texts, err := t.labels(c.Class)
	if err != nil {
		return err
	}
	s.Classes, s.Class = classes(texts)
	if s.Group, err = t.texts(c.Group); err != nil {
		return err
	}
	s.Part, err = t.texts(c.Part)
	for row := range n {
		s.Origin = append(s.Origin, fmt.Sprintf("%s row %d", s.Name, row))
	}
	return err
}

// inOrder checks the column named row, if there is one.
func (t *table) inOrder() error {
	if !slices.Contains(t.header, "row") {
		return nil
	}
	numbers, err := t.integers("row")
	if err != nil {
		return err
	}
	for i, n := range numbers {
		if n != i {
			return fault(t.file, t.line[i], fmt.Sprintf("row is %d", n), fmt.Sprintf("%d: the rows are in the order of the samples", i))
		}
	}
	return nil
}
