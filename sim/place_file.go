package sim

import (
	"fmt"
	"io"

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
	in, scale := Point{t.Value(placeColumns[0]), t.Value(placeColumns[1])}, h.scale()
	for axis, side := range (Point{h.WidthM, h.DepthM}) {
		column, most := placeColumns[axis], side/scale
		switch {
		case onSide(in[axis]*scale, side):
			at[axis] = min(in[axis]*scale, side)
		case in.maybeDegrees():
			t.Refuse(column, fmt.Sprintf("0 to %.9g, in metres inside the hall%s", most, degreesHint))
			return at
		default:
			t.Number(column, 0, most) // refuses it
		}
	}
	return at
}
