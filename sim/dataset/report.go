package dataset

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Report says what an import has read, kept, dropped and assumed.
type Report struct {
	Files    []Count
	Outliers []string // a sentence for every place that is too far away
	Notes    []string // what the data set has that the scenario cannot hold, and how it was converted
	Known    []Fact   // keys whose value the data gives
	Assumed  []Fact   // keys whose value the data does not give
}

// Count is what was read from a file.
type Count struct {
	File    string // path
	What    string // what a row is, such as "request"
	Read    int
	Dropped []Drop
}

// Drop is a number of rows that an import does not use.
type Drop struct {
	Rows int
	Why  string
}

// Fact is a key of the scenario with its value, its source and the option that replaces it, if any.
type Fact struct{ Key, Value, Why, Option string }

// Kept returns how many rows are used.
func (c *Count) Kept() int {
	n := c.Read
	for _, d := range c.Dropped {
		n -= d.Rows
	}
	return n
}

func (c *Count) String() string {
	text := fmt.Sprintf("%s: %d %s read, %d kept", filepath.Base(c.File), c.Read, plural(c.Read, c.What), c.Kept())
	for _, d := range c.Dropped {
		text += fmt.Sprintf(", %d dropped (%s)", d.Rows, d.Why)
	}
	return text
}

func (r *Report) read(file, what string, rows int) {
	r.Files = append(r.Files, Count{File: file, What: what, Read: rows})
}

// drop counts rows of what was last read from a file.
func (r *Report) drop(file string, rows int, why string) {
	for i := len(r.Files) - 1; i >= 0 && rows > 0; i-- {
		if c := &r.Files[i]; c.File == file {
			c.Dropped = append(c.Dropped, Drop{rows, why})
			return
		}
	}
}

func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

func plural(n int, what string) string {
	if n == 1 {
		return what
	}
	return what + "s"
}

// String is the report for a reader.
func (r *Report) String() string {
	var b strings.Builder
	for _, line := range r.origin() {
		b.WriteString(line + "\n")
	}
	facts(&b, "from the data", r.Known)
	facts(&b, "assumed, because the data does not say it", r.Assumed)
	return b.String()
}

// origin says what was read and how it was converted.
func (r *Report) origin() (lines []string) {
	for i := range r.Files {
		lines = append(lines, r.Files[i].String())
	}
	lines = append(lines, r.Outliers...)
	return append(lines, r.Notes...)
}

func facts(b *strings.Builder, title string, list []Fact) {
	if len(list) == 0 {
		return
	}
	b.WriteString(title + ":\n")
	for _, f := range list {
		why := f.Why
		if f.Option != "" {
			why += "; --" + f.Option
		}
		fmt.Fprintf(b, "  %-32s %-20s %s\n", f.Key, f.Value, why)
	}
}
