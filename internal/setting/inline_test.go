package setting

import (
	"reflect"
	"testing"
)

// shared is part of several sections.
type shared struct {
	Width int `yaml:"width"`
}

type inlining struct {
	Depth int    `yaml:"depth"`
	Part  shared `yaml:",inline"`
	Last  int    `yaml:"last"`
}

// The keys of an inlined struct are read, listed, compared and written as if they were fields of the outer struct.
func TestInlinedKeys(t *testing.T) {
	var s inlining
	sections := []Section{{Name: "net", Value: &s}}
	r := NewReader()
	if err := r.YAML([]byte("net: {width: 3, depth: 2}"), "x.yaml"); err != nil {
		t.Fatal(err)
	}
	r.Read(sections[0])
	if err := r.Check(); err != nil || s.Part.Width != 3 || s.Depth != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if got := r.Origin("net.width").String(); got != "x.yaml:1" {
		t.Errorf("origin %q", got)
	}
	if got := Keys(&s); !reflect.DeepEqual(got, []string{"depth", "width", "last"}) {
		t.Errorf("keys %q", got)
	}
	if got := string(Text(Encode(sections), 2)); got != "net:\n  depth: 2\n  width: 3\n  last: 0\n" {
		t.Errorf("%q", got)
	}
	other := s
	other.Part.Width = 4
	if path, x, y := Difference(sections, []Section{{Name: "net", Value: &other}}); path != "net.width" || x != 3 || y != 4 {
		t.Errorf("%s: %v, %v", path, x, y)
	}
}
