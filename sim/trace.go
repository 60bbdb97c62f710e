package sim

import (
	"bufio"
	"io"
	"strconv"
)

// traceHeader names the columns of a trace.
const traceHeader = "episode,world,slot,ied,model,data_bits,cycles,result_bits,deadline_s,action,server," +
	"uplink_bps,radio_wait_s,upload_s,queue_wait_s,switch_s,compute_s,download_s,latency_s,completed,energy_j\n"

// Trace writes one CSV row per task. Server -1 is local, and completed is 1 or 0.
// Numbers have the shortest form that reads back to the same float32.
type Trace struct {
	out *bufio.Writer
	row []byte
}

// NewTrace writes the header. Flush returns errors of the writer.
func NewTrace(out io.Writer) *Trace {
	t := &Trace{out: bufio.NewWriterSize(out, 1<<16)}
	t.out.WriteString(traceHeader)
	return t
}

// Observe writes the tasks of the last step of all worlds, which must record them.
func (t *Trace) Observe(w *Worlds) { t.observe(w, nil) }

// observe omits worlds whose steps the meter no longer counts.
func (t *Trace) observe(w *Worlds, m *Meter) {
	if !w.record {
		panic("sim: a trace needs worlds that record tasks; call RecordTasks(true) before Step")
	}
	for world := range w.W {
		if m != nil && !m.Counts(world) {
			continue
		}
		episode, slot := w.LastSlot(world)
		for i := range w.A {
			if n := world*w.A + i; w.HadTask[n] {
				t.write(w, n, [4]int{episode, world, slot, i})
			}
		}
	}
}

// write appends one row.
func (t *Trace) write(w *Worlds, n int, where [4]int) {
	o, row := &w.Task, t.row[:0]
	integer := func(v int) { row = append(strconv.AppendInt(row, int64(v), 10), ',') }
	number := func(v float32) { row = append(strconv.AppendFloat(row, float64(v), 'g', -1, 32), ',') }
	for _, v := range where {
		integer(v)
	}
	integer(int(o.Model[n]))
	number(o.DataBits[n])
	number(o.Cycles[n])
	number(o.ResultBits[n])
	number(o.Deadline[n])
	integer(int(o.Action[n]))
	integer(int(o.Server[n]))
	number(o.UplinkBps[n])
	for _, part := range [...][]float32{o.RadioWait, o.Upload, o.QueueWait, o.Switch, o.Compute, o.Download, o.Latency} {
		number(part[n])
	}
	completed := 0
	if o.Completed[n] {
		completed = 1
	}
	integer(completed)
	number(o.Energy[n])
	row[len(row)-1] = '\n'
	t.row = row
	t.out.Write(row)
}

// err is the first error of the writer so far.
func (t *Trace) err() error {
	_, err := t.out.Write(nil)
	return err
}

// Flush writes the buffered rows and returns the first error of the writer.
func (t *Trace) Flush() error { return t.out.Flush() }
