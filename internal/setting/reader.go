package setting

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Section is one part of a document: the struct that its keys are read into.
type Section struct {
	// Name is the section's key in the document; "" for the keys of the document itself.
	Name string
	// Value points to a struct that holds the defaults. Fields with a yaml key are settings.
	Value any
	// Doc is the description of the section. Docs returns the descriptions of its keys by their path
	// in it, like StructDocs; nil: none.
	Doc  string
	Docs func() map[string]string
	// Base replaces all of Value if the section is one word instead of keys, as in "scenario: paper";
	// nil: a word is an error.
	Base func(word string, from Origin) error
	// Check checks the values that were read; nil: the method of Value, if it is Checked.
	Check func(*Checker)
	// Files are the settings in Value that name files, see Reader.Check.
	Files []File
}

func (s *Section) check(c *Checker) {
	if own, ok := s.Value.(Checked); s.Check != nil {
		s.Check(c)
	} else if ok {
		own.Check(c)
	}
}

// Reader collects the sources of a document, reads its sections over their defaults and records the
// origin of each value. A later source overrides an earlier one.
type Reader struct {
	layers   []layer
	refused  map[string]string
	origins  map[string]Origin // by full path
	sections []Section
	faults   []fault
}

// layer is one source.
type layer struct {
	parts  []string // path of the node; none: the whole document
	node   *yaml.Node
	origin func(*yaml.Node) Origin
}

// NewReader returns a reader without sources: its sections keep their defaults.
func NewReader() *Reader {
	return &Reader{refused: map[string]string{}, origins: map[string]Origin{}}
}

// File adds a YAML file.
func (r *Reader) File(name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	return r.YAML(data, name)
}

// YAML adds a document; errors name the file and the line.
func (r *Reader) YAML(data []byte, name string) error {
	return r.document(data, name, func(n *yaml.Node) Origin { return Origin{File: name, Line: n.Line} })
}

// Embedded adds a document that is part of a file of another kind, so its lines have no numbers.
func (r *Reader) Embedded(data []byte, name string) error {
	return r.document(data, name, func(*yaml.Node) Origin { return Origin{File: name} })
}

func (r *Reader) document(data []byte, name string, origin func(*yaml.Node) Origin) error {
	node, err := parse(data, name)
	if err == nil && node != nil && !missing(node) {
		r.layers = append(r.layers, layer{node: resolve(node), origin: origin})
	}
	return err
}

// Set adds one setting of a flag, path=value with a YAML value, such as train.gamma=0.9.
func (r *Reader) Set(text string) error { return r.SetFrom(Origin{Flag: "--set " + text}, text) }

// SetFrom is Set for a text of another origin.
func (r *Reader) SetFrom(from Origin, text string) error {
	path, value, ok := strings.Cut(text, "=")
	if !ok || len(parts(path)) == 0 {
		return &Error{Origin: from, Problem: "want path=value, such as train.gamma=0.9"}
	}
	node, err := parse([]byte(value), "")
	var bad *Error
	if errors.As(err, &bad) {
		bad.Origin = from
		return err
	}
	if node == nil {
		node = word("") // path= is the empty text
	}
	r.add(from, path, node)
	return nil
}

// Word adds one setting whose value is a text, not YAML: the value of a flag such as --scenario.
func (r *Reader) Word(from Origin, path, text string) { r.add(from, path, word(text)) }

func (r *Reader) add(from Origin, path string, n *yaml.Node) {
	r.layers = append(r.layers, layer{parts(path), n, func(*yaml.Node) Origin { return from }})
}

func word(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
}

// Refuse makes a key an error with this text, whether or not a section has it: the section of
// another algorithm, or the old place of a key that has moved. Call it before Read.
func (r *Reader) Refuse(path, problem string) { r.refused[path] = problem }

// Peek reads the setting at a path into *to, before its section is read, for defaults that depend on
// it. If no source has it, or its value cannot be read, *to is unchanged; reading the section reports
// the error. from is where the value came from, if a source has it.
func (r *Reader) Peek(path string, to any) (from Origin) {
	scratch := NewReader()
	for _, l := range r.layers {
		if n := below(l, parts(path)); n != nil {
			scratch.layers = []layer{l}
			(&decoder{reader: scratch}).decode(n, reflect.ValueOf(to).Elem(), path)
		}
	}
	return scratch.origins[path]
}

// below returns the node of a layer at a path, or nil.
func below(l layer, path []string) *yaml.Node {
	if len(l.parts) > len(path) || !slices.Equal(l.parts, path[:len(l.parts)]) {
		return nil
	}
	n := resolve(l.node)
	for _, key := range path[len(l.parts):] {
		if n = lookup(n, key); n == nil {
			return nil
		}
	}
	return n
}

// Read reads a section from all sources. Err reports the errors.
func (r *Reader) Read(s Section) {
	r.sections = append(r.sections, s)
	target := reflect.ValueOf(s.Value).Elem()
	for i := r.base(s); i < len(r.layers); i++ {
		l, d := r.layers[i], &decoder{reader: r, layer: i}
		switch {
		case len(l.parts) == 0 && s.Name == "":
			d.own(l.node, target)
		case len(l.parts) == 0:
			if n := lookup(l.node, s.Name); n != nil {
				d.section(n, s, target)
			}
		case len(l.parts) == 1 && l.parts[0] == s.Name:
			d.section(resolve(l.node), s, target)
		case l.parts[0] == s.Name:
			d.at(l.node, target, s.Name, l.parts[1:])
		case s.Name == "" && slices.Contains(keysOf(target.Type()), l.parts[0]):
			d.at(l.node, target, "", l.parts)
		}
	}
}

// base returns the index of the last layer that replaces the whole section, or 0. Earlier layers are
// ignored.
func (r *Reader) base(s Section) int {
	for i := len(r.layers) - 1; i >= 0 && s.Base != nil && s.Name != ""; i-- {
		if n := below(r.layers[i], []string{s.Name}); n != nil && n.Kind == yaml.ScalarNode && !missing(n) {
			return i
		}
	}
	return 0
}

// section reads the keys of a section, or its base.
func (d *decoder) section(n *yaml.Node, s Section, target reflect.Value) {
	if s.Base == nil || n.Kind != yaml.ScalarNode || missing(n) {
		d.decode(n, target, s.Name)
		return
	}
	d.reader.origins[s.Name] = d.origin(n)
	if err := s.Base(n.Value, d.origin(n)); err != nil {
		d.reader.faults = append(d.reader.faults, fault{d.layer, n.Line, err})
	}
}

// own reads the keys of the document itself. The other keys belong to sections or are unknown.
func (d *decoder) own(n *yaml.Node, target reflect.Value) {
	if n.Kind != yaml.MappingNode {
		return // strangers reports it
	}
	for _, e := range entries(n) {
		if _, known := fieldOf(target, e.key.Value); known && e.problem == "" {
			d.entry(e, target, "")
		}
	}
}

// Origin returns the origin of the value at a path. If no source has the value, it is the origin of the
// nearest group or list above it, because the key is missing there. The document itself does not count:
// a default does not come from line 1.
func (r *Reader) Origin(path string) Origin {
	for ; path != ""; path = parent(path) {
		if o, ok := r.origins[path]; ok {
			return o
		}
	}
	return Origin{}
}

// forget drops the origins of a list's entries.
func (r *Reader) forget(path string) {
	for p := range r.origins {
		if strings.HasPrefix(p, path+"[") {
			delete(r.origins, p)
		}
	}
}
