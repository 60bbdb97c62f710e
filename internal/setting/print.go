package setting

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Encode returns the document of the sections with all values in effect, as a YAML mapping.
// A Reader reads it back to equal sections.
func Encode(sections []Section) *yaml.Node {
	doc := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, s := range sections {
		var n yaml.Node
		if err := n.Encode(s.Value); err != nil {
			panic("setting: section " + s.Name + " does not encode: " + err.Error()) // plain fields only
		}
		if s.Name == "" {
			doc.Content = append(doc.Content, n.Content...)
		} else {
			doc.Content = append(doc.Content, word(s.Name), &n)
		}
	}
	return doc
}

// Comment writes the description of every setting above it; in a list, at its first entry.
func Comment(doc *yaml.Node, sections []Section) {
	for _, s := range sections {
		if s.Docs != nil {
			for path, text := range s.Docs() {
				comment(doc, join(s.Name, path), text)
			}
		}
		if s.Name != "" && s.Doc != "" {
			comment(doc, s.Name, s.Doc)
		}
	}
}

// comment puts a text above the key at a path.
func comment(n *yaml.Node, path, text string) {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	key, rest, deeper := strings.Cut(path, ".")
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			continue
		}
		if deeper {
			comment(n.Content[i+1], rest, text)
		} else {
			n.Content[i].HeadComment = "# " + strings.ReplaceAll(text, "\n", "\n# ")
		}
	}
}

// Text writes a document with the given indentation.
func Text(doc *yaml.Node, indent int) []byte {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(indent)
	if err := enc.Encode(doc); err != nil {
		panic("setting: a document does not encode: " + err.Error()) // plain values only
	}
	return out.Bytes()
}
