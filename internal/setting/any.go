package setting

import (
	"bytes"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Texts are values that are read later, by a reader that knows their types: one value or a list, each as YAML in one line.
type Texts struct {
	Of     []string
	Single bool // written without a list
}

// Text is the value as YAML in one line.
func (t Texts) Text() string {
	if t.Single {
		return t.Of[0]
	}
	return "[" + strings.Join(t.Of, ", ") + "]"
}

// Form says what the value is written as, for errors.
func (Texts) Form() string { return "a value or a list of values" }

// Pair is a key with its values.
type Pair struct {
	Key    string
	Values Texts
	From   Origin
}

// Pairs is a mapping whose keys are not known here, in the order of the document.
type Pairs []Pair

// Form says what the mapping is written as, for errors.
func (Pairs) Form() string { return "a mapping of settings to values" }

// opaque reads a value of a type whose content is not known here; false if v is another type.
func (d *decoder) opaque(n *yaml.Node, v reflect.Value, path string) bool {
	switch to := v.Addr().Interface().(type) {
	case *Texts:
		if *to = textsOf(n); len(to.Of) == 0 {
			d.fail(n, &Error{Path: path, Problem: "the list is empty", Allowed: formOf(v) + ", or no such key"})
		}
	case *Pairs:
		if n.Kind != yaml.MappingNode {
			d.fail(n, &Error{Path: path, Problem: describe(n) + " is not " + formOf(v)})
			return true
		}
		*to = nil
		for _, e := range entries(n) {
			if e.problem != "" {
				d.fail(e.key, &Error{Path: join(path, e.key.Value), Problem: e.problem})
				continue
			}
			*to = append(*to, Pair{e.key.Value, textsOf(resolve(e.value)), d.origin(e.key)})
		}
	default:
		return false
	}
	return true
}

func textsOf(n *yaml.Node) (t Texts) {
	if n.Kind != yaml.SequenceNode {
		return Texts{[]string{inline(n)}, true}
	}
	for _, c := range n.Content {
		t.Of = append(t.Of, inline(resolve(c)))
	}
	return t
}

// inline writes a value as YAML in one line.
func inline(n *yaml.Node) string {
	if n.Kind == yaml.ScalarNode && n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 && !strings.ContainsAny(n.Value, "\n") && n.Tag != "!!null" && plain(n.Value) {
		return n.Value
	}
	var out bytes.Buffer
	flow := *n
	flow.Style |= yaml.FlowStyle
	flow.HeadComment, flow.LineComment, flow.FootComment = "", "", ""
	enc := yaml.NewEncoder(&out)
	if err := enc.Encode(&flow); err != nil {
		panic("setting: a value does not encode: " + err.Error()) // it was parsed
	}
	return strings.TrimSpace(out.String())
}

// plain reports that a text means itself when it stands alone.
func plain(text string) bool {
	node, err := parse([]byte(text), "")
	return err == nil && node != nil && resolve(node).Kind == yaml.ScalarNode && resolve(node).Value == text
}
