package sim

import (
	"io"
	"os"
	"slices"

	"github.com/gmel-go/gmel/internal/table"
)

// task is one task in SI units.
type task struct {
	model                  int32
	data, cycles, deadline float32 // bit, cycles, s
	least                  float32 // quality that it asks for, see level.go
}

// tracedTask is a row of an arrival trace.
type tracedTask struct {
	slot, ied int32
	task
}

var arrivalColumns = []string{"slot", "ied", "model", "data_mbit", "gcycles", "deadline_s"}

// loadArrivals reads the arrival trace of the scenario, if it has one.
func (p *params) loadArrivals(s *Scenario) error {
	err := p.load(s, traceKey, func(in io.Reader, name string) error {
		rows, err := readArrivals(in, name, s)
		if err == nil {
			p.setTrace(rows)
		}
		return err
	})
	if err != nil {
		return err
	}
	return p.setWindow(s)
}

// TraceBytes is the memory that worlds of the scenario take for their arrival trace while it is read, 0
// without a trace. It reads the slots of the file for that; what is wrong with a file, New says.
func TraceBytes(s *Scenario) int64 {
	f, err := os.Open(s.Tasks.Arrivals.TraceFile)
	if err != nil {
		return 0
	}
	defer f.Close()
	rows, slots := int64(0), 0
	if s.Tasks.Arrivals.Window.Start == "" {
		slots = s.Time.Slots
	}
	for t := table.NewReader(f, s.Tasks.Arrivals.TraceFile, "slot"); t.Next(); rows++ {
		slots = max(slots, t.Whole("slot", 0, s.traceSlots()-1)+1)
	}
	return traceRowBytes*rows + traceSlotBytes*int64(slots)
}

// A row takes 24 bytes in Go, 20 in the columns that are made of it and 20 in the C engine's tables. Its
// slot takes 4 in Go and 4 in the tables. Go lets its heap grow to twice what is in use.
const (
	traceRowBytes  = 2 * (24 + 20 + 20)
	traceSlotBytes = 2 * (4 + 4)
)

// readArrivals reads a table (see internal/table) with the columns slot, ied, model, data_mbit, gcycles
// and deadline_s. model is a model's name in the scenario. Numbers must be in that model's ranges, so
// that the scales of the observation hold; gcycles need not be a whole number of steps. Tasks of one IED
// in one slot keep the order of their rows. Errors name file:line.
func readArrivals(in io.Reader, name string, s *Scenario) (rows []tracedTask, err error) {
	t := table.NewReader(in, name, arrivalColumns...)
	for t.Next() {
		if row := arrivalRow(t, s); !t.Bad() {
			rows = append(rows, row)
		}
	}
	return rows, named(t.Err())
}

// arrivalRow reads the current row.
func arrivalRow(t *table.Reader, s *Scenario) (row tracedTask) {
	row.slot = int32(t.Whole("slot", 0, s.traceSlots()-1))
	row.ied = int32(t.Whole("ied", 0, s.IEDs-1))
	k := slices.IndexFunc(s.Tasks.Models, func(m Model) bool { return m.Name == t.Text("model") })
	if k < 0 {
		t.Refuse("model", "the name of a model of the scenario")
		return row
	}
	m := &s.Tasks.Models[k]
	row.task = task{
		model:    int32(k),
		data:     float32(t.Number("data_mbit", m.DataMbit[0], m.DataMbit[1]) * 1e6),
		cycles:   float32(t.Number("gcycles", m.Gcycles[0], m.Gcycles[1]) * 1e9),
		deadline: float32(t.Number("deadline_s", m.DeadlineS[0], m.DeadlineS[1])),
	}
	return row
}

// setTrace sorts the rows by slot and IED and records the first row of each slot. Where episodes play
// windows, the trace ends with the slot of its last row; else with that of an episode.
func (p *params) setTrace(rows []tracedTask) {
	slices.SortStableFunc(rows, func(a, b tracedTask) int {
		if a.slot != b.slot {
			return int(a.slot - b.slot)
		}
		return int(a.ied - b.ied)
	})
	p.traceSlots = p.slots
	if p.windowed {
		p.traceSlots = 0
		if n := len(rows); n > 0 {
			p.traceSlots = int(rows[n-1].slot) + 1
		}
	}
	p.trace, p.traceStart = rows, make([]int32, p.traceSlots+1)
	for _, row := range rows {
		p.traceStart[row.slot+1]++
	}
	for slot := range p.traceSlots {
		p.traceStart[slot+1] += p.traceStart[slot]
	}
}

// traceOf returns the rows of a moment. It returns none after the last slot of an episode.
func (p *params) traceOf(t *moment) []tracedTask {
	if !p.traced || int(t.slot) >= p.slots {
		return nil
	}
	slot := p.windowStart(t) + int(t.slot)
	return p.trace[p.traceStart[slot]:p.traceStart[slot+1]]
}
