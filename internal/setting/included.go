package setting

import (
	"os"
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Included is a struct that a document may also give as the name of a YAML file with its keys. The name is relative to the file
// that has it. What the file says becomes part of the document: a text that is written of it has the keys, and needs the
// file no more. Faults name the file and the line in it.
type Included interface{ Included() }

func isIncluded(v reflect.Value) bool {
	_, ok := reflect.New(v.Type()).Interface().(Included)
	return ok
}

// include reads the file that n names into v, a struct whose path of keys is path.
func (d *decoder) include(n *yaml.Node, v reflect.Value, path string) {
	name := d.origin(n).Resolve(n.Value)
	if problem := (File{path, &name}).Problem(); problem != "" {
		d.fail(n, &Error{Path: path, Problem: problem, Allowed: "the name of a file, or its keys"})
		return
	}
	data, err := os.ReadFile(name)
	var node *yaml.Node
	if err == nil {
		node, err = parse(data, name)
	}
	v.SetZero()
	inside := *d
	inside.from = func(n *yaml.Node) Origin { return Origin{File: name, Line: n.Line} }
	switch {
	case err != nil:
		d.reader.faults = append(d.reader.faults, fault{d.layer, n.Line, err})
	case node == nil || missing(resolve(node)):
		d.fail(n, &Error{Path: path, Problem: name + " is empty", Allowed: list(d.reader.allowed(v, path))})
	default:
		inside.mapping(resolve(node), v, path)
	}
}
