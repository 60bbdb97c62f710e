package run

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"github.com/gmel-go/gmel/marl"
	"go.yaml.in/yaml/v3"
)

// Commented is YAML with every setting's meaning above it. The comments are the
// doc comments of the Config structs, so there is one place to write them.
func (c *Config) Commented() []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(c.YAML(), &doc); err != nil {
		panic("run: own YAML does not parse: " + err.Error())
	}
	for path, text := range comments() {
		comment(doc.Content[0], path, text)
	}
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	if err := enc.Encode(&doc); err != nil {
		panic("run: own YAML does not encode: " + err.Error())
	}
	return out.Bytes()
}

// comments returns a text for each path of keys.
func comments() map[string]string {
	all := fieldDocs(configSource)
	for key, text := range fieldDocs(marl.ConfigSource) {
		all["train."+key] = text
	}
	scenarioComments(all)
	return all
}

// comment puts a text above a key; of a list only its first entry is commented.
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

// fieldDocs returns the doc comments of struct Config in a Go source by yaml key.
// A sentence that starts with the field's name starts with the key instead.
func fieldDocs(source string) map[string]string {
	docs := map[string]string{}
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", source, parser.ParseComments)
	if err != nil {
		panic("run: embedded source does not parse: " + err.Error())
	}
	ast.Inspect(file, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if !ok || t.Name.Name != "Config" {
			return true
		}
		for _, f := range t.Type.(*ast.StructType).Fields.List {
			if f.Tag == nil || f.Doc == nil || len(f.Names) != 1 {
				continue
			}
			key := keyOf(reflect.StructField{Tag: reflect.StructTag(strings.Trim(f.Tag.Value, "`"))})
			text := strings.TrimSpace(f.Doc.Text())
			if rest, ok := strings.CutPrefix(text, f.Names[0].Name+" "); ok {
				text = key + " " + rest
			}
			docs[key] = text
		}
		return false
	})
	return docs
}
