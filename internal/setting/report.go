package setting

import (
	"cmp"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"
)

// fault is an error and its position, by which errors are sorted.
type fault struct {
	layer, line int
	err         error
}

// Err joins the errors of everything that could not be read, in the order of the sources: each is an
// *Error, or was returned by a Base. Call it after the last Read, when all keys are known.
func (r *Reader) Err() error {
	strange := &Reader{layers: r.layers, refused: r.refused, sections: r.sections}
	for i, l := range r.layers {
		(&decoder{reader: strange, layer: i}).strangers(l, r.known())
	}
	all := slices.Concat(r.faults, strange.faults)
	slices.SortStableFunc(all, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(a.line, b.line))
	})
	var errs []error
	for _, f := range all {
		errs = append(errs, Split(f.err)...)
	}
	return errors.Join(errs...)
}

// allowed are the keys of the struct v at a path, without refused ones.
func (r *Reader) allowed(v reflect.Value, path string) []string {
	return slices.DeleteFunc(keysOf(v.Type()), func(key string) bool { return r.refused[join(path, key)] != "" })
}

// known are the keys of the document.
func (r *Reader) known() (keys []string) {
	for _, s := range r.sections {
		if s.Name == "" {
			keys = append(keys, Keys(s.Value)...)
		} else {
			keys = append(keys, s.Name)
		}
	}
	return keys
}

// strangers reports the keys of the document that no section has read.
func (d *decoder) strangers(l layer, known []string) {
	if len(l.parts) > 0 {
		d.stranger(entry{key: l.node, value: l.node}, l.parts[0], known)
		return
	}
	if l.node.Kind != yaml.MappingNode {
		d.fail(l.node, &Error{Problem: fmt.Sprintf("%s stands where settings are expected: %s", describe(l.node), list(known))})
		return
	}
	for _, e := range entries(l.node) {
		d.stranger(e, e.key.Value, known)
	}
}

func (d *decoder) stranger(e entry, key string, known []string) {
	problem := e.problem
	switch {
	case problem != "":
	case slices.Contains(known, key):
		return
	case d.reader.refused[key] != "":
		problem = d.reader.refused[key]
	default:
		problem = unknownKey(key, known)
		if s := d.reader.sectionWith(key); s != "" {
			problem = fmt.Sprintf("unknown key; did you mean %s.%s?", s, key)
		}
	}
	d.fail(e.key, &Error{Path: key, Problem: problem})
}

// sectionWith returns the name of the first named section that has the key; "": none.
func (r *Reader) sectionWith(key string) string {
	for _, s := range r.sections {
		if s.Name != "" && slices.Contains(r.allowed(reflect.ValueOf(s.Value).Elem(), s.Name), key) {
			return s.Name
		}
	}
	return ""
}

// Check returns the errors of Err. If there are none, it joins the errors of all values in the sections
// that are not allowed: each is an *Error with its origin. If there are none of these either, it makes
// the names of files absolute, see [Origin.Resolve], and reports each file that cannot be read.
func (r *Reader) Check() error {
	if err := r.Err(); err != nil {
		return err
	}
	var errs []error
	for _, s := range r.sections {
		c := NewChecker(s.Name)
		s.check(c)
		for _, e := range c.errs {
			e.Origin = r.Origin(e.Path)
			errs = append(errs, e)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, s := range r.sections {
		errs = append(errs, r.files(s)...)
	}
	return errors.Join(errs...)
}
