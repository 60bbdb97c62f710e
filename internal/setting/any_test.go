package setting

import (
	"reflect"
	"strings"
	"testing"
)

type sweep struct {
	Seeds Texts `yaml:"seeds"`
	Grid  Pairs `yaml:"grid"`
}

func readSweep(text string) (*sweep, error) {
	r, s := NewReader(), new(sweep)
	if err := r.YAML([]byte(text), "f.yaml"); err != nil {
		return nil, err
	}
	r.Read(Section{Value: s})
	return s, r.Err()
}

// Values are kept as they can be read again, in the order of the document.
func TestTextsAndPairs(t *testing.T) {
	s, err := readSweep("seeds: 10\ngrid:\n  b.x: [1e-3, \"no\", [1, 2], {k: v}]\n  a: plain text\n  c: ''\n  d: [~]\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := (Texts{[]string{"10"}, true}); !reflect.DeepEqual(s.Seeds, want) {
		t.Errorf("seeds %v", s.Seeds)
	}
	want := map[string][]string{"b.x": {"1e-3", "no", "[1, 2]", "{k: v}"}, "a": {"plain text"}, "c": {`''`}, "d": {"~"}}
	for i, key := range []string{"b.x", "a", "c", "d"} {
		if s.Grid[i].Key != key || !reflect.DeepEqual(s.Grid[i].Values.Of, want[key]) {
			t.Errorf("entry %d is %s with %q, want %s with %q", i, s.Grid[i].Key, s.Grid[i].Values.Of, key, want[key])
		}
	}
	if s.Grid[1].From.Line != 4 {
		t.Errorf("a is of line %d, want 4", s.Grid[1].From.Line)
	}
}

func TestOpaqueFaults(t *testing.T) {
	for text, want := range map[string]string{
		"seeds: []":          "f.yaml:1: seeds: the list is empty; allowed: a value or a list of values, or no such key",
		"grid: 3":            "f.yaml:1: grid: \"3\" is not a mapping of settings to values",
		"grid: {a: 1, a: 2}": "f.yaml:1: grid.a",
		"seeds:":             "f.yaml:1: seeds: a value is missing; allowed: a value or a list of values",
	} {
		if _, err := readSweep(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
