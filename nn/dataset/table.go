package dataset

import (
	"bytes"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/table"
)

// tableFile is a CSV file with a header, as package internal/table reads it. Names of columns are compared in any case.
type tableFile struct {
	name    string
	data    []byte
	columns []string // names of all columns
}

// openTable reads a file and its header, which must have some columns; "" stands for none.
func openTable(name string, columns ...string) (*tableFile, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	f := &tableFile{name: name, data: data}
	r := f.read(columns...)
	f.columns = r.Names()
	return f, r.Err()
}

// read reads some columns from the first row on.
func (f *tableFile) read(columns ...string) *table.Reader {
	return table.NewReader(bytes.NewReader(f.data), f.name, named(columns...)...)
}

// named are the names as they are compared, without those that are empty.
func named(columns ...string) (all []string) {
	for _, name := range columns {
		if name = folded(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

func folded(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// has says whether there is a column.
func (f *tableFile) has(name string) bool { return slices.Contains(named(f.columns...), folded(name)) }

// text is the value of a column, or nothing of no column.
func text(r *table.Reader, column string) string {
	if column == "" {
		return ""
	}
	return r.Text(folded(column))
}

// oneClass is the class of all samples of a source that names none.
const oneClass = "all"

// label is the class of the row. It refuses a row that has none.
func (c *Columns) label(r *table.Reader) string {
	if c.Class == "" {
		return oneClass
	}
	class := text(r, c.Class)
	if class == "" {
		r.Refuse(folded(c.Class), "the class of the row")
	}
	return class
}

// value is a number of float32. It refuses a row that has none in the column.
func value(r *table.Reader, column string) float32 {
	v := float32(r.Value(column))
	if x := float64(v); math.IsNaN(x) || math.IsInf(x, 0) {
		r.Refuse(column, "a finite number")
	}
	return v
}

// classes numbers the texts of a column: in numeric order if all are whole numbers, otherwise in alphabetical order.
func classes(texts []string) (names []string, class []int) {
	names = slices.Clone(texts)
	slices.Sort(names)
	names = slices.Compact(names)
	value := map[string]int{}
	for _, name := range names {
		n, err := strconv.Atoi(name)
		if err != nil {
			break
		}
		value[name] = n
	}
	if len(value) == len(names) {
		slices.SortStableFunc(names, func(a, b string) int { return value[a] - value[b] })
	}
	number := map[string]int{}
	for i, name := range names {
		number[name] = i
	}
	class = make([]int, len(texts))
	for i, text := range texts {
		class[i] = number[text]
	}
	return names, class
}
