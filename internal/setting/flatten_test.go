package setting

import (
	"maps"
	"testing"
)

func TestFlatten(t *testing.T) {
	type inner struct {
		Rate  float64   `yaml:"rate"`
		Range []float64 `yaml:"range"`
	}
	type outer struct {
		Name  string  `yaml:"name"`
		Items []inner `yaml:"items"`
	}
	got := Flatten([]Section{
		{Value: &outer{Name: "x", Items: []inner{{0.5, []float64{1, 2}}, {2, nil}}}},
		{Name: "train", Value: &inner{Rate: 3}},
	})
	want := map[string]string{
		"name": "x", "items[0].rate": "0.5", "items[0].range": "[1, 2]", "items[1].rate": "2", "items[1].range": "[]",
		"train.rate": "3", "train.range": "[]",
	}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
