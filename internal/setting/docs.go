package setting

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// StructDocs returns the doc comments of a struct type's fields in a Go source, by YAML key,
// so that the comment at the field is the one description of a setting. A sentence that starts
// with the field's name starts with the key instead.
func StructDocs(source, typeName string) map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), typeName+".go", source, parser.ParseComments)
	if err != nil {
		panic("setting: an embedded source does not parse: " + err.Error())
	}
	docs := map[string]string{}
	for _, f := range fieldsOf(file, typeName) {
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
	return docs
}

func fieldsOf(file *ast.File, typeName string) (fields []*ast.Field) {
	ast.Inspect(file, func(n ast.Node) bool {
		t, ok := n.(*ast.TypeSpec)
		if !ok || t.Name.Name != typeName {
			return true
		}
		if body, ok := t.Type.(*ast.StructType); ok {
			fields = body.Fields.List
		}
		return false
	})
	if fields == nil {
		panic(fmt.Sprintf("setting: an embedded source has no struct %s", typeName))
	}
	return fields
}

// TextDocs returns the comments of a commented YAML text by path of keys: those above a key
// and beside its value. They may end with "; our choice", which is dropped.
func TextDocs(source []byte) map[string]string {
	doc, err := parse(source, "")
	if err != nil {
		panic("setting: an embedded text does not parse: " + err.Error())
	}
	docs := map[string]string{}
	collect(docs, "", doc)
	return docs
}

// collect collects the comments of a mapping, or of the first entry of a list.
func collect(docs map[string]string, path string, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		n = n.Content[0]
	}
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		if text := meaning(key.HeadComment, value.LineComment); text != "" {
			docs[at] = text
		}
		collect(docs, at, value)
	}
}

// meaning joins the comments above and beside a key, without their marks.
func meaning(head, line string) string {
	var texts []string
	for text := range strings.Lines(head) {
		texts = append(texts, strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(text), "#")))
	}
	if line != "" {
		text := strings.TrimSpace(strings.TrimPrefix(line, "#"))
		texts = append(texts, strings.TrimSuffix(text, "; our choice"))
	}
	return strings.Join(texts, "\n")
}
