package sim

import (
	"fmt"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// exact complains about values that the YAML decoder would change without a word: it cuts
// 30.7 to 30 for a whole number, keeps the default for a key with nothing behind it and
// drops an empty entry of a list. A section whose keys are all commented out is allowed.
func exact(n *yaml.Node, t reflect.Type) (faults []string) {
	switch {
	case n.Kind == yaml.DocumentNode:
		for _, c := range n.Content {
			faults = append(faults, exact(c, t)...)
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		faults = exactFields(n, t)
	case n.Kind == yaml.SequenceNode && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		for _, c := range n.Content {
			faults = append(faults, exact(c, t.Elem())...)
		}
	case n.Tag == "!!null" && t.Kind() != reflect.Struct:
		faults = []string{fmt.Sprintf("line %d: a value is missing", n.Line)}
	case n.Tag == "!!float" && (t.Kind() == reflect.Int || t.Kind() == reflect.Uint64):
		faults = []string{fmt.Sprintf("line %d: %s is not allowed; allowed: a whole number", n.Line, n.Value)}
	}
	return faults
}

func exactFields(n *yaml.Node, t reflect.Type) (faults []string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		for f := range t.NumField() {
			key, _, _ := strings.Cut(t.Field(f).Tag.Get("yaml"), ",")
			if key == n.Content[i].Value {
				faults = append(faults, exact(n.Content[i+1], t.Field(f).Type)...)
			}
		}
	}
	return faults
}
