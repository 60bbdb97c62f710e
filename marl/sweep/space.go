package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/setting"
)

// parameter is a setting whose value a search chooses: from a list or from a range.
type parameter struct {
	Path    string   `json:"path"`
	Choices []string `json:"choices"`
	Low     float64  `json:"low"`
	High    float64  `json:"high"`
	Log     bool     `json:"log"`   // uniform in the logarithm
	Whole   bool     `json:"whole"` // whole numbers alone

	from setting.Origin
}

// interval is a range as it is written.
type interval struct {
	Low  float64 `yaml:"low"`
	High float64 `yaml:"high"`
	Log  bool    `yaml:"log"`
}

// newParameter reads a pair of search.space.
func newParameter(p setting.Pair) (parameter, error) {
	made := parameter{Path: p.Key, from: p.From}
	switch {
	case !p.Values.Single && len(p.Values.Of) < 2:
		return made, made.fault("there are no two values to choose from; a setting with one belongs to set")
	case !p.Values.Single:
		made.Choices = p.Values.Of
		return made, nil
	case !strings.HasPrefix(p.Values.Text(), "{"):
		return made, made.fault(strconv.Quote(p.Values.Text()) + " is no space; allowed: a list of values, or a range such as {low: 1e-5, high: 1e-2, log: true}")
	}
	return made, made.read(p.Values.Text())
}

// read reads a range.
func (p *parameter) read(text string) error {
	r, i := setting.NewReader(), new(interval)
	if err := r.Embedded([]byte(text), p.from.File); err != nil {
		return p.at(err)
	}
	r.Read(setting.Section{Value: i, Check: func(c *setting.Checker) {
		for _, key := range []string{"low", "high"} {
			c.Expect(r.Origin(key) != setting.Origin{}, key, "it is missing", "a number")
		}
		c.Require(i.High > i.Low, "high", i.High, fmt.Sprintf("more than low, which is %g", i.Low))
		c.Require(!i.Log || i.Low > 0, "low", i.Low, "a positive number, since log is true")
	}})
	p.Low, p.High, p.Log = i.Low, i.High, i.Log
	return p.at(r.Check())
}

// typed reads the values as the type of the setting asks for.
func (p *parameter) typed(kind reflect.Kind) error {
	if p.Choices != nil {
		return nil
	}
	switch kind {
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint, reflect.Uint64, reflect.Uint32:
		p.Whole = true
	case reflect.Float64, reflect.Float32, reflect.Invalid: // loading says what is wrong with a path
	default:
		return p.fault("a range is for numbers; allowed: a list of values")
	}
	return nil
}

// ends are all values of a list, and those at the ends of a range.
func (p *parameter) ends() []string {
	if p.Choices != nil {
		return p.Choices
	}
	return []string{decimal(p.Low), decimal(p.High)}
}

func decimal(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (p *parameter) fault(problem string) error {
	return &setting.Error{Origin: p.from, Path: "search.space." + p.Path, Problem: problem}
}

// at gives errors about values the place of the parameter.
func (p *parameter) at(err error) error {
	var all []error
	for _, err := range setting.Split(err) {
		bad := new(setting.Error)
		if errors.As(err, &bad) {
			moved := *bad
			moved.Origin, moved.Path = p.from, "search.space."+p.Path
			if key := bad.Path; key == "low" || key == "high" || key == "log" {
				moved.Path += "." + key
			} else if key != p.Path && key != "" {
				moved.Path += ": " + key
			}
			err = &moved
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}

// text is for the hash of a search.
func (p *parameter) text() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("sweep: " + err.Error()) // numbers are finite
	}
	return string(text)
}
