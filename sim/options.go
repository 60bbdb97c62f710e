package sim

import (
	"slices"

	"github.com/gmel-go/gmel/sim/engine"
)

// optionState is what options keep from slot to slot. Each is declared in the file of its option, where its arrays are listed, too.
type optionState struct {
	arrivalState
	interferenceState
	mobilityState
	coverageState
	messageState
	serviceState
}

// optionFields lists the arrays of the options that are on.
func (w *Worlds) optionFields() []engine.Array {
	return slices.Concat(w.arrivalFields(), w.interferenceFields(), w.mobilityFields(), w.coverageFields(), w.messageFields(), w.serviceFields(), w.serverFields())
}

// startOptions begins an episode of a world whose topology has been drawn.
func (w *Worlds) startOptions(world int) {
	if w.p.reuse {
		w.clearInterference(world)
	}
	if w.p.queue > 0 {
		w.clearQueues(world)
	}
}
