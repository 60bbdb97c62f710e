package dataset

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
)

// table is a CSV file with a header.
type table struct {
	file   string
	header []string
	rows   [][]string
	line   []int // of each row, from 1
}

func readTable(file string) (*table, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := &table{file: file}
	var bad faults
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong := (*csv.ParseError)(nil); errors.As(err, &wrong) {
			bad.file(file, wrong.Line, wrong.Err.Error(), "comma-separated values, quoted as RFC 4180 has it")
			break // the lines after it may be cut wrongly
		}
		line, _ := r.FieldPos(0)
		t.add(fields, line, &bad)
	}
	if len(bad.all) == 0 && len(t.rows) == 0 {
		bad.file(file, 0, "has no rows", "a line with the names of the columns, and a line for each row")
	}
	return t, bad.err()
}

// add takes the first line as the header.
func (t *table) add(fields []string, line int, bad *faults) {
	switch {
	case t.header == nil:
		t.header = fields
	case len(fields) != len(t.header):
		bad.file(t.file, line, fmt.Sprintf("has %d fields", len(fields)), fmt.Sprintf("%d, as the first line", len(t.header)))
	default:
		t.rows, t.line = append(t.rows, fields), append(t.line, line)
	}
}

// column finds a column by its name.
func (t *table) column(name string) (int, error) {
	if i := slices.Index(t.header, name); i >= 0 {
		return i, nil
	}
	return 0, fault(t.file, 1, fmt.Sprintf("there is no column %q", name), listed(t.header))
}

// texts is a column; nil for no name.
func (t *table) texts(name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	c, err := t.column(name)
	if err != nil {
		return nil, err
	}
	column := make([]string, len(t.rows))
	for i, row := range t.rows {
		column[i] = row[c]
	}
	return column, nil
}

// labels is the column of the class, which no row leaves empty.
func (t *table) labels(name string) ([]string, error) {
	if name == "" {
		return nil, fault(t.file, 0, "no column for the class is named", listed(t.header))
	}
	texts, err := t.texts(name)
	if err != nil {
		return nil, err
	}
	var bad faults
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			bad.file(t.file, t.line[i], name+" is empty", "the class of the row")
		}
	}
	return texts, bad.err()
}

// integers is a column of whole numbers.
func (t *table) integers(name string) ([]int, error) {
	texts, err := t.texts(name)
	if err != nil {
		return nil, err
	}
	var bad faults
	numbers := make([]int, len(texts))
	for i, text := range texts {
		if numbers[i], err = strconv.Atoi(text); err != nil {
			bad.file(t.file, t.line[i], fmt.Sprintf("%s is %q", name, text), "a whole number")
		}
	}
	return numbers, bad.err()
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
