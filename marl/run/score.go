package run

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/nn/train"
)

// Measure is a number of a policy in an evaluation. The first measure of a game is its score, by which policies and
// runs are compared; more is better.
type Measure struct {
	Name   string // in files
	Title  string // in texts
	Unit   string // "" for none
	Digits int    // after the point
	Width  int    // of a column in the table of a run

	Falling bool // less is better

	Curve  string // title of its learning curve in a run; "" for none
	Axis   string // title of its curves in a comparison of runs; "" for none
	Listed int    // width of its column there; 0 for none
	Better string // of a score: what a better run does
	Verb   string // of a score: what a heuristic does whose score is told
}

// measures are those of all games, in the order in which tables have them.
var measures = slices.Concat(edgeMeasures, []Measure{qualityMeasure}, spreadMeasures)

// Heading is the title with the unit.
func (m Measure) Heading() string {
	if m.Unit == "" {
		return m.Title
	}
	return m.Title + " " + m.Unit
}

// Score is a measure with its value over the episodes of an evaluation.
type Score struct {
	Measure
	train.Interval
}

// Scores are the numbers of a policy, or of a difference of two, in the order of their measures. In JSON they are keys of the object
// that has them.
type Scores []Score

// Of is the value of a measure; NaN if there is none.
func (s Scores) Of(name string) train.Interval {
	for _, x := range s {
		if x.Name == name {
			return x.Interval
		}
	}
	return train.Interval{Mean: math.NaN(), Half: math.NaN()}
}

// fields are the scores as parts of an object.
func (s Scores) fields() (list Object) {
	for _, x := range s {
		list = append(list, Field{x.Name, x.Interval})
	}
	return list
}

// read takes the scores of an object: the measures that it has.
func (s *Scores) read(data []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return err
	}
	*s = nil
	for _, m := range measures {
		text, there := all[m.Name]
		if !there {
			continue
		}
		x := Score{Measure: m}
		if err := json.Unmarshal(text, &x.Interval); err != nil {
			return err
		}
		*s = append(*s, x)
	}
	if len(*s) == 0 {
		return errors.New("there is no measure")
	}
	return nil
}

// Object is a JSON object whose keys have an order.
type Object []Field

// Field is a key with its value.
type Field struct {
	Key   string
	Value any
}

// MarshalJSON writes the keys in their order.
func (o Object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, f := range o {
		key, err := json.Marshal(f.Key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(f.Value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// Goals are the names of the measures of all games that comparisons of runs show.
func Goals() (names []string) {
	for _, m := range measures {
		if m.Listed > 0 {
			names = append(names, m.Name)
		}
	}
	return names
}

// Measures are all numbers of a policy in the game of the run, the score first.
func (c *Config) Measures() []Measure { return c.game().measures() }

// Compared are the measures that comparisons of runs show, the score first.
func (c *Config) Compared() (list []Measure) {
	for _, m := range c.game().measures() {
		if m.Listed > 0 {
			list = append(list, m)
		}
	}
	return list
}
