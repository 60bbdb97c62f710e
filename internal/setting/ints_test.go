package setting

import (
	"slices"
	"testing"
)

// Whole numbers are found by their type, also those of inlined structs; other types and what is no setting are not.
func TestInts(t *testing.T) {
	type Inner struct {
		Depth int `yaml:"depth"`
	}
	section := &struct {
		Width int     `yaml:"width"`
		Rate  float64 `yaml:"rate"`
		Seed  uint64  `yaml:"seed"`
		Own   int     `yaml:"-"`
		Inner `yaml:",inline"`
	}{Width: 3, Own: 7, Inner: Inner{Depth: -1}}
	if got, want := Ints(section), []Int{{"width", 3}, {"depth", -1}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A setting with several faults gets one sentence, the first.
func TestOneFaultForASetting(t *testing.T) {
	c := NewChecker("train")
	c.Count("worlds", 1<<40, 1, 10)
	c.Require(false, "worlds", 1<<40, "less")
	c.For("amarl").Require(false, "worlds", 1, "none")
	if err := c.Err(); err == nil || err.Error() != "train.worlds: 1099511627776 is not allowed; allowed: a whole number from 1 to 10\namarl.worlds: 1 is not allowed; allowed: none" {
		t.Error(err)
	}
}
