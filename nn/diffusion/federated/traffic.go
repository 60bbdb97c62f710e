package federated

import "github.com/gmel-go/gmel/nn/unet"

// Traffic is what a run has sent between the cells and the server that averages. Each parameter is a float32 of 4 bytes.
type Traffic struct {
	Rounds int   // that are over
	Up     int64 // bytes from the cells: their parameters at the end of a round, and once the average over time
	Down   int64 // bytes to the cells: parameters at the beginning of a round, and once the average over time, to draw from
}

// Traffic counts up to the present update.
func (t *Trainer) Traffic() Traffic {
	return trafficAfter(t.Update(), t.model, len(t.cells), t.options)
}

// Total is the traffic of a whole run.
func Total(m *unet.Model, cells int, o Options) Traffic {
	return trafficAfter(o.Fit.Updates, m, cells, o)
}

func trafficAfter(done int, m *unet.Model, cells int, o Options) Traffic {
	begun, over := (done+o.Local-1)/o.Local, done/o.Local
	ended := done == o.Fit.Updates
	if ended {
		over = begun
	}
	all := int64(cells) * modelBytes(m)
	f := Traffic{Rounds: over, Up: int64(over) * all, Down: int64(begun) * all}
	if ended {
		f.Up, f.Down = f.Up+all, f.Down+all
	}
	return f
}

// modelBytes is the size of all parameters on the wire.
func modelBytes(m *unet.Model) (total int64) {
	for _, q := range m.Params().List() {
		n := int64(1)
		for _, d := range q.Shape() {
			n *= int64(d)
		}
		total += 4 * n
	}
	return total
}
