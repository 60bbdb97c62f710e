package report

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
)

// Figure is what a page draws in one frame.
type Figure struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Unit   string   `json:"unit,omitempty"`
	XLabel string   `json:"xlabel"`
	Stack  bool     `json:"stack,omitempty"` // the series add up
	X      []Number `json:"x"`
	Series []Series `json:"series"`

	Note string `json:"-"` // below the figure
}

// Series is a line of a figure, at the X of the figure; NaN where it has no value.
type Series struct {
	Name   string   `json:"name"`
	Colour int      `json:"colour"` // in the palette; -1 for grey
	Dashed bool     `json:"dashed,omitempty"`
	Hidden bool     `json:"hidden,omitempty"` // until it is asked for
	Y      []Number `json:"y"`
	Low    []Number `json:"low,omitempty"` // of the 95 % interval
	High   []Number `json:"high,omitempty"`
	Runs   []int    `json:"runs,omitempty"` // that are averaged
}

// Number is written with six digits, and NaN and infinity as null.
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	if v := float64(n); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', 6, 64), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}

// point is a value of a line with its interval, which is NaN where there is none.
type point struct {
	y, low, high float64
	runs         int
}

// curve is a line before it has the X of its figure.
type curve struct {
	Series
	at    map[float64]point
	level *float64 // of a horizontal line over the whole figure; nil for others
}

// mostPoints is the number of points of a figure; more would not be seen.
const mostPoints = 400

// draw puts curves on a common X, their own values alone.
func (f *Figure) draw(curves []curve) {
	var xs []float64
	for _, c := range curves {
		for x := range c.at {
			xs = append(xs, x)
		}
	}
	slices.Sort(xs)
	xs = thin(slices.Compact(xs))
	for _, x := range xs {
		f.X = append(f.X, Number(x))
	}
	for _, c := range curves {
		s, banded := c.Series, false
		for _, x := range xs {
			p, there := c.at[x]
			switch {
			case c.level != nil:
				p = unsure(*c.level)
			case !there:
				p = unsure(math.NaN())
			}
			s.Y, s.Low, s.High, s.Runs = append(s.Y, Number(p.y)), append(s.Low, Number(p.low)), append(s.High, Number(p.high)), append(s.Runs, p.runs)
			banded = banded || p.high > p.low
		}
		if !banded {
			s.Low, s.High, s.Runs = nil, nil, nil
		}
		f.Series = append(f.Series, s)
	}
}

// unsure is a value without an interval.
func unsure(y float64) point { return point{y, math.NaN(), math.NaN(), 1} }

// level is a horizontal line over a figure.
func level(name string, y float64, hidden bool) curve {
	return curve{Series: Series{Name: name, Colour: -1, Dashed: true, Hidden: hidden}, level: &y}
}

// thin keeps at most mostPoints, evenly, and the last one.
func thin(xs []float64) []float64 {
	every := (len(xs) + mostPoints - 1) / mostPoints
	if every <= 1 {
		return xs
	}
	var kept []float64
	for i := 0; i < len(xs)-1; i += every {
		kept = append(kept, xs[i])
	}
	return append(kept, xs[len(xs)-1])
}
