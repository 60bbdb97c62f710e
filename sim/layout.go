package sim

import "slices"

// field is one array of a Worlds: one of the three slices, its length and the name under which
// the C engine asks for its place.
type field struct {
	name   string
	floats *[]float32
	ints   *[]int32
	flags  *[]bool
	n      int
}

// words is the memory of a field in 32-bit words. Every field starts on a cache line of its own.
func (f *field) words() int {
	n := f.n
	if f.flags != nil {
		n = (n + 3) / 4 // a byte per flag
	}
	return (n + 15) / 16 * 16
}

// stateFields lists the arrays of state and outputs in the order of the slab and of
// MarshalBinary: floats, integers, flags. A new array of the state is added here, nowhere else.
func (w *Worlds) stateFields() []field {
	p, n := w.p, w.W*w.p.A
	return append([]field{
		{name: "obs", floats: &w.Obs, n: n * p.O},
		{name: "mask", floats: &w.Mask, n: n * p.U},
		{name: "reward", floats: &w.Reward, n: n},
		{name: "final_obs", floats: &w.FinalObs, n: n * p.O},
		{name: "final_mask", floats: &w.FinalMask, n: n * p.U},
		{name: "speed", floats: &w.speed, n: n},
		{name: "gain", floats: &w.gain, n: n * p.C},
		{name: "now", floats: &w.now, n: n * p.C},
		{name: "compute", floats: &w.compute, n: n},
		{name: "radio", floats: &w.radio, n: n},
		{name: "free", floats: &w.free, n: w.W * p.M * p.P},
		{name: "data", floats: &w.data, n: n},
		{name: "cycles", floats: &w.cycles, n: n},
		{name: "deadline", floats: &w.deadline, n: n},
		{name: "slot", ints: &w.slot, n: w.W},
		{name: "episode", ints: &w.episode, n: w.W},
		{name: "cand", ints: &w.cand, n: n * p.C},
		{name: "load", ints: &w.load, n: w.W * p.M},
		{name: "cache", ints: &w.cache, n: w.W * p.M * p.P * p.G},
		{name: "model", ints: &w.model, n: n},
		{name: "had_task", flags: &w.HadTask, n: n},
		{name: "terminated", flags: &w.Terminated, n: w.W},
		{name: "truncated", flags: &w.Truncated, n: w.W},
		{name: "los", flags: &w.los, n: n * p.C},
	}, slices.Concat(w.arrivalFields(), w.interferenceFields(), w.mobilityFields())...)
}

// outcomeFields lists the arrays of the outcomes, which are kept on request (RecordTasks).
func (w *Worlds) outcomeFields() []field {
	t, n := &w.outcomes, w.W*w.p.A
	fields := []field{
		{name: "data_bits", floats: &t.DataBits, n: n},
		{name: "task_cycles", floats: &t.Cycles, n: n},
		{name: "result_bits", floats: &t.ResultBits, n: n},
		{name: "task_deadline", floats: &t.Deadline, n: n},
		{name: "uplink_bps", floats: &t.UplinkBps, n: n},
		{name: "radio_wait", floats: &t.RadioWait, n: n},
		{name: "upload", floats: &t.Upload, n: n},
		{name: "queue_wait", floats: &t.QueueWait, n: n},
		{name: "switch", floats: &t.Switch, n: n},
		{name: "task_compute", floats: &t.Compute, n: n},
		{name: "download", floats: &t.Download, n: n},
		{name: "latency", floats: &t.Latency, n: n},
		{name: "energy", floats: &t.Energy, n: n},
		{name: "task_model", ints: &t.Model, n: n},
		{name: "action", ints: &t.Action, n: n},
		{name: "server", ints: &t.Server, n: n},
		{name: "completed", flags: &t.Completed, n: n},
	}
	if w.p.queue > 0 {
		fields = append(fields, field{name: "task_lost", ints: &t.Lost, n: n}, field{name: "task_lost_s", floats: &t.LostS, n: n})
	}
	return fields
}

// words is the size of a slab that holds the fields.
func words(fields []field) int {
	n := 0
	for i := range fields {
		n += fields[i].words()
	}
	return n
}

// Bytes is the memory that worlds of the scenario need, known before any of it is taken:
// linear in the number of worlds and, beside the tables of the hall, in that of IEDs. It
// counts the outcomes of tasks (RecordTasks); the scenario must be valid.
func Bytes(s *Scenario, worlds int) int64 {
	one := &Worlds{W: 1, p: sizes(s)}
	total := int64(0)
	for _, f := range append(one.stateFields(), one.outcomeFields()...) {
		if f.n *= worlds; f.n > 0 {
			total += 4 * int64(f.words())
		}
	}
	return total
}
