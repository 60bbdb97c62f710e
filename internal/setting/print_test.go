package setting

import (
	_ "embed"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

//go:embed print_test.go
var source string

// documented has comments that are printed.
type documented struct {
	// Speed of light.
	Speed float64 `yaml:"speed"`
	// The first line.
	// The second line.
	Lines int `yaml:"lines"`

	Bare int `yaml:"bare"`
}

func TestStructDocs(t *testing.T) {
	want := map[string]string{"speed": "speed of light.", "lines": "The first line.\nThe second line."}
	if got := StructDocs(source, "documented"); !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
	if got := Keys(&documented{}); !reflect.DeepEqual(got, []string{"speed", "lines", "bare"}) {
		t.Errorf("%q", got)
	}
}

func TestTextDocs(t *testing.T) {
	got := TextDocs([]byte("# The name\n# of it.\nname: a\ngame:\n  slots: 3  # T; our choice\n  models:\n  - load: 1  # s\n  - load: 2  # not read\n"))
	want := map[string]string{"name": "The name\nof it.", "game.slots": "T", "game.models.load": "s"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%q", got)
	}
}

func TestComment(t *testing.T) {
	top, g := document()
	sections := []Section{
		{Value: top, Docs: func() map[string]string { return map[string]string{"seed": "seed of all.\nTwo lines."} }},
		{Name: "game", Value: g, Doc: "game is played.", Docs: func() map[string]string { return map[string]string{"models.load": "load in s."} }},
	}
	doc := Encode(sections)
	Comment(doc, sections)
	want := `# seed of all.
# Two lines.
seed: 1
name: ""
# game is played.
game:
  speed: 2
  slots: 3
  small: 0
  "on": false
  range: [0, 0]
  deep:
    width: 0
  models:
    - share: 0.5
      # load in s.
      load: 1
    - share: 0.5
      load: 2
`
	if got := string(Text(doc, 2)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What is printed is read back to the same bits.
func TestRoundTrip(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 1000 {
		top, g := document()
		top.Seed, top.Name = random.Uint64(), []string{"", "no", "010", "a: b", "1e3", "~", "é\n", " x "}[random.IntN(8)]
		g.Speed, g.Slots, g.Small, g.On = 10*random.Float64(), 1+random.IntN(1000), int32(random.Uint32()), random.IntN(2) == 0
		g.Range, g.Deep.Width = pair{random.NormFloat64(), 1e300 * random.NormFloat64()}, 1e-300*random.NormFloat64()
		text := string(Text(Encode([]Section{{Value: top}, {Name: "game", Value: g}}), 4))
		gotTop, gotGame, _, err := read(text)
		if err != nil || !reflect.DeepEqual(top, gotTop) || !reflect.DeepEqual(g, gotGame) {
			t.Fatalf("%v\n%s%+v %+v", err, text, gotTop, gotGame)
		}
	}
}

func TestDifference(t *testing.T) {
	for path, change := range map[string]func(*general, *game){
		"":                     func(*general, *game) {},
		"seed":                 func(d *general, _ *game) { d.Seed++ },
		"game.on":              func(_ *general, g *game) { g.On = true },
		"game.range[1]":        func(_ *general, g *game) { g.Range[1] = 1 },
		"game.models[1].share": func(_ *general, g *game) { g.Models[1].Share = 1 },
		"game.models":          func(_ *general, g *game) { g.Models = g.Models[:1] },
	} {
		a, b := sectionsOf(t, nil), sectionsOf(t, change)
		got, x, y := Difference(a, b)
		if got != path || path != "" && reflect.DeepEqual(x, y) {
			t.Errorf("%s: %s, %v, %v", path, got, x, y)
		}
	}
}

func TestDifferences(t *testing.T) {
	a, b := sectionsOf(t, nil), sectionsOf(t, func(d *general, g *game) {
		d.Seed, g.Range[1] = 77, 9
		g.Models = g.Models[:1]
	})
	var got []string
	for _, c := range Differences(a, b) {
		got = append(got, c.Path)
	}
	if want := []string{"seed", "game.range[1]", "game.models"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if c := Differences(a, b)[0]; c.Before == 77 || fmt.Sprint(c.After) != "77" {
		t.Errorf("%+v", c)
	}
	if none := Differences(a, sectionsOf(t, nil)); len(none) > 0 {
		t.Errorf("%v", none)
	}
}

func sectionsOf(t *testing.T, change func(*general, *game)) []Section {
	t.Helper()
	top, g := document()
	if change != nil {
		change(top, g)
	}
	return []Section{{Value: top}, {Name: "game", Value: g}}
}
