package setting

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// JSON is read back to an equal section, whatever the texts are.
func TestJSONIsReadBack(t *testing.T) {
	type inner struct {
		Text string   `yaml:"text"`
		List []string `yaml:"list"`
	}
	type section struct {
		Inner  inner       `yaml:"inner"`
		Ranges [][]float64 `yaml:"ranges,flow"`
		On     bool        `yaml:"on"`
		Big    uint64      `yaml:"big"`
		Small  float64     `yaml:"small"`
	}
	for _, text := range []string{"", "true", "1e3", "null", "a: b # \"c\"\n", "ü"} {
		want := section{inner{text, []string{text, "x"}}, [][]float64{{1, 2.5}, {}}, true, math.MaxUint64, 1e-27}
		data := JSON([]Section{{Name: "s", Value: &want}})
		if !json.Valid(data) {
			t.Fatalf("no JSON: %s", data)
		}
		got, r := section{}, NewReader()
		if err := r.YAML(data, "file"); err != nil {
			t.Fatal(err)
		}
		r.Read(Section{Name: "s", Value: &got})
		if err := r.Check(); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", data, d)
		}
	}
}
