package setting

import (
	"iter"
	"reflect"
	"slices"
)

// Change is a setting in which two documents differ, with its value in each.
type Change struct {
	Path          string
	Before, After any
}

// Difference returns the path of the first setting in which two documents with the same
// sections differ, and both values; "" if they are equal.
func Difference(a, b []Section) (path string, x, y any) {
	for c := range differences(a, b) {
		return c.Path, c.Before, c.After
	}
	return "", nil, nil
}

// Differences lists all settings in which they differ. A list of another length is one setting.
func Differences(a, b []Section) []Change { return slices.Collect(differences(a, b)) }

func differences(a, b []Section) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for i := range min(len(a), len(b)) {
			if !compare(a[i].Name, reflect.ValueOf(a[i].Value).Elem(), reflect.ValueOf(b[i].Value).Elem(), yield) {
				return
			}
		}
	}
}

// compare yields the differences of two values, until yield returns false.
func compare(path string, a, b reflect.Value, yield func(Change) bool) bool {
	switch a.Kind() {
	case reflect.Struct:
		for _, key := range keysOf(a.Type()) {
			x, _ := fieldOf(a, key)
			y, _ := fieldOf(b, key)
			if !compare(join(path, key), x, y, yield) {
				return false
			}
		}
		return true
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return yield(Change{path, a.Interface(), b.Interface()})
		}
		for i := range a.Len() {
			if !compare(entryOf(path, i), a.Index(i), b.Index(i), yield) {
				return false
			}
		}
		return true
	}
	return a.Equal(b) || yield(Change{path, a.Interface(), b.Interface()})
}
