package setting

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Checked is a section that can check its settings. Paths in the checks begin at the section: "gamma",
// not "train.gamma".
type Checked interface {
	Check(*Checker)
}

// Checker collects the settings of one section that are not allowed. Every check refuses NaN.
type Checker struct {
	section string
	errs    []*Error
	into    *Checker            // nil: this one
	words   map[string][]string // that OneOf allows, by path
}

// NewChecker returns a checker that prefixes every path with the name of a section, if it is not "".
func NewChecker(section string) *Checker { return &Checker{section: section} }

// For returns a checker of another section that adds its errors to this one, for a setting that must fit
// a setting of this section.
func (c *Checker) For(section string) *Checker { return &Checker{section: section, into: c} }

func (c *Checker) add(e *Error) {
	if c.into != nil {
		c.into.add(e)
		return
	}
	same := func(other *Error) bool { return other.Path == e.Path }
	if !slices.ContainsFunc(c.errs, same) { // one sentence a setting
		c.errs = append(c.errs, e)
	}
}

// Err joins the *Errors of all checks that failed; nil if there are none.
func (c *Checker) Err() error {
	var errs []error
	for _, e := range c.errs {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// Require refuses a value unless ok.
func (c *Checker) Require(ok bool, path string, value any, allowed string) {
	if !ok {
		c.add(&Error{Path: join(c.section, path), Value: value, Allowed: allowed})
	}
}

// Expect reports a problem unless ok. It is for problems that no single value causes.
func (c *Checker) Expect(ok bool, path, problem, allowed string) {
	if !ok {
		c.add(&Error{Path: join(c.section, path), Problem: problem, Allowed: allowed})
	}
}

// Between requires lo <= v <= hi.
func (c *Checker) Between(path string, v, lo, hi float64) {
	c.Require(v >= lo && v <= hi, path, v, fmt.Sprintf("%g to %g", lo, hi))
}

// Interval requires lo <= min <= max <= hi for r = [min, max].
func (c *Checker) Interval(path string, r [2]float64, lo, hi float64) {
	c.Require(r[0] >= lo && r[1] >= r[0] && r[1] <= hi, path, r,
		fmt.Sprintf("[min, max] with %g <= min <= max <= %g", lo, hi))
}

// Positive requires a finite number above 0.
func (c *Checker) Positive(path string, v float64) {
	c.Require(v > 0 && !math.IsInf(v, 0), path, v, "a positive number")
}

// NotNegative requires 0 or a finite number above it.
func (c *Checker) NotNegative(path string, v float64) {
	c.Require(v >= 0 && !math.IsInf(v, 0), path, v, "0 or a positive number")
}

// Count requires lo <= v <= hi.
func (c *Checker) Count(path string, v, lo, hi int) {
	c.Require(v >= lo && v <= hi, path, v, fmt.Sprintf("a whole number from %d to %d", lo, hi))
}

// AtLeast requires lowest <= v.
func (c *Checker) AtLeast(path string, v, lowest int) {
	c.Require(v >= lowest, path, v, fmt.Sprintf("at least %d", lowest))
}

// OneOf requires one of the allowed words.
func (c *Checker) OneOf(path, v string, allowed ...string) {
	c.know(join(c.section, path), allowed)
	c.Require(slices.Contains(allowed, v), path, v, list(allowed))
}

// know keeps the words of a setting, for Schema.
func (c *Checker) know(path string, words []string) {
	if c.into != nil {
		c.into.know(path, words)
		return
	}
	if c.words == nil {
		c.words = map[string][]string{}
	}
	c.words[path] = words
}
