package serve

import (
	"strconv"
	"strings"
)

// element reads one element of a tensor from its text in JSON.
type element[T any] func(text string) (value T, ok bool)

// parse reads the data of an input [rows, width] into to: a flat list of numbers, or a list of rows. The data are valid JSON.
func parse[T any](in *requestInput, to []T, read element[T]) error {
	p := &parser[T]{in: in, to: to, read: read, width: int(in.Shape[1])}
	text := string(in.Data)
	if !strings.HasPrefix(text, "[") {
		return badRequest("input %s has no list as its data", in.Name)
	}
	for at := 0; at < len(text); {
		n, err := p.next(text[at:])
		if err != nil {
			return err
		}
		at += n
	}
	if p.n != len(to) {
		return badRequest("input %s has %d elements; its shape %v says %d", in.Name, p.n, in.Shape, len(to))
	}
	return nil
}

// parser reads a list from left to right.
type parser[T any] struct {
	in     *requestInput
	to     []T
	read   element[T]
	width  int
	n      int // elements read
	depth  int // of open brackets
	row    int // where the last row begins
	nested bool
}

// next reads a bracket, an element or what is between two, and returns its length.
func (p *parser[T]) next(text string) (length int, err error) {
	switch text[0] {
	case ' ', '\t', '\n', '\r', ',':
		return 1, nil
	case '[':
		p.depth++
		return 1, p.open()
	case ']':
		if p.depth == 2 && p.n != p.row+p.width {
			return 0, badRequest("input %s has a row of %d elements, must have %d", p.in.Name, p.n-p.row, p.width)
		}
		p.depth--
		return 1, nil
	}
	end := strings.IndexAny(text, ",] \t\n\r")
	return end, p.take(text[:end])
}

// open begins a row, or the list itself.
func (p *parser[T]) open() error {
	if p.depth == 2 && (p.n == 0 || p.nested) {
		p.nested, p.row = true, p.n
		return nil
	}
	if p.depth > 1 {
		return badRequest("input %s has lists in lists; its data must be a flat list, or a list of rows", p.in.Name)
	}
	return nil
}

// take reads an element.
func (p *parser[T]) take(text string) error {
	switch {
	case p.nested && p.depth < 2:
		return badRequest("input %s has rows and single elements; its data must be a flat list, or a list of rows", p.in.Name)
	case p.n == len(p.to):
		return badRequest("input %s has more than the %d elements of its shape %v", p.in.Name, len(p.to), p.in.Shape)
	}
	v, ok := p.read(text)
	if !ok {
		return badRequest("element %d of input %s is %.40s, which is no %s", p.n, p.in.Name, text, p.in.Datatype)
	}
	p.to[p.n] = v
	p.n++
	return nil
}

// float reads an element of FP32. A number beyond its range is none.
func float(text string) (float32, bool) {
	v, err := strconv.ParseFloat(text, 32)
	return float32(v), err == nil
}

// truth reads an element of BOOL.
func truth(text string) (bool, bool) { return text == "true", text == "true" || text == "false" }
