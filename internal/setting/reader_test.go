package setting

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// general are the keys of the test's document itself.
type general struct {
	Seed uint64 `yaml:"seed"`
	Name string `yaml:"name"`
}

type pair [2]float64

func (pair) Form() string { return "two numbers [min, max]" }

// game is a section with every kind of field.
type game struct {
	Speed  float64   `yaml:"speed"`
	Slots  int       `yaml:"slots"`
	Small  int32     `yaml:"small"`
	On     bool      `yaml:"on"`
	Range  pair      `yaml:"range,flow"`
	Speeds []float64 `yaml:"speeds,flow,omitempty"`
	Deep   struct {
		Width float64 `yaml:"width"`
	} `yaml:"deep"`
	Models []model `yaml:"models"`
	Skip   int     `yaml:"-"`
}

type model struct {
	Share float64 `yaml:"share"`
	Load  float64 `yaml:"load"`
}

func (g *game) Check(c *Checker) {
	c.Between("speed", g.Speed, 0, 10)
	c.Count("slots", g.Slots, 1, 1000)
	for i, m := range g.Models {
		c.NotNegative(entryOf("models", i)+".share", m.Share)
		c.Positive(entryOf("models", i)+".load", m.Load)
	}
}

// document is a test's document with its defaults.
func document() (*general, *game) {
	return &general{Seed: 1}, &game{Speed: 2, Slots: 3, Models: []model{{0.5, 1}, {0.5, 2}}}
}

// read reads a text and flags.
func read(text string, sets ...string) (*general, *game, *Reader, error) {
	r := NewReader()
	if err := r.YAML([]byte(text), "a.yaml"); err != nil {
		return nil, nil, r, err
	}
	for _, s := range sets {
		if err := r.Set(s); err != nil {
			return nil, nil, r, err
		}
	}
	top, g := document()
	r.Read(Section{Value: top})
	r.Read(Section{Name: "game", Value: g})
	return top, g, r, r.Check()
}

// An error has data as well as a sentence.
func TestErrorIsData(t *testing.T) {
	_, _, _, err := read("game:\n  slots: 0")
	var e *Error
	if !errors.As(err, &e) || !reflect.DeepEqual(*e, Error{Origin{File: "a.yaml", Line: 2}, "game.slots", 0, "", "a whole number from 1 to 1000"}) {
		t.Errorf("%+v", e)
	}
}

// Later sources override earlier ones; a flag can set an entry of a list, and a group.
func TestSources(t *testing.T) {
	top, g, r, err := read("seed: 2\ngame:\n  speed: 1\n  models: [{share: 1, load: 1}, {share: 1, load: 1}]",
		"seed=3", "seed=4", "game.models[1].share=7", "game.models.0.load=8", "game={slots: 9, deep: {width: 2}}", "name=")
	if err != nil {
		t.Fatal(err)
	}
	if top.Seed != 4 || g.Speed != 1 || !reflect.DeepEqual(g.Models, []model{{1, 8}, {7, 1}}) || g.Slots != 9 || g.Deep.Width != 2 {
		t.Errorf("%+v %+v", top, g)
	}
	for path, want := range map[string]string{
		"seed": "--set seed=4", "game.speed": "a.yaml:3", "game.models[0].share": "a.yaml:4", "game.models[1].share": "--set game.models[1].share=7",
		"game.slots": "--set game={slots: 9, deep: {width: 2}}", "game.models[1]": "a.yaml:4", "other": "",
	} {
		if got := r.Origin(path).String(); got != want {
			t.Errorf("%s is from %q, want %q", path, got, want)
		}
	}
}

// The entries of a replaced list have new origins.
func TestOriginOfReplacedList(t *testing.T) {
	_, _, r, err := read("game:\n  models:\n  - load: 1\n  - load: 1", "game.models=[{load: 2}, {load: 3}]")
	if got := r.Origin("game.models[1].share").Flag; err != nil || got == "" {
		t.Errorf("%q, %v", got, err)
	}
}

// So have the numbers of lists in a list that is replaced, or of which one is.
func TestOriginOfListsInAList(t *testing.T) {
	for _, c := range []struct{ set, first, second string }{
		{"", "a.yaml:2", "a.yaml:3"},
		{"places.1=[5, 6]", "a.yaml:2", "--set places.1=[5, 6]"},
		{"places=[[5, 6]]", "--set places=[[5, 6]]", "--set places=[[5, 6]]"}, // there is no second; the list is from there
	} {
		r := NewReader()
		err := r.YAML([]byte("places:\n- [1, 2]\n- [3, 4]"), "a.yaml")
		if c.set != "" {
			err = errors.Join(err, r.Set(c.set))
		}
		r.Read(Section{Value: &struct {
			Places []pair `yaml:"places"`
		}{}})
		first, second := r.Origin("places[0][1]").String(), r.Origin("places[1][1]").String()
		if err = errors.Join(err, r.Check()); err != nil || first != c.first || second != c.second {
			t.Errorf("%q: the numbers are from %q and %q, want %q and %q, %v", c.set, first, second, c.first, c.second, err)
		}
	}
}

// One word replaces a section; earlier sources do not count.
func TestBase(t *testing.T) {
	for _, c := range []struct {
		yaml  string
		words []string
		want  string
		slots int
	}{
		{"game: big", nil, "big from a.yaml:1", 100},
		{"game: big", []string{"small"}, "small from --game small", 1},
		{"game: {slots: x}", []string{"small"}, "small from --game small", 1},
		{"game: {slots: 5}", nil, "", 5},
		{"game: no", nil, "no from a.yaml:1", 0},
	} {
		r := NewReader()
		if err := r.YAML([]byte(c.yaml), "a.yaml"); err != nil {
			t.Fatal(err)
		}
		for _, w := range c.words {
			r.Word(Origin{Flag: "--game " + w}, "game", w)
		}
		_, g := document()
		asked := ""
		r.Read(Section{Name: "game", Value: g, Base: func(word string, from Origin) error {
			asked += word + " from " + from.String()
			if word == "no" {
				return errors.New("no such game")
			}
			*g = game{Slots: map[string]int{"small": 1, "big": 100}[word]}
			return nil
		}})
		err := r.Check()
		if asked != c.want || c.slots > 0 && (err != nil || g.Slots != c.slots) || c.slots == 0 && (err == nil || err.Error() != "no such game") {
			t.Errorf("%q %v: %q, %+v, %v", c.yaml, c.words, asked, g, err)
		}
	}
}

// A setting can be queried before its section is read.
func TestPeek(t *testing.T) {
	for _, c := range []struct{ yaml, set, want string }{
		{"", "", "default"}, {"train: {algo: a}", "", "a"}, {"train: {algo: a}", "train.algo=b", "b"}, {"train: {algo: a}", "train={algo: c}", "c"},
		{"train: {algo: [a]}", "", "default"}, {"train: 3", "", "default"}, {"train: {algo: }", "", "default"}, {"", "train=x", "default"},
		{"x: &x {algo: d}\ntrain: {<<: *x}", "", "d"}, {"- 1", "", "default"}, {"", "train.algo.x=3", "default"},
	} {
		r := NewReader()
		err := r.YAML([]byte(c.yaml), "a.yaml")
		if c.set != "" {
			err = errors.Join(err, r.Set(c.set))
		}
		got := "default"
		if r.Peek("train.algo", &got); err != nil || got != c.want {
			t.Errorf("%q %q: %q, %v", c.yaml, c.set, got, err)
		}
	}
}

// A text inside of another file has no lines.
func TestEmbedded(t *testing.T) {
	r := NewReader()
	if err := r.Embedded([]byte("a: 1\nb: 2"), "big.bin"); err != nil {
		t.Fatal(err)
	}
	r.Read(Section{Value: &general{}})
	if err := r.Err(); err == nil || !strings.HasPrefix(err.Error(), "big.bin: a: unknown key") {
		t.Error(err)
	}
}

func TestMissingFile(t *testing.T) {
	if err := NewReader().File("nowhere.yaml"); err == nil || err.Error() != "settings: open nowhere.yaml: no such file or directory" {
		t.Error(err)
	}
}

// Every text gives a value or an error sentence.
func TestRandomTextsNeverPanic(t *testing.T) {
	words := []string{
		"seed", "name", "game", "slots", "speed", "models", "range", "share", "deep", "width", ": ", ":", "\n", "\n  ", "\n  - ", "- ",
		"{", "}", "[", "]", ", ", "&a ", "*a", "<<", "<<: *a", "!!int ", "!x ", "? ", "|", ">", "'", `"`, "#", "~", "null", "1", "010", "1e9",
		"0x", "_", "-", "+", ".", ".nan", "true", "---", "...", "%", "\t", "\ufeff", "é", "\x00", "\xff",
	}
	random := rand.New(rand.NewPCG(1, 2))
	read1, refused := 0, 0
	for range 30000 {
		var text strings.Builder
		for range random.IntN(20) {
			text.WriteString(words[random.IntN(len(words))])
		}
		_, _, _, err := read(text.String(), "game.slots="+words[random.IntN(len(words))], words[random.IntN(10)]+"."+words[random.IntN(10)]+"=3")
		if err == nil {
			read1++
		} else if refused++; strings.TrimSpace(err.Error()) == "" {
			t.Errorf("%q is refused without a sentence", &text)
		}
	}
	if read1 == 0 || refused == 0 {
		t.Errorf("%d are read and %d refused: the texts test nothing", read1, refused)
	}
}

// Anchors that contain themselves do not cause an endless loop.
func TestAnchorInsideOfItself(t *testing.T) {
	for _, text := range []string{"game: &a {<<: *a, slots: 4}", "game: &a {deep: *a}", "game: {models: &a [*a]}", "<<: &a [*a]", "game: &a {<<: [*a, *a], slots: 4}"} {
		if _, g, _, err := read(text); err == nil && g.Slots != 4 {
			t.Errorf("%q: %+v", text, g)
		}
	}
}
