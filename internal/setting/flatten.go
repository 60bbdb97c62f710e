package setting

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Flatten returns every value in effect as text, by its path. A list of plain values is one value.
func Flatten(sections []Section) map[string]string {
	flat := map[string]string{}
	flatten(flat, "", Encode(sections))
	return flat
}

func flatten(to map[string]string, path string, n *yaml.Node) {
	switch {
	case n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			flatten(to, join(path, n.Content[i].Value), n.Content[i+1])
		}
	case n.Kind == yaml.SequenceNode && !plainList(n):
		for i, c := range n.Content {
			flatten(to, entryOf(path, i), c)
		}
	case n.Kind == yaml.SequenceNode:
		var values []string
		for _, c := range n.Content {
			values = append(values, c.Value)
		}
		to[path] = "[" + strings.Join(values, ", ") + "]"
	default:
		to[path] = n.Value
	}
}

func plainList(n *yaml.Node) bool {
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode {
			return false
		}
	}
	return true
}
