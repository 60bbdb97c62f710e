package federated

import "github.com/gmel-go/gmel/nn/unet"

// Traffic is what a run has sent between the cells and the server that averages. Each parameter is a float32 of 4 bytes.
type Traffic struct {
	Rounds int   // that are over
	Up     int64 // bytes from the cells: their parameters at the end of a round, and once the average over time
	Down   int64 // bytes to the cells: parameters at the beginning of a round, and once the average over time, to draw from
}

// Total is the traffic of a whole run.
func Total(m *unet.Model, cells int, o Options) Traffic {
	return trafficAfter(o.Fit.Updates, m, cells, o)
}

// trafficAfter counts up to an update.
func trafficAfter(done int, m *unet.Model, cells int, o Options) Traffic {
	begun, over := (done+o.Local-1)/o.Local, done/o.Local
	ended := done == o.Fit.Updates
	if ended {
		over = begun
	}
	all := 4 * int64(cells) * int64(m.Count())
	f := Traffic{Rounds: over, Up: int64(over) * all, Down: int64(begun) * all}
	if ended {
		f.Up, f.Down = f.Up+all, f.Down+all
	}
	return f
}
