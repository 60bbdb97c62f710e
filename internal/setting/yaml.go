package setting

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// parse returns the only document of a YAML text, or nil if it is empty.
func parse(data []byte, name string) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, syntaxError(name, err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, &Error{Origin: Origin{File: name}, Problem: "one YAML document is allowed, and there is more after the first"}
	}
	return doc.Content[0], nil
}

// yamlLine finds the line of an error, which the YAML package gives only in the text.
var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

func syntaxError(name string, err error) error {
	at, text := Origin{File: name}, err.Error()
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		at.Line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	return &Error{Origin: at, Problem: "not YAML: " + strings.TrimPrefix(text, "yaml: ")}
}

// entry is one key of a mapping.
type entry struct {
	key, value *yaml.Node
	problem    string // problem of the key itself
}

// entries returns the keys of a mapping, those of its merge key (<<) after its own. A key of
// the mapping itself wins over merged ones, and an earlier merged mapping over a later one.
func entries(n *yaml.Node) []entry {
	m := merger{seen: map[string]bool{}, within: map[*yaml.Node]bool{}}
	m.add(n)
	return m.all
}

// merger follows merge keys; an alias may be inside of its own anchor.
type merger struct {
	all    []entry
	seen   map[string]bool
	within map[*yaml.Node]bool
}

func (m *merger) add(n *yaml.Node) {
	if m.within[n] {
		return
	}
	m.within[n] = true
	own := map[string]bool{}
	var merges []entry
	for i := 0; i+1 < len(n.Content); i += 2 {
		e := entry{key: resolve(n.Content[i]), value: resolve(n.Content[i+1])}
		name := e.key.Value
		switch {
		case e.key.Kind == yaml.ScalarNode && name == "<<" && e.key.Tag != "!!str":
			merges = append(merges, e)
			continue
		case e.key.Kind != yaml.ScalarNode:
			e.problem = "a key must be a word"
		case own[name]:
			e.problem = "the key is there twice"
		case m.seen[name]:
			continue
		}
		own[name], m.seen[name] = true, true
		m.all = append(m.all, e)
	}
	for _, e := range merges {
		m.merge(e)
	}
}

func (m *merger) merge(e entry) {
	sources := []*yaml.Node{e.value}
	if e.value.Kind == yaml.SequenceNode {
		sources = e.value.Content
	}
	for _, s := range sources {
		if s = resolve(s); s.Kind != yaml.MappingNode {
			e.problem = describe(s) + " cannot be merged; allowed: groups of keys"
			m.all = append(m.all, e)
			return
		}
		m.add(s)
	}
}

// resolve follows an alias to its anchor. A fault of a single value is where the alias stands: the anchor may
// belong to another setting.
func resolve(n *yaml.Node) *yaml.Node {
	anchor := n
	for anchor.Kind == yaml.AliasNode {
		anchor = anchor.Alias
	}
	if anchor == n || anchor.Kind != yaml.ScalarNode {
		return anchor
	}
	value := *anchor
	value.Line, value.Column = n.Line, n.Column
	return &value
}

// lookup returns the value of a key in a mapping, or nil.
func lookup(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for _, e := range entries(n) {
		if e.problem == "" && e.key.Value == key {
			return e.value
		}
	}
	return nil
}

// missing reports that a key has no value, as in "gamma:" or "gamma: null".
func missing(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// describe names a value in a sentence.
func describe(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a group of keys"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case missing(n):
		return "nothing"
	}
	return strconv.Quote(n.Value)
}
