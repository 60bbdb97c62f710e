package dataset

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
)

// Cut says how a table of sensors becomes windows.
type Cut struct {
	Columns           // of class, and of source and part if the table has them
	Channels []string // columns with values; nil: all that Columns does not name
	Length   int      // rows of the table in a window
	Stride   int      // rows from one window to the next; 0: Length, so that windows do not overlap
}

// segment is consecutive rows of one class, source and part.
type segment struct {
	from, to           int
	class, group, part string
}

// Windows reads a CSV file with a line for each time and a column for each sensor, in the order of time, and cuts it
// into windows [T, C]. A window lies inside a segment: consecutive lines of one class, source and part. Without
// a column for the source, each segment is a source, so that overlapping windows stay together.
func Windows(file string, c Cut) (*Set, error) {
	t, err := readTable(file)
	if err != nil {
		return nil, err
	}
	if err := c.complete(t); err != nil {
		return nil, err
	}
	segments, err := c.segments(t)
	if err != nil {
		return nil, err
	}
	values, err := t.numbers(c.Channels)
	if err != nil {
		return nil, err
	}
	s := &Set{Name: filepath.Base(file), Shape: []int{c.Length, len(c.Channels)}}
	var labels []string
	for _, g := range segments {
		for from := g.from; from+c.Length <= g.to; from += c.Stride {
			s.Values = append(s.Values, values[from*len(c.Channels):(from+c.Length)*len(c.Channels)]...)
			labels, s.Group = append(labels, g.class), append(s.Group, g.group)
			s.Origin = append(s.Origin, fmt.Sprintf("%s:%d", s.Name, t.line[from]))
			if c.Part != "" {
				s.Part = append(s.Part, g.part)
			}
		}
	}
	s.Classes, s.Class = classes(labels)
	if err := missing(file, segments, s.Classes, c.Length); err != nil {
		return nil, err
	}
	s.Low, s.High = slices.Min(s.Values), slices.Max(s.Values)
	return s, nil
}

// complete fills in the defaults and checks the cut.
func (c *Cut) complete(t *table) error {
	if c.Stride == 0 {
		c.Stride = c.Length
	}
	if c.Length < 1 || c.Stride < 1 {
		return fmt.Errorf("windows of %d rows every %d rows; allowed: at least 1", c.Length, c.Stride)
	}
	if c.Channels == nil {
		for _, name := range t.header {
			if name != c.Class && name != c.Group && name != c.Part {
				c.Channels = append(c.Channels, name)
			}
		}
	}
	if len(c.Channels) == 0 {
		return fault(t.file, 1, "has no column with values", "at least one besides class, source and part")
	}
	return nil
}

// segments cuts the table where class, source or part changes.
func (c *Cut) segments(t *table) (all []segment, err error) {
	class, err := t.labels(c.Class)
	group, err2 := t.texts(c.Group)
	part, err3 := t.texts(c.Part)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	for i := range t.rows {
		g := segment{from: i, to: i + 1, class: class[i], group: at(group, i), part: at(part, i)}
		if last := len(all) - 1; last >= 0 && all[last].continues(g) {
			all[last].to++
			continue
		}
		all = append(all, g)
	}
	if group == nil {
		for i, g := range all {
			all[i].group = fmt.Sprintf("lines %d to %d", t.line[g.from], t.line[g.to-1])
		}
	}
	return all, nil
}

// at is an element, or nothing of nothing.
func at(column []string, i int) string {
	if column == nil {
		return ""
	}
	return column[i]
}

func (g segment) continues(next segment) bool {
	return g.class == next.class && g.group == next.group && g.part == next.part
}

// numbers is the values of some columns, [rows, columns].
func (t *table) numbers(names []string) ([]float32, error) {
	var bad faults
	var at []int
	for _, name := range names {
		c, err := t.column(name)
		if err != nil {
			return nil, err
		}
		at = append(at, c)
	}
	values := make([]float32, 0, len(t.rows)*len(names))
	for i, row := range t.rows {
		for k, c := range at {
			v, err := strconv.ParseFloat(row[c], 32)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				bad.file(t.file, t.line[i], fmt.Sprintf("%s is %q", names[k], row[c]), "a finite number")
			}
			values = append(values, float32(v))
		}
	}
	return values, bad.err()
}

// missing reports classes whose segments are all too short for a window.
func missing(file string, segments []segment, have []string, length int) error {
	var bad faults
	longest := map[string]int{}
	var order []string
	for _, g := range segments {
		if _, ok := longest[g.class]; !ok {
			order = append(order, g.class)
		}
		longest[g.class] = max(longest[g.class], g.to-g.from)
	}
	for _, class := range order {
		if !slices.Contains(have, class) {
			bad.file(file, 0, fmt.Sprintf("class %q has no window: its longest run of lines has %d", class, longest[class]),
				fmt.Sprintf("at least %d consecutive lines of one class and source, or shorter windows", length))
		}
	}
	return bad.err()
}
