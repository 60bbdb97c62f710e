package run

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder reads YAML nodes into structs, strictly, and remembers where every
// value came from, so that later complaints can name the line.
type decoder struct {
	origin  func(*yaml.Node) string
	origins map[string]string // by path of keys
	errs    []error
}

func (d *decoder) fail(n *yaml.Node, path, format string, args ...any) {
	d.errs = append(d.errs, &FieldError{Origin: d.origin(n), Field: path, Problem: fmt.Sprintf(format, args...)})
}

// decode reads n into v, whose path of keys is path.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, path string) {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	d.origins[path] = d.origin(n)
	switch v.Kind() {
	case reflect.Pointer:
		d.decode(n, v.Elem(), path)
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Slice, reflect.Array:
		d.sequence(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Tag == "!!null" {
		return // a section whose keys are all commented out
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n, path, "%s stands where settings are expected: %s", describe(n), list(keys(v.Type())))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := join(path, key.Value)
		field, ok := fieldByKey(v, key.Value)
		switch {
		case !ok:
			d.fail(key, at, "%s", unknownKey(key.Value, v.Type()))
		case seen[key.Value]:
			d.fail(key, at, "the key is there twice")
		default:
			d.decode(n.Content[i+1], field, at)
		}
		seen[key.Value] = true
	}
}

func (d *decoder) sequence(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fail(n, path, "%s is not a list", describe(n))
		return
	}
	if v.Kind() == reflect.Array && len(n.Content) != v.Len() {
		d.fail(n, path, "a list of %d is not a list of %d", len(n.Content), v.Len())
		return
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	}
	for i, item := range n.Content {
		d.decode(item, v.Index(i), fmt.Sprintf("%s[%d]", path, i))
	}
}

func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.fail(n, path, "%s is not %s", describe(n), kindName(v))
		return
	}
	ok := false
	switch v.Kind() {
	case reflect.Bool:
		var b bool
		ok = n.Decode(&b) == nil
		v.SetBool(b)
	case reflect.String:
		ok = true
		v.SetString(n.Value)
	case reflect.Float64:
		var f float64
		ok = n.Tag != "!!str" && n.Decode(&f) == nil
		v.SetFloat(f)
	case reflect.Int:
		var i int64
		i, ok = whole(n)
		v.SetInt(i)
	case reflect.Uint64:
		u, err := strconv.ParseUint(n.Value, 0, 64)
		ok = err == nil
		v.SetUint(u)
	}
	if !ok {
		d.fail(n, path, "%s is not %s%s", describe(n), kindName(v), unitHint(n, v))
	}
}

// whole reads an integer; 1e6 is one, too.
func whole(n *yaml.Node) (int64, bool) {
	if i, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
		return i, true
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// unitHint explains a number with a unit behind it.
func unitHint(n *yaml.Node, v reflect.Value) string {
	text := strings.TrimSpace(n.Value)
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/%µ ")
	if _, err := strconv.ParseFloat(number, 64); err != nil || number == text || v.Kind() == reflect.Bool {
		return ""
	}
	return "; write the number alone, in the unit that the key names"
}

func kindName(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Float64:
		return "a number"
	case reflect.Int:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number from 0 to 2^64-1"
	}
	return "a text"
}

func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a group of keys"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	return strconv.Quote(n.Value)
}

// fieldByKey returns the field of a struct with that yaml tag.
func fieldByKey(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if keyOf(v.Type().Field(i)) == key {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

func keys(t reflect.Type) []string {
	var all []string
	for i := range t.NumField() {
		if key := keyOf(t.Field(i)); key != "" && key != "-" {
			all = append(all, key)
		}
	}
	return all
}

func unknownKey(key string, t reflect.Type) string {
	all := keys(t)
	if near := Nearest(key, all); near != "" {
		return fmt.Sprintf("unknown key; did you mean %s?", near)
	}
	slices.Sort(all)
	return "unknown key; there are " + list(all)
}

func list(words []string) string { return strings.Join(words, ", ") }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Nearest returns the candidate that differs least from a word, "" if none is near.
func Nearest(word string, candidates []string) string {
	best, least := "", 1+len(word)/3
	for _, c := range candidates {
		if n := distance(word, c); n <= least && (best == "" || n < least) {
			best, least = c, n
		}
	}
	return best
}

// distance is Levenshtein's: insertions, deletions and substitutions.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
