package setting

import (
	"fmt"
	"strconv"
	"strings"
)

// Origin is the source of a value: a line of a file, or a flag. The zero Origin is that of a
// default.
type Origin struct {
	File string // "" for a flag
	Line int    // from 1; 0: the file as a whole
	Flag string // as the user wrote it, such as "--set train.gamma=0.9"
}

// String gives "file:line", "file" or the flag; "" for a default.
func (o Origin) String() string {
	switch {
	case o.Flag != "":
		return o.Flag
	case o.Line > 0:
		return o.File + ":" + strconv.Itoa(o.Line)
	}
	return o.File
}

// Error is one setting that cannot be used.
type Error struct {
	Origin  Origin
	Path    string // keys from the top of the document, such as scenario.tasks.models[1].share
	Value   any    // the refused value; nil if no single value is wrong
	Problem string // what is wrong; "": the value is not allowed
	Allowed string // "" if Problem says it
}

// Error gives "origin: path: problem; allowed: ...", without the parts that are empty.
func (e *Error) Error() string {
	problem := e.Problem
	if problem == "" {
		problem = show(e.Value) + " is not allowed"
	}
	if e.Allowed != "" {
		problem += "; allowed: " + e.Allowed
	}
	text := ""
	for _, part := range []string{e.Origin.String(), e.Path} {
		if part != "" {
			text += part + ": "
		}
	}
	return text + problem
}

// show quotes texts, so that an empty one is visible.
func show(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprint(value)
}

// Split returns the errors that errors.Join joined.
func Split(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err == nil {
		return nil
	}
	return []error{err}
}

func list(words []string) string { return strings.Join(words, ", ") }
