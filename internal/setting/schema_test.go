package setting

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

// wordy has a setting of few words, also in its entries.
type wordy struct {
	Colour string  `yaml:"colour"`
	Parts  []shape `yaml:"parts"`
}

type shape struct {
	Colour string `yaml:"colour"`
}

func (w *wordy) Check(c *Checker) {
	c.OneOf("colour", w.Colour, "red", "blue")
	for i, p := range w.Parts {
		c.For(entryOf("parts", i)).OneOf("colour", p.Colour, "red", "blue")
	}
}

// A schema has the type, the comment, the default and the words of every setting.
func TestSchema(t *testing.T) {
	top, g := document()
	w := &wordy{Colour: "red", Parts: []shape{{Colour: "blue"}}}
	docs := func() map[string]string { return map[string]string{"colour": "colour of all."} }
	text := Schema("t", []Section{
		{Value: top}, {Name: "game", Value: g, Base: func(string, Origin) error { return nil }},
		{Name: "wordy", Value: w, Doc: "words.", Docs: docs},
	})
	var doc map[string]any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"title":                                                     `"t"`,
		"additionalProperties":                                      `false`,
		"properties.seed":                                           `{"default":1,"minimum":0,"type":"integer"}`,
		"properties.name":                                           `{"default":"","type":["string","number","boolean"]}`,
		"properties.game.type":                                      `["object","null","string"]`,
		"properties.game.properties.speed":                          `{"default":2,"type":"number"}`,
		"properties.game.properties.on":                             `{"default":false,"type":"boolean"}`,
		"properties.game.properties.small":                          `{"default":0,"type":"integer"}`,
		"properties.game.properties.range":                          `{"default":[0,0],"items":{"type":"number"},"maxItems":2,"minItems":2,"type":"array"}`,
		"properties.game.properties.models.items":                   `{"additionalProperties":false,"properties":{"load":{"type":"number"},"share":{"type":"number"}},"type":["object","null"]}`,
		"properties.wordy.type":                                     `["object","null"]`,
		"properties.wordy.description":                              `"words."`,
		"properties.wordy.properties.colour":                        `{"default":"red","description":"colour of all.","enum":["red","blue"]}`,
		"properties.wordy.properties.parts.items.properties.colour": `{"enum":["red","blue"]}`,
	} {
		var got any = doc
		for _, key := range strings.Split(path, ".") {
			got = got.(map[string]any)[key]
		}
		var wanted any
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s: %v, want %v", path, got, wanted)
		}
	}
}
