package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
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

// readPlaces reads a CSV file with the header x_m,y_m. Positions are multiplied by the scale of the
// scenario and must then be in the hall. Errors name file:line.
func readPlaces(in io.Reader, name string, h *Hall) (rows []Point, err error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) || !slices.Equal(header, placeColumns) {
		return nil, fmt.Errorf("sim: %s:1: the header is %q; allowed: %q", name, header, placeColumns)
	}
	for {
		record, err := r.Read()
		var syntax *csv.ParseError
		switch {
		case errors.Is(err, io.EOF) && len(rows) == 0:
			return nil, fmt.Errorf("sim: %s: there are no positions; allowed: at least one row after the header", name)
		case errors.Is(err, io.EOF):
			return rows, nil
		case errors.As(err, &syntax):
			return nil, fmt.Errorf("sim: %s:%d: %w", name, syntax.Line, syntax.Err)
		case err != nil:
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		at, err := h.placeOf(record)
		if err == nil && len(rows) == maxPlaceRows {
			err = fmt.Errorf("too many positions; allowed: at most %d", maxPlaceRows)
		}
		if err != nil {
			return nil, fmt.Errorf("sim: %s:%d: %w", name, line, err)
		}
		rows = append(rows, at)
	}
}

// placeOf reads one row.
func (h *Hall) placeOf(record []string) (at Point, err error) {
	if len(record) != len(placeColumns) {
		return at, fmt.Errorf("%d columns; allowed: %d", len(record), len(placeColumns))
	}
	var in Point // as it is in the file
	for axis, text := range record {
		if in[axis], err = strconv.ParseFloat(text, 64); err != nil {
			in[axis] = math.NaN()
		}
	}
	scale := h.scale()
	sides := Point{h.WidthM, h.DepthM}
	for axis, side := range sides {
		at[axis] = in[axis] * scale
		if onSide(at[axis], side) {
			continue
		}
		hint := ""
		if in.maybeDegrees() {
			hint = degreesHint
		}
		return at, fmt.Errorf("%s: %q is not allowed; allowed: 0 to %g, in metres inside the hall%s", placeColumns[axis], record[axis], side/scale, hint)
	}
	return at, nil
}
