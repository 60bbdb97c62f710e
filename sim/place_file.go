package sim

import (
	"fmt"
	"io"
	"strconv"

	"github.com/gmel-go/gmel/internal/table"
)

var placeColumns = []string{"x_m", "y_m"}

// loadPlaces reads the file of positions of the scenario, if it has one.
func (p *params) loadPlaces(s *Scenario) error {
	return p.load(s, placesKey, func(in io.Reader, name string) error {
		rows, err := readPlaces(in, name, &s.Hall)
		if err == nil {
			p.setRows(rows)
		}
		return err
	})
}

// readPlaces reads a table (see internal/table) with the columns x_m and y_m. Positions are multiplied by the
// scale of the scenario and must then be in the hall. Errors name file:line.
func readPlaces(in io.Reader, name string, h *Hall) (rows []Point, err error) {
	t := table.NewReader(in, name, placeColumns...)
	for t.Next() {
		switch at := h.placeOf(t); {
		case t.Bad():
		case len(rows) == maxPlaceRows:
			return nil, fmt.Errorf("sim: %s:%d: too many positions; allowed: at most %d", name, t.Line(), maxPlaceRows)
		default:
			rows = append(rows, at)
		}
	}
	if err := named(t.Err()); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("sim: %s: there are no positions; allowed: at least one row after the header", name)
	}
	return rows, nil
}

// placeOf reads the current row.
func (h *Hall) placeOf(t *table.Reader) (at Point) {
	scale := h.scale()
	for axis, side := range (Point{h.WidthM, h.DepthM}) {
		most := side / scale
		if written(t).maybeDegrees() && !onSide(written(t)[axis], most) {
			t.Refuse(placeColumns[axis], fmt.Sprintf("0 to %g, in metres inside the hall%s", most, degreesHint))
			return at
		}
		at[axis] = min(t.Number(placeColumns[axis], 0, most)*scale, side) // the product may be rounded up
	}
	return at
}

// written is the position of a row as a point or, where it has none, the origin.
func written(t *table.Reader) (p Point) {
	for axis, column := range placeColumns {
		if v, err := strconv.ParseFloat(t.Text(column), 64); err == nil {
			p[axis] = v
		}
	}
	return p
}
