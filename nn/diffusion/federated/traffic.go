package federated

// Traffic is what a run has sent between the cells and the server that averages. Each parameter is a float32 of 4 bytes.
type Traffic struct {
	Rounds int   // that are over
	Up     int64 // bytes from the cells: their parameters at the end of a round, and once the average over time
	Down   int64 // bytes to the cells: parameters at the beginning of a round, and once the average over time, to draw from
}

// Traffic counts up to the present update.
func (t *Trainer) Traffic() Traffic {
	done, local, last := t.Update(), t.options.Local, t.options.Fit.Updates
	begun, over := (done+local-1)/local, done/local
	if done == last {
		over = begun
	}
	model := int64(len(t.cells)) * t.modelBytes()
	f := Traffic{Rounds: over, Up: int64(over) * model, Down: int64(begun) * model}
	if done == last {
		f.Up, f.Down = f.Up+model, f.Down+model
	}
	return f
}

// modelBytes is the size of all parameters on the wire.
func (t *Trainer) modelBytes() (total int64) {
	for _, q := range t.model.Params().List() {
		n := int64(1)
		for _, d := range q.Shape() {
			n *= int64(d)
		}
		total += 4 * n
	}
	return total
}
