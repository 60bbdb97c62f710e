package table

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

// headerBytes bounds the text in which the header is looked for.
const headerBytes = 1 << 16

// separators are tried in this order.
var separators = []rune{',', ';', '\t'}

// open finds the separator and the places of the columns.
func (t *Reader) open(in *bufio.Reader) {
	head, err := in.Peek(headerBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		t.failed = fmt.Errorf("%s: %w", t.name, err)
		return
	}
	if problem, allowed := foreign(head); problem != "" {
		t.failed = &setting.Error{Origin: setting.Origin{File: t.name}, Problem: problem, Allowed: allowed}
		return
	}
	separator, declared := declaredSeparator(head)
	if declared {
		t.skipped = 1
		in.ReadString('\n') // cannot fail: it has been peeked
	} else {
		separator = t.likelySeparator(firstLine(head))
	}
	t.comma = separator == ';'
	t.csv = csvReader(in, separator)
	t.csv.ReuseRecord = true
	t.readHeader()
}

func csvReader(in io.Reader, separator rune) *csv.Reader {
	r := csv.NewReader(in)
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = separator, -1, separator != '\t'
	return r
}

// declaredSeparator returns that of a first line such as "sep=;".
func declaredSeparator(head []byte) (rune, bool) {
	line, _, more := bytes.Cut(head, []byte("\n"))
	for _, separator := range separators {
		if more && strings.EqualFold(strings.Trim(string(line), `" `), "sep="+string(separator)) {
			return separator, true
		}
	}
	return 0, false
}

// firstLine returns the first line that has more than separators.
func firstLine(head []byte) string {
	for line := range bytes.Lines(head) {
		if text := strings.TrimRight(string(line), "\n"); strings.Trim(text, ",;\t\" ") != "" {
			return text
		}
	}
	return ""
}

// likelySeparator is the one by which a header has most of the columns, or most names if none are asked for.
func (t *Reader) likelySeparator(header string) rune {
	found := func(separator rune) int {
		names, _ := csvReader(strings.NewReader(header), separator).Read()
		if len(t.columns) == 0 {
			return len(names)
		}
		return len(t.columns) - len(t.missing(folded(names)))
	}
	return slices.MaxFunc(separators, func(a, b rune) int { return found(a) - found(b) })
}

// folded returns names as they are compared.
func folded(names []string) []string {
	all := make([]string, len(names))
	for j, name := range names {
		all[j] = strings.ToLower(strings.TrimSpace(name))
	}
	return all
}

// missing returns the columns that a header does not have.
func (t *Reader) missing(names []string) (all []string) {
	for _, column := range t.columns {
		if !slices.Contains(names, column) {
			all = append(all, column)
		}
	}
	return all
}

// readHeader reads the header and finds the columns in it.
func (t *Reader) readHeader() {
	record, err := t.read()
	for err == nil && blank(record) {
		record, err = t.read()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		t.failed = t.explained(err)
		return
	}
	t.header, t.names = slices.Clone(record), folded(record)
	if missing := t.missing(t.names); len(missing) > 0 {
		t.failed = t.headerFault(t.headerProblem(record, missing))
		return
	}
	for _, column := range t.columns {
		j := slices.Index(t.names, column)
		t.at = append(t.at, j)
		if slices.Contains(t.names[j+1:], column) {
			t.failed = t.headerFault(fmt.Sprintf("the header names the column %s twice", column))
			return
		}
	}
}

func (t *Reader) headerFault(problem string) error {
	return &setting.Error{Origin: t.origin(), Problem: problem,
		Allowed: fmt.Sprintf("a header that names the columns %s, with commas, semicolons or tabs between them", strings.Join(t.columns, ", "))}
}

// headerProblem says which columns are missing, and which name may be meant for the first of them.
func (t *Reader) headerProblem(header, missing []string) string {
	if len(header) == 0 {
		return "the header is missing; the table is empty"
	}
	noun := "column"
	if len(missing) > 1 {
		noun = "columns"
	}
	text := fmt.Sprintf("the header is %q, without the %s %s", header, noun, strings.Join(missing, ", "))
	if len(missing) == len(t.columns) {
		return text
	}
	unused := slices.DeleteFunc(slices.Clone(t.names), func(name string) bool { return slices.Contains(t.columns, name) })
	if near := setting.Nearest(missing[0], unused); near != "" {
		text += fmt.Sprintf("; is %s meant for %s?", near, missing[0])
	}
	return text
}
