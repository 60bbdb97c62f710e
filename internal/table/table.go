// Package table reads tables that users bring: CSV as editors, scripts and spreadsheet programs write it.
//
// # What is read
//
// The first line that is not blank is the header. It has a name for each column, in any order and any
// case. Columns that the caller did not ask for are ignored. Blank lines and lines of separators alone
// are skipped; so are spaces around a value and empty values after the last column. The first column may lack
// a name: pandas and R write the numbers of their rows there.
//
//   - Text is UTF-8, with or without a byte order mark (BOM), or UTF-16 with one. Lines end with LF,
//     CR LF or CR.
//   - Columns are separated by commas, semicolons or tabs: by what separates the names in the header, or
//     by what a first line such as "sep=;" says, which is Excel's own mark.
//   - With semicolons, numbers may have a decimal comma, as programs write them where the comma is the
//     decimal mark. One file has one decimal mark. With commas and tabs it is the point. Thousands
//     separators are refused, since 1,234 means two numbers.
//
// # Errors
//
// Every error is a [setting.Error] with file, line, column, value and what is allowed. Reading goes on
// after a bad row, so that one try shows the bad values of the first 10 bad rows and the number of the
// others.
package table

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gmel-go/gmel/internal/setting"
)

// maxRows bounds the bad rows that Err tells of.
const maxRows = 10

// Reader reads a table row by row and keeps no row:
//
//	for t := table.NewReader(in, "day.csv", "slot", "model"); t.Next(); {
//		slot, model := t.Whole("slot", 0, 99), t.Text("model")
//		...
//	}
//	return t.Err()
type Reader struct {
	name    string
	columns []string
	at      []int    // [columns] place in a record
	header  []string // as the file has it
	names   []string // as they are compared
	csv     *csv.Reader
	skipped int  // lines before those of csv
	mark    byte // decimal mark; 0: either, as no number has one yet
	comma   bool // the mark may be a comma

	record []string
	line   int
	bad    bool // the current row has been refused
	rows   int  // bad rows
	errs   []error
	failed error // ends the reading
}

// NewReader reads the header of a table, in which all columns must have a name. name is the file's name
// in errors. Err returns the header's faults; Next is then false at once.
func NewReader(in io.Reader, name string, columns ...string) *Reader {
	t := &Reader{name: name, columns: columns, line: 1}
	t.open(bufio.NewReaderSize(decoded(in), headerBytes))
	return t
}

// Next reads the next row that is not blank. It is false at the end of the table.
func (t *Reader) Next() bool {
	for t.failed == nil {
		record, err := t.read()
		switch {
		case errors.Is(err, io.EOF):
			return false
		case err != nil:
			t.stumble(t.explained(err))
		case blank(record):
		default:
			t.record = record
			if t.fits() {
				return true
			}
		}
	}
	return false
}

// stumble refuses a row that is not CSV. Another error ends the reading.
func (t *Reader) stumble(err error) {
	if row, ok := err.(*setting.Error); ok {
		t.refuse(row)
		return
	}
	t.failed = err
}

// read reads a record and begins a new row.
func (t *Reader) read() ([]string, error) {
	record, err := t.csv.Read()
	t.bad = false
	if err == nil {
		t.line, _ = t.csv.FieldPos(0)
		t.line += t.skipped
	}
	return record, err
}

// explained gives an error of encoding/csv its place in the file. It is a *setting.Error if only a row
// is at fault.
func (t *Reader) explained(err error) error {
	var syntax *csv.ParseError
	if !errors.As(err, &syntax) {
		return fmt.Errorf("%s: %w", t.name, err)
	}
	t.line = t.skipped + syntax.StartLine
	return &setting.Error{Origin: t.origin(), Problem: "not CSV: " + syntax.Err.Error(), Allowed: `quotes around a whole value, closed, such as "small"`}
}

func (t *Reader) origin() setting.Origin { return setting.Origin{File: t.name, Line: t.line} }

func blank(record []string) bool {
	return !slices.ContainsFunc(record, func(value string) bool { return strings.TrimSpace(value) != "" })
}

// fits refuses a row without all columns, or with values where the header has no name. Row numbers in the
// first column are no fault: a number that a decimal comma has split is too many values at the end of the row.
func (t *Reader) fits() bool {
	n := len(t.record)
	if len(t.at) > 0 && n <= slices.Max(t.at) {
		t.refuse(&setting.Error{Problem: fmt.Sprintf("%d values for the %d columns of the header", n, len(t.names))})
		return false
	}
	for j, value := range t.record {
		if value = strings.TrimSpace(value); value != "" && (j >= len(t.names) || j > 0 && t.names[j] == "") {
			t.refuse(&setting.Error{Problem: fmt.Sprintf("%q is value %d of the row, and no column of the header has a name there", value, j+1),
				Allowed: "as many values as columns; a number has a decimal point, or semicolons separate the columns"})
			return false
		}
	}
	return true
}

// Names returns the names of all columns as the header has them, without those that are empty. It is nil if there is no
// header.
func (t *Reader) Names() (all []string) {
	for _, name := range t.header {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// Line returns the number of the current row's line, from 1.
func (t *Reader) Line() int { return t.line }

// Bad reports whether a value of the current row has been refused.
func (t *Reader) Bad() bool { return t.bad }

// Text returns the value of a column without the spaces around it.
func (t *Reader) Text(column string) string {
	j := slices.Index(t.columns, column)
	if j < 0 {
		panic(fmt.Sprintf("table: %s was not asked for column %q", t.name, column))
	}
	return strings.TrimSpace(t.record[t.at[j]])
}

// Refuse refuses the row because of the value of a column.
func (t *Reader) Refuse(column, allowed string) {
	value := t.Text(column)
	if !utf8.ValidString(value) {
		allowed += ", in a file that is saved as UTF-8"
	}
	t.refuse(&setting.Error{Path: column, Value: value, Allowed: allowed})
}

// refuse adds an error about the current row, or counts the row.
func (t *Reader) refuse(e *setting.Error) {
	if !t.bad {
		t.bad = true
		t.rows++
	}
	if t.rows <= maxRows {
		e.Origin = t.origin()
		t.errs = append(t.errs, e)
	}
}

// Err joins the errors of all rows and of the reading; nil if there are none.
func (t *Reader) Err() error {
	errs := slices.Clone(t.errs)
	switch rest := t.rows - maxRows; {
	case rest == 1:
		errs = append(errs, &setting.Error{Origin: setting.Origin{File: t.name}, Problem: "1 more row is refused"})
	case rest > 1:
		errs = append(errs, &setting.Error{Origin: setting.Origin{File: t.name}, Problem: fmt.Sprintf("%d more rows are refused", rest)})
	}
	return errors.Join(append(errs, t.failed)...)
}
