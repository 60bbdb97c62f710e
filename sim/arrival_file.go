package sim

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// task is one task in SI units.
type task struct {
	model                  int32
	data, cycles, deadline float32 // bit, cycles, s
}

// tracedTask is a row of an arrival trace.
type tracedTask struct {
	slot, ied int32
	task
}

var arrivalColumns = []string{"slot", "ied", "model", "data_mbit", "gcycles", "deadline_s"}

// loadArrivals reads the arrival trace of the scenario, if it has one.
func (p *params) loadArrivals(s *Scenario) error {
	return p.load(s, traceKey, func(in io.Reader, name string) error {
		rows, err := readArrivals(in, name, s)
		if err == nil {
			p.setTrace(rows)
		}
		return err
	})
}

// readArrivals reads a CSV file with the header slot,ied,model,data_mbit,gcycles,deadline_s.
// model is a model's name in the scenario. Numbers must be in that model's ranges, so that the
// scales of the observation hold; gcycles need not be a whole number of steps. Tasks of one IED in
// one slot keep the order of their rows. Errors name file:line.
func readArrivals(in io.Reader, name string, s *Scenario) ([]tracedTask, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil && !errors.Is(err, io.EOF) || !slices.Equal(header, arrivalColumns) {
		return nil, fmt.Errorf("sim: %s:1: the header is %q; allowed: %q", name, header, arrivalColumns)
	}
	var rows []tracedTask
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("sim: %s:%d: %w", name, syntax.Line, syntax.Err)
		} else if err != nil {
			return nil, fmt.Errorf("sim: %s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		row, err := arrivalRow(record, s)
		if err != nil {
			return nil, fmt.Errorf("sim: %s:%d: %w", name, line, err)
		}
		rows = append(rows, row)
	}
}

// arrivalRow reads one row.
func arrivalRow(record []string, s *Scenario) (row tracedTask, err error) {
	if len(record) != len(arrivalColumns) {
		return row, fmt.Errorf("%d columns; allowed: %d", len(record), len(arrivalColumns))
	}
	k := slices.IndexFunc(s.Tasks.Models, func(m Model) bool { return m.Name == record[2] })
	if k < 0 {
		return row, fmt.Errorf("model: %q is not allowed; allowed: the name of a model of the scenario", record[2])
	}
	m := &s.Tasks.Models[k]
	var at [6]float64
	for j, allowed := range [6]Range{
		{0, float64(s.Time.Slots - 1)}, {0, float64(s.IEDs - 1)}, {}, m.DataMbit, m.Gcycles, m.DeadlineS,
	} {
		if j == 2 {
			continue
		}
		v, err := strconv.ParseFloat(record[j], 64)
		if whole := j < 2; err != nil || !(v >= allowed[0] && v <= allowed[1]) || whole && v != float64(int(v)) {
			kind := ""
			if whole {
				kind = "a whole number from "
			}
			return row, fmt.Errorf("%s: %q is not allowed; allowed: %s%g to %g", arrivalColumns[j], record[j], kind, allowed[0], allowed[1])
		}
		at[j] = v
	}
	return tracedTask{int32(at[0]), int32(at[1]), task{int32(k), float32(at[3] * 1e6), float32(at[4] * 1e9), float32(at[5])}}, nil
}

// setTrace sorts the rows by slot and IED and records the first row of each slot.
func (p *params) setTrace(rows []tracedTask) {
	slices.SortStableFunc(rows, func(a, b tracedTask) int {
		if a.slot != b.slot {
			return int(a.slot - b.slot)
		}
		return int(a.ied - b.ied)
	})
	p.trace, p.traceStart = rows, make([]int32, p.slots+1)
	for _, row := range rows {
		p.traceStart[row.slot+1]++
	}
	for slot := range p.slots {
		p.traceStart[slot+1] += p.traceStart[slot]
	}
}

// traceOf returns the rows of a slot. It returns none after the last slot of an episode.
func (p *params) traceOf(slot uint32) []tracedTask {
	if !p.traced || int(slot) >= p.slots {
		return nil
	}
	return p.trace[p.traceStart[slot]:p.traceStart[slot+1]]
}
