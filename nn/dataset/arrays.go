package dataset

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
)

// Columns names the columns of a table that say what a row is, in any case.
type Columns struct {
	Class string // its class; "": all rows are of one class, "all"
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

	AxesImages  Axes = "images"  // nyx, nyxc or ncyx: by the number of dimensions, and by which one has 1 or 3 channels
	AxesWindows Axes = "windows" // nt or ntc, by the number of dimensions
)

// AllAxes lists what the dimensions of an array may be.
var AllAxes = []Axes{AxesImages, AxesNYX, AxesNYXC, AxesNCYX, AxesWindows, AxesNT, AxesNTC, AxesNCT}

// Windows reports that the samples are windows, not images.
func (x Axes) Windows() bool { return x == AxesWindows || x == AxesNT || x == AxesNTC || x == AxesNCT }

// Arrays reads samples from a .npy file (see [ReadNpy]) and what they are from a CSV file with a line for each sample,
// in the order of the array; without such a file all are of the class "all". If the table has a column named row, it has
// to say 0, 1, 2, and so on. Classes are numbered in numeric order if all are whole numbers, otherwise in alphabetical
// order.
func Arrays(samples, labels string, axes Axes, c Columns) (*Set, error) {
	a, err := ReadNpy(samples)
	if err != nil {
		return nil, err
	}
	axes = axes.of(a.Shape)
	if err := axes.check(samples, a.Shape); err != nil {
		return nil, err
	}
	s := &Set{Name: filepath.Base(samples), Values: a.Values, High: 255, Bytes: a.Bytes}
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

// of are the axes of an array of a shape, or unchanged if there are none for it.
func (x Axes) of(shape []int) Axes {
	few := len(shape) > 3 && (shape[1] == 1 || shape[1] == 3) && shape[3] != 1 && shape[3] != 3
	for _, c := range []struct {
		asked, is Axes
		fits      bool
	}{
		{AxesImages, AxesNCYX, few}, {AxesImages, AxesNYXC, len(shape) == 4}, {AxesImages, AxesNYX, true},
		{AxesWindows, AxesNT, len(shape) == 2}, {AxesWindows, AxesNTC, true},
	} {
		if x == c.asked && c.fits {
			return c.is
		}
	}
	return x
}

func (x Axes) check(file string, shape []int) error {
	if !slices.Contains(AllAxes, x) {
		return fmt.Errorf("axes %q are not allowed; allowed: %v", string(x), AllAxes)
	}
	if len(shape) != len(x) || slices.Contains(shape, 0) {
		return fault(file, 0, fmt.Sprintf("has the shape %v", shape), fmt.Sprintf("%d dimensions, %s, none of them 0", len(x), x))
	}
	if c := shape[x.channel()%len(shape)]; !x.Windows() && x.channel() > 0 && c != 1 && c != 3 {
		return fault(file, 0, fmt.Sprintf("has %d channels", c), "images of 1 or 3 channels")
	}
	return nil
}

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

// label reads class, group and part of n rows. Without a table all rows are of one class.
func (s *Set) label(file string, n int, c Columns) error {
	for row := range n {
		s.Origin = append(s.Origin, fmt.Sprintf("%s row %d", s.Name, row))
	}
	if file == "" {
		s.Classes, s.Class = []string{oneClass}, make([]int, n)
		return nil
	}
	f, err := openTable(file, c.Class, c.Group, c.Part)
	if err != nil {
		return err
	}
	labels, err := s.rows(f, c)
	if err != nil {
		return err
	}
	if len(labels) != n {
		return fault(file, 0, fmt.Sprintf("has %d rows", len(labels)), fmt.Sprintf("%d, one for each sample of %s", n, s.Name))
	}
	s.Classes, s.Class = classes(labels)
	return nil
}

// rows reads the classes, and fills in group and part. A column named row has to number the rows.
func (s *Set) rows(f *tableFile, c Columns) (labels []string, err error) {
	number := ""
	if f.has("row") {
		number = "row"
	}
	r := f.read(c.Class, c.Group, c.Part, number)
	for n := 0; r.Next(); n++ {
		if number != "" && r.Whole(number, 0, math.MaxInt32) != n && !r.Bad() {
			r.Refuse(number, fmt.Sprintf("%d: the rows are in the order of the samples", n))
		}
		labels = append(labels, c.label(r))
		if c.Group != "" {
			s.Group = append(s.Group, text(r, c.Group))
		}
		if c.Part != "" {
			s.Part = append(s.Part, text(r, c.Part))
		}
	}
	return labels, r.Err()
}
