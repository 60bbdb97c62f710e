package sim

import (
	"math"

	"github.com/gmel-go/gmel/sim/engine"
)

// stateFields lists the arrays of state and outputs in the order of the slab and of
// MarshalBinary: floats, integers, flags. A new array of the state is added here, or in the file of its
// option, and in sim/engine/fields.h if the C engine reads it; engine.New compares the two.
func (w *Worlds) stateFields() []engine.Array {
	p, n := w.p, w.W*w.p.A
	return append([]engine.Array{
		{Name: "obs", Floats: &w.Obs, N: n * p.O},
		{Name: "mask", Floats: &w.Mask, N: n * p.U},
		{Name: "reward", Floats: &w.Reward, N: n},
		{Name: "final_obs", Floats: &w.FinalObs, N: n * p.O},
		{Name: "final_mask", Floats: &w.FinalMask, N: n * p.U},
		{Name: "speed", Floats: &w.speed, N: n},
		{Name: "gain", Floats: &w.gain, N: n * p.C},
		{Name: "now", Floats: &w.now, N: n * p.C},
		{Name: "compute", Floats: &w.compute, N: n},
		{Name: "radio", Floats: &w.radio, N: n},
		{Name: "free", Floats: &w.free, N: w.W * p.M * p.P},
		{Name: "data", Floats: &w.data, N: n},
		{Name: "cycles", Floats: &w.cycles, N: n},
		{Name: "deadline", Floats: &w.deadline, N: n},
		{Name: "slot", Ints: &w.slot, N: w.W},
		{Name: "episode", Ints: &w.episode, N: w.W},
		{Name: "cand", Ints: &w.cand, N: n * p.C},
		{Name: "load", Ints: &w.load, N: w.W * p.M},
		{Name: "cache", Ints: &w.cache, N: w.W * p.M * p.P * p.G},
		{Name: "model", Ints: &w.model, N: n},
		{Name: "had_task", Flags: &w.HadTask, N: n},
		{Name: "terminated", Flags: &w.Terminated, N: w.W},
		{Name: "truncated", Flags: &w.Truncated, N: w.W},
		{Name: "los", Flags: &w.los, N: n * p.C},
	}, w.optionFields()...)
}

// outcomeFields lists the arrays of the outcomes, which are kept on request (RecordTasks).
func (w *Worlds) outcomeFields() []engine.Array {
	t, n := &w.outcomes, w.W*w.p.A
	fields := []engine.Array{
		{Name: "data_bits", Floats: &t.DataBits, N: n},
		{Name: "task_cycles", Floats: &t.Cycles, N: n},
		{Name: "result_bits", Floats: &t.ResultBits, N: n},
		{Name: "task_deadline", Floats: &t.Deadline, N: n},
		{Name: "uplink_bps", Floats: &t.UplinkBps, N: n},
		{Name: "radio_wait", Floats: &t.RadioWait, N: n},
		{Name: "upload", Floats: &t.Upload, N: n},
		{Name: "queue_wait", Floats: &t.QueueWait, N: n},
		{Name: "switching", Floats: &t.Switch, N: n},
		{Name: "task_compute", Floats: &t.Compute, N: n},
		{Name: "download", Floats: &t.Download, N: n},
		{Name: "latency", Floats: &t.Latency, N: n},
		{Name: "energy", Floats: &t.Energy, N: n},
		{Name: "task_model", Ints: &t.Model, N: n},
		{Name: "action", Ints: &t.Action, N: n},
		{Name: "server", Ints: &t.Server, N: n},
		{Name: "completed", Flags: &t.Completed, N: n},
	}
	if w.p.queue > 0 {
		fields = append(fields, engine.Array{Name: "task_lost", Ints: &t.Lost, N: n}, engine.Array{Name: "task_lost_s", Floats: &t.LostS, N: n})
	}
	return fields
}

// Bytes is the memory that worlds of the scenario need, known before any of it is taken:
// linear in the number of worlds and, beside the tables of the hall, in that of IEDs. It
// counts the outcomes of tasks (RecordTasks); the scenario must be valid. What no machine has is math.MaxInt64.
func Bytes(s *Scenario, worlds int) int64 {
	one := &Worlds{W: 1, p: sizes(s)}
	total := int64(0)
	for _, f := range append(one.stateFields(), one.outcomeFields()...) {
		if float64(f.N)*float64(worlds) > mostWords {
			return math.MaxInt64
		}
		if f.N *= worlds; f.N > 0 {
			total += 4 * int64(f.Words())
		}
	}
	return total
}

// mostWords of a field is far above any machine, and the sum of all fields still a number.
const mostWords = 1 << 54
