package setting

import (
	"fmt"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// formed is an array with a description, such as "two numbers [min, max]".
type formed interface{ Form() string }

// decoder reads the nodes of one layer into structs, strictly, and records the origin of every value in
// the reader.
type decoder struct {
	reader *Reader
	layer  int
	listed bool // the value is part of a list that is being replaced

	from func(*yaml.Node) Origin // in a file that the layer includes; nil: the layer says it
}

func (d *decoder) origin(n *yaml.Node) Origin {
	if d.from != nil {
		return d.from(n)
	}
	return d.reader.layers[d.layer].origin(n)
}

func (d *decoder) fail(n *yaml.Node, e *Error) {
	e.Origin = d.origin(n)
	d.reader.faults = append(d.reader.faults, fault{d.layer, n.Line, e})
}

// decode reads n into v, whose path of keys is path.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string) {
	n = resolve(n)
	d.reader.origins[path] = d.origin(n)
	switch {
	case !missing(n) && d.opaque(n, v, path):
	case missing(n) && v.Kind() == reflect.Struct && v.Type() != reflect.TypeFor[Texts]():
		// all keys of a section are commented out
	case missing(n):
		d.fail(n, &Error{Path: path, Problem: "a value is missing", Allowed: formOf(v)})
	case v.Kind() == reflect.Struct && n.Kind == yaml.ScalarNode && isIncluded(v):
		d.include(n, v, path)
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Array:
		d.sequence(n, v, path)
	case n.Kind != yaml.ScalarNode:
		d.fail(n, &Error{Path: path, Problem: describe(n) + " is not " + formOf(v)})
	default:
		if problem := setScalar(n.Value, v); problem != "" {
			d.fail(n, &Error{Path: path, Value: n.Value, Problem: problem})
		}
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, &Error{Path: path, Problem: fmt.Sprintf("%s stands where settings are expected: %s", describe(n), list(d.reader.allowed(v, path)))})
		return
	}
	for _, e := range entries(n) {
		d.entry(e, v, path)
	}
}

// entry reads the value of one key of a struct.
func (d *decoder) entry(e entry, v reflect.Value, path string) {
	at := join(path, e.key.Value)
	field, known := fieldOf(v, e.key.Value)
	refusal := d.reader.refused[at]
	switch {
	case e.problem != "":
		d.fail(e.key, &Error{Path: at, Problem: e.problem})
	case refusal != "":
		d.fail(e.key, &Error{Path: at, Problem: refusal})
	case !known:
		d.fail(e.key, &Error{Path: at, Problem: unknownKey(e.key.Value, d.reader.allowed(v, path))})
	default:
		d.decode(e.value, field, at)
	}
}

// sequence replaces the whole list.
func (d *decoder) sequence(n *yaml.Node, v reflect.Value, path string) {
	switch {
	case n.Kind != yaml.SequenceNode:
		d.fail(n, &Error{Path: path, Problem: describe(n) + " is not " + formOf(v)})
		return
	case v.Kind() == reflect.Array && len(n.Content) != v.Len():
		d.fail(n, &Error{Path: path, Problem: fmt.Sprintf("a list of %d is not %s", len(n.Content), formOf(v))})
		return
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	}
	if !d.listed { // of lists in a list once, or the time would be quadratic
		d.reader.forget(path)
		d.listed = true
		defer func() { d.listed = false }()
	}
	for i, item := range n.Content {
		d.decode(item, v.Index(i), entryOf(path, i))
	}
}

// formOf says what a value must be.
func formOf(v reflect.Value) string {
	if f, ok := v.Interface().(formed); ok {
		return f.Form()
	}
	switch v.Kind() {
	case reflect.Array:
		return fmt.Sprintf("a list of %d", v.Len())
	case reflect.Slice:
		return "a list"
	}
	return kindName(v.Kind())
}

// at reads n into the value at a path inside of v; base is the path of v.
func (d *decoder) at(n *yaml.Node, v reflect.Value, base string, rest []string) {
	for len(rest) > 0 {
		next, path, problem := d.step(v, base, rest[0])
		if problem != "" {
			d.fail(n, &Error{Path: path, Problem: problem})
			return
		}
		v, base, rest = next, path, rest[1:]
	}
	d.decode(n, v, base)
}

// step goes down one key or index.
func (d *decoder) step(v reflect.Value, base, part string) (next reflect.Value, path, problem string) {
	switch v.Kind() {
	case reflect.Struct:
		path = join(base, part)
		next, known := fieldOf(v, part)
		if problem = d.reader.refused[path]; problem == "" && !known {
			problem = unknownKey(part, d.reader.allowed(v, base))
		}
		return next, path, problem
	case reflect.Slice, reflect.Array:
		var i int
		if problem := setScalar(part, reflect.ValueOf(&i).Elem()); problem != "" || i < 0 || i >= v.Len() {
			return v, base, fmt.Sprintf("no entry %s; there are 0 to %d", part, v.Len()-1)
		}
		return v.Index(i), entryOf(base, i), ""
	}
	return v, base, fmt.Sprintf("there is nothing below it, so no %s", part)
}
