package sim

// Nearest writes the ES of every IED's candidate 1, [W, A].
func (w *Worlds) Nearest(es []int32) {
	c := w.p.C
	for i := range es {
		es[i] = w.cand[i*c]
	}
}
