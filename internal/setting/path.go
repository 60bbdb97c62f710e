package setting

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// keyOf returns the YAML key of a field; "" and "-" mean that it has none.
func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// inlined reports that the keys of a field, which is a struct, belong to the outer struct.
func inlined(f reflect.StructField) bool { return f.Tag.Get("yaml") == ",inline" }

// Keys returns the YAML keys of a section, a struct or a pointer to one, in their order.
func Keys(section any) []string {
	t := reflect.TypeOf(section)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return keysOf(t)
}

func keysOf(t reflect.Type) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if inlined(f) {
			all = append(all, keysOf(f.Type)...)
		} else if key := keyOf(f); key != "" && key != "-" {
			all = append(all, key)
		}
	}
	return all
}

// fieldOf returns the field of a struct that has a YAML key.
func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if inlined(f) {
			if x, ok := fieldOf(v.Field(i), key); ok {
				return x, true
			}
		} else if k := keyOf(f); k == key && k != "" && k != "-" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

// parts splits a path such as tasks.models[1].share into its keys and indices; models.1.share is the same
// path.
func parts(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune(".[]", r) })
}

func join(path, key string) string {
	switch {
	case path == "":
		return key
	case key == "":
		return path
	}
	return path + "." + key
}

func entryOf(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }

// parent cuts the last key or index off a path; "" has no parent.
func parent(path string) string { return path[:max(0, strings.LastIndexAny(path, ".["))] }

// unknownKey is the problem of an unknown key, with a suggestion.
func unknownKey(key string, known []string) string {
	if near := Nearest(key, known); near != "" {
		return fmt.Sprintf("unknown key; did you mean %s?", near)
	}
	return "unknown key; there are " + list(slices.Sorted(slices.Values(known)))
}
