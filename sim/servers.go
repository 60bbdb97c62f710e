package sim

import (
	"slices"

	"github.com/gmel-go/gmel/sim/engine"
)

// ShowServers turns Servers and FinalServers on or off: which ES each candidate is. IEDs do not observe
// it. A critic may be told, so that it can tell which IEDs compete for an ES. It is off in new worlds. A
// change makes all arrays of the worlds anew and resets them; call it before Native.
func (w *Worlds) ShowServers(on bool) {
	if on == w.telling {
		return
	}
	w.Home()
	w.telling, w.Servers, w.FinalServers, w.player = on, nil, nil, nil
	w.state = engine.NewSlab(w.stateFields())
	if w.native != nil {
		w.native = newNative(w, w.Engine())
		if w.record {
			w.native.Record(w.results)
		}
	}
	w.SetThreads(w.threads)
	w.Reset()
}

// serverFields lists the arrays of ShowServers.
func (w *Worlds) serverFields() []engine.Array {
	if !w.telling {
		return nil
	}
	n := w.W * w.p.A * w.p.C
	return []engine.Array{{Name: "servers", Floats: &w.Servers, N: n}, {Name: "final_servers", Floats: &w.FinalServers, N: n}}
}

// ListServers writes what Servers has with ShowServers to a slice [W, A, C].
func (w *Worlds) ListServers(to []float32) {
	w.Home()
	for world := range w.W {
		w.listServers(world, to)
	}
}

// listServers writes the servers of one world.
func (w *Worlds) listServers(world int, servers []float32) {
	p := w.p
	for agent := world * p.A; agent < (world+1)*p.A; agent++ {
		to, shown := servers[agent*p.C:][:p.C], w.shown(agent)
		for c := range to {
			to[c] = float32(p.M)
			if c < shown {
				to[c] = float32(w.cand[agent*p.C+c])
			}
		}
	}
}

// ServerPositions returns the places of the ESs in the hall, [M] in m.
func (w *Worlds) ServerPositions() [][2]float32 { return slices.Clone(w.p.servers) }
