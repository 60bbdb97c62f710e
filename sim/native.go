package sim

import (
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim/engine"
)

// The C engine gets all that it knows of a scenario by name: sim/engine/fields.h lists the names.

// nativePrefix and an instruction set are the name of a C engine.
const nativePrefix = "c/"

func nativeEngines() (names []string) {
	for _, n := range engine.Names() {
		names = append(names, nativePrefix+n)
	}
	return names
}

func newNative(w *Worlds, name string) *engine.Engine {
	return engine.New(strings.TrimPrefix(name, nativePrefix), &engine.Game{
		Worlds:   w.W,
		Scalars:  slices.Concat(scalarsOf(w.p), w.p.pathLossScalars(), w.scalars()),
		Tables:   slices.Concat(w.p.modelTables(), w.p.hallTables(), w.p.placeTables(), w.p.traceTables(), w.p.service.tables()),
		State:    w.state,
		Outcomes: engine.Planned(w.outcomeFields()),
	})
}

// scalarsOf are the numbers of params under their names in C: that of the field in snake case, or its tag c. A number that C does
// not know is of no harm, one that C misses is a panic.
func scalarsOf(p *params) (list []engine.Scalar) {
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, ok := f.Tag.Lookup("c")
		if !ok {
			name = snake(f.Name)
		}
		if x := number(v.Field(i)); x != nil {
			list = append(list, engine.Scalar{Name: name, Value: x})
		}
	}
	return list
}

// number is a scalar's value, nil for fields that are none.
func number(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Int:
		return int(v.Int())
	case reflect.Bool:
		return v.Bool()
	case reflect.Float32:
		return float32(v.Float())
	case reflect.Array:
		return numbers(v)
	}
	return nil
}

func numbers(v reflect.Value) any {
	var floats []float32
	var words []uint32
	for j := range v.Len() {
		switch x := v.Index(j); x.Kind() {
		case reflect.Float32:
			floats = append(floats, float32(x.Float()))
		case reflect.Uint32:
			words = append(words, uint32(x.Uint()))
		}
	}
	switch {
	case floats != nil:
		return floats
	case words != nil:
		return words
	}
	return nil
}

// snake turns perCellX into per_cell_x, maxSE into max_se.
func snake(name string) string {
	var b strings.Builder
	before := rune('_')
	for _, r := range name {
		if unicode.IsUpper(r) && !unicode.IsUpper(before) && before != '_' {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
		before = r
	}
	return b.String()
}

// pathLossScalars are the lines of the path loss. C takes the largest of two with line of sight and of these and two more without
// it, so a line may be there several times.
func (p *params) pathLossScalars() (all []engine.Scalar) {
	for _, c := range []struct {
		name  string
		lines []line
	}{{"los", p.los}, {"nlos", slices.Concat(p.nlos, p.los)}} {
		var a, b [2]float32 // WORLD_LINES
		for i := range a {
			l := c.lines[min(i, len(c.lines)-1)]
			a[i], b[i] = l.a, l.b
		}
		all = append(all, engine.Scalar{Name: c.name + "_a", Value: a[:]}, engine.Scalar{Name: c.name + "_b", Value: b[:]})
	}
	return all
}

// scalars are the numbers that are not in params.
func (w *Worlds) scalars() []engine.Scalar {
	t := &w.p.near
	return []engine.Scalar{
		{Name: "measured", Value: t.measured}, {Name: "cells_x", Value: t.cellsX}, {Name: "cells_y", Value: t.cellsY},
		{Name: "per_cell_x", Value: t.perCellX}, {Name: "per_cell_y", Value: t.perCellY}, {Name: "searched", Value: t.searched},
		{Name: "tree_size", Value: len(t.tree.order)}, {Name: "servers_lo", Value: t.tree.lo[:]}, {Name: "servers_hi", Value: t.tree.hi[:]},
		{Name: "gain_scale", Value: float32(gainScale)}, {Name: "gain_shift", Value: float32(gainShift)}, {Name: "gain_low", Value: gainLow},
		w.seedScalar(), {Name: "first_world", Value: w.slice.First}, {Name: "blind", Value: w.blind}, {Name: "numbered", Value: w.numbered},
		{Name: "show_servers", Value: w.telling}, {Name: "levels", Value: w.p.levels}, {Name: "quality_weight", Value: w.p.qualityWeight},
	}
}

// seedScalar is what the random numbers are keyed by.
func (w *Worlds) seedScalar() engine.Scalar {
	key := philox.Key(w.seed)
	return engine.Scalar{Name: "key", Value: key[:]}
}

// modelTables have a number for each model.
func (p *params) modelTables() []engine.Table {
	last := 0
	for k, m := range p.models {
		if m.upTo > 1.5 {
			last = k
		}
	}
	names := []string{"up_to", "data_lo", "data_span", "steps_lo", "steps_count", "cycles_per_step", "result", "deadline_lo", "deadline_span", "model_load"}
	columns := make([][]float32, len(names))
	for k, m := range p.models {
		if k > last {
			m.upTo = 2 // no draw gets there; the C engine counts the limits that a draw exceeds
		}
		for i, v := range [...]float32{m.upTo, m.dataLo, m.dataSpan, m.stepsLo, m.stepsCount, m.cyclesPerStep, m.result,
			m.deadlineLo, m.deadlineSpan, m.load} {
			columns[i] = append(columns[i], v)
		}
	}
	var tables []engine.Table
	for i, name := range names {
		tables = append(tables, engine.Table{Name: name, Values: columns[i]})
	}
	return tables
}

// hallTables are those of the ESs, and the two of options that need no trace.
func (p *params) hallTables() []engine.Table {
	var x, y []float32
	for _, s := range p.servers {
		x, y = append(x, s[0]), append(y, s[1])
	}
	return []engine.Table{
		{Name: "server_x", Values: x}, {Name: "server_y", Values: y}, {Name: "server_speed", Values: p.serverSpeed},
		{Name: "server_rank", Values: p.rank}, {Name: "gpus", Values: p.gpus}, {Name: "near_servers", Values: p.near.list},
		{Name: "server_tree", Values: p.near.tree.order},
		{Name: "batch_time", Values: p.batchTime[:]}, {Name: "arrival_cdf", Values: slices.Concat(p.arrivalCDF[0][:], p.arrivalCDF[1][:])},
	}
}

// traceTables are the trace of arrivals, column by column.
func (p *params) traceTables() []engine.Table {
	n := len(p.trace)
	ied, model := make([]int32, n), make([]int32, n)
	data, cycles, deadline := make([]float32, n), make([]float32, n), make([]float32, n)
	for i, r := range p.trace {
		ied[i], model[i], data[i], cycles[i], deadline[i] = r.ied, r.model, r.data, r.cycles, r.deadline
	}
	return []engine.Table{
		{Name: "trace_start", Values: p.traceStart}, {Name: "trace_ied", Values: ied}, {Name: "trace_model", Values: model},
		{Name: "trace_data", Values: data}, {Name: "trace_cycles", Values: cycles}, {Name: "trace_deadline", Values: deadline},
	}
}
