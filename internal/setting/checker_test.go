package setting

import (
	"errors"
	"math"
	"testing"
)

func TestChecks(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, x := range []struct {
		check func(*Checker)
		want  string // "": passes
	}{
		{func(c *Checker) { c.Between("x", 1, 1, 2) }, ""},
		{func(c *Checker) { c.Between("x", 2.5, 1, 2) }, "s.x: 2.5 is not allowed; allowed: 1 to 2"},
		{func(c *Checker) { c.Between("x", nan, 1, 2) }, "s.x: NaN is not allowed; allowed: 1 to 2"},
		{func(c *Checker) { c.Interval("x", [2]float64{1, 1}, 1, 2) }, ""},
		{func(c *Checker) { c.Interval("x", [2]float64{2, 1}, 1, 2) }, "s.x: [2 1] is not allowed; allowed: [min, max] with 1 <= min <= max <= 2"},
		{func(c *Checker) { c.Interval("x", [2]float64{1, nan}, 1, 2) }, "s.x: [1 NaN] is not allowed; allowed: [min, max] with 1 <= min <= max <= 2"},
		{func(c *Checker) { c.Positive("x", 1e-300) }, ""},
		{func(c *Checker) { c.Positive("x", 0) }, "s.x: 0 is not allowed; allowed: a positive number"},
		{func(c *Checker) { c.Positive("x", inf) }, "s.x: +Inf is not allowed; allowed: a positive number"},
		{func(c *Checker) { c.Positive("x", nan) }, "s.x: NaN is not allowed; allowed: a positive number"},
		{func(c *Checker) { c.NotNegative("x", 0) }, ""},
		{func(c *Checker) { c.NotNegative("x", -1) }, "s.x: -1 is not allowed; allowed: 0 or a positive number"},
		{func(c *Checker) { c.NotNegative("x", nan) }, "s.x: NaN is not allowed; allowed: 0 or a positive number"},
		{func(c *Checker) { c.Count("x", 3, 3, 3) }, ""},
		{func(c *Checker) { c.Count("x", 4, 1, 3) }, "s.x: 4 is not allowed; allowed: a whole number from 1 to 3"},
		{func(c *Checker) { c.AtLeast("x", 3, 3) }, ""},
		{func(c *Checker) { c.AtLeast("x", 2, 3) }, "s.x: 2 is not allowed; allowed: at least 3"},
		{func(c *Checker) { c.OneOf("x", "a", "a", "b") }, ""},
		{func(c *Checker) { c.OneOf("x", "", "a", "b") }, `s.x: "" is not allowed; allowed: a, b`},
		{func(c *Checker) { c.Require(false, "x[1].y", 7, "less") }, "s.x[1].y: 7 is not allowed; allowed: less"},
		{func(c *Checker) { c.Expect(false, "x", "a list of 2 is too short", "3 entries") }, "s.x: a list of 2 is too short; allowed: 3 entries"},
	} {
		c := NewChecker("s")
		x.check(c)
		err := c.Err()
		if got := errorText(err); got != x.want {
			t.Errorf("%q, want %q", got, x.want)
		}
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%v is no *Error", err)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestNearest(t *testing.T) {
	for word, want := range map[string]string{
		"gama": "gamma", "gamma": "gamma", "gam": "gamma", "bacth": "batch", "x": "", "": "", "quite_other": "", "batches": "batch",
	} {
		if got := Nearest(word, []string{"gamma", "batch", "worlds"}); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

// By the definition: Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966.
func TestDistance(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"abc", "abc", 0}} {
		if got := distance(x.a, x.b); got != x.want || distance(x.b, x.a) != x.want {
			t.Errorf("%s, %s: %d, want %d", x.a, x.b, got, x.want)
		}
	}
}

// A check of two sections may name a setting of the other one.
func TestCheckerForAnotherSection(t *testing.T) {
	c := NewChecker("s")
	c.For("t").AtLeast("x", 1, 2)
	if got := errorText(c.Err()); got != "t.x: 1 is not allowed; allowed: at least 2" {
		t.Errorf("%q", got)
	}
}
