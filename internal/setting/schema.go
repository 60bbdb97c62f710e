package setting

import (
	"encoding/json"
	"maps"
	"reflect"
	"regexp"
)

// dialect is the version of JSON Schema that Schema writes.
const dialect = "https://json-schema.org/draft/2020-12/schema"

// Schema describes the documents that have these sections as a JSON Schema, so that an editor completes keys and words and shows
// comments and defaults. It says less than a Reader, which also knows the ranges of numbers: some of them depend on other settings.
// Of two sections with one name the last counts. Every document that a Reader takes conforms to it, if its numbers and booleans are written as JSON writes them.
func Schema(title string, sections []Section) []byte {
	doc := object()
	doc["$schema"], doc["title"] = dialect, title
	keys := doc["properties"].(map[string]any)
	for _, s := range sections {
		if part := describing(s).section(s); s.Name == "" {
			maps.Copy(keys, part["properties"].(map[string]any))
		} else {
			keys[s.Name] = part
		}
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic("setting: a schema does not encode: " + err.Error()) // maps of plain values
	}
	return append(text, '\n')
}

func object() map[string]any {
	return map[string]any{"type": []string{"object", "null"}, "properties": map[string]any{}, "additionalProperties": false} // null: no key is left
}

// describer knows the comments and the words of a section by their paths without indices.
type describer struct {
	docs   map[string]string
	words  map[string][]string
	listed bool // values are entries of a list, which have no defaults
}

func describing(s Section) *describer {
	d, c := &describer{words: map[string][]string{}}, NewChecker("")
	if s.Docs != nil {
		d.docs = s.Docs()
	}
	s.check(c)
	for path, words := range c.words {
		d.words[index.ReplaceAllString(path, "")] = words
	}
	return d
}

var index = regexp.MustCompile(`\[\d+\]`)

// section allows a word in place of keys where the section has a Base.
func (d *describer) section(s Section) map[string]any {
	keys := d.value(reflect.ValueOf(s.Value).Elem(), "")
	if s.Base != nil {
		keys["type"] = []string{"object", "null", "string"}
	}
	if s.Doc != "" {
		keys["description"] = s.Doc
	}
	return keys
}

// value describes a value of the type of v; the defaults of keys are those in v.
func (d *describer) value(v reflect.Value, path string) map[string]any {
	switch v.Kind() {
	case reflect.Struct:
		o := object()
		d.fields(v, path, o["properties"].(map[string]any))
		if isIncluded(v) {
			o["type"] = []string{"object", "null", "string"} // the name of a file
		}
		return o
	case reflect.Slice:
		return map[string]any{"type": "array", "items": d.entry(v, path)}
	case reflect.Array:
		return map[string]any{"type": "array", "items": d.entry(v, path), "minItems": v.Len(), "maxItems": v.Len()}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		if words := d.words[path]; words != nil {
			return map[string]any{"enum": words}
		}
		return map[string]any{"type": []string{"string", "number", "boolean"}} // a text may be no or 7 without quotes
	}
	if v.CanUint() {
		return map[string]any{"type": "integer", "minimum": 0}
	}
	return map[string]any{"type": "integer"}
}

// entry describes the entries of a list.
func (d *describer) entry(list reflect.Value, path string) map[string]any {
	inside := *d
	inside.listed = true
	return inside.value(reflect.New(list.Type().Elem()).Elem(), path)
}

func (d *describer) fields(v reflect.Value, path string, into map[string]any) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if inlined(f) {
			d.fields(v.Field(i), path, into)
			continue
		}
		key := keyOf(f)
		if key == "" || key == "-" {
			continue
		}
		at := join(path, key)
		part := d.value(v.Field(i), at)
		if text := d.docs[at]; text != "" {
			part["description"] = text
		}
		if x := v.Field(i); !d.listed && x.Kind() != reflect.Struct && !(x.Kind() == reflect.Slice && x.IsNil()) {
			part["default"] = x.Interface()
		}
		into[key] = part
	}
}
