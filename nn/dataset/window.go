package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Cut says how a table of sensors becomes windows.
type Cut struct {
	Columns           // of class, and of source and part if the table has them
	Channels []string // columns with values; none: all that Columns does not name
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
	t, err := openTable(file, c.Class, c.Group, c.Part)
	if err != nil {
		return nil, err
	}
	if err := c.complete(t); err != nil {
		return nil, err
	}
	lines, values, err := c.read(t)
	if err != nil {
		return nil, err
	}
	segments := c.segments(lines)
	s := &Set{Name: filepath.Base(file), Shape: []int{c.Length, len(c.Channels)}, Sensors: c.Channels}
	var labels []string
	for _, g := range segments {
		for from := g.from; from+c.Length <= g.to; from += c.Stride {
			s.Values = append(s.Values, values[from*len(c.Channels):(from+c.Length)*len(c.Channels)]...)
			labels, s.Group = append(labels, g.class), append(s.Group, g.group)
			s.Origin = append(s.Origin, fmt.Sprintf("%s:%d", s.Name, lines[from].number))
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
func (c *Cut) complete(t *tableFile) error {
	if c.Stride == 0 {
		c.Stride = c.Length
	}
	if c.Length < 1 || c.Stride < 1 {
		return fmt.Errorf("windows of %d rows every %d rows; allowed: at least 1", c.Length, c.Stride)
	}
	if len(c.Channels) == 0 {
		taken := named(c.Class, c.Group, c.Part)
		for _, name := range t.columns {
			if !slices.Contains(taken, folded(name)) {
				c.Channels = append(c.Channels, name)
			}
		}
	}
	if len(c.Channels) == 0 {
		return fault(t.name, 1, "has no column with values", "at least one besides class, source and part")
	}
	return nil
}

// labelled says what a line of the table is.
type labelled struct {
	number             int
	class, group, part string
}

// read reads all lines and their values, [lines, channels].
func (c *Cut) read(t *tableFile) (lines []labelled, values []float32, err error) {
	channels := named(c.Channels...)
	r := t.read(append(channels, c.Class, c.Group, c.Part)...)
	for r.Next() {
		for _, name := range channels {
			values = append(values, value(r, name))
		}
		lines = append(lines, labelled{r.Line(), c.label(r), text(r, c.Group), text(r, c.Part)})
	}
	if err := r.Err(); err != nil {
		return nil, nil, err
	}
	if len(lines) == 0 {
		return nil, nil, fault(t.name, 0, "has no rows", "a line with the names of the columns, and a line for each time")
	}
	return lines, values, nil
}

// segments cuts the table where class, source or part changes.
func (c *Cut) segments(lines []labelled) (all []segment) {
	for i, l := range lines {
		g := segment{from: i, to: i + 1, class: l.class, group: l.group, part: l.part}
		if last := len(all) - 1; last >= 0 && all[last].continues(g) {
			all[last].to++
			continue
		}
		all = append(all, g)
	}
	if c.Group == "" {
		for i, g := range all {
			all[i].group = fmt.Sprintf("lines %d to %d", lines[g.from].number, lines[g.to-1].number)
		}
	}
	return all
}

func (g segment) continues(next segment) bool {
	return g.class == next.class && g.group == next.group && g.part == next.part
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
