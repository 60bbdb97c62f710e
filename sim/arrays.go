package sim

// Arrays returns the arrays of the state, and those of the outcomes if they are recorded, each a
// []float32, a []int32 or a []bool. They and the seed are the whole state: worlds of the same
// scenario and seed continue with the same bits after these arrays are copied into theirs.
func (w *Worlds) Arrays() ([]any, error) {
	if err := w.Home(); err != nil {
		return nil, err
	}
	var arrays []any
	for _, a := range w.recordedFields() {
		switch {
		case a.Floats != nil:
			arrays = append(arrays, *a.Floats)
		case a.Ints != nil:
			arrays = append(arrays, *a.Ints)
		default:
			arrays = append(arrays, *a.Flags)
		}
	}
	return arrays, nil
}
