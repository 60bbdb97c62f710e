package run

import (
	"github.com/gmel-go/gmel/nn/train/crew"
)

// What all ranks do at the same time.
const (
	open crew.Duty = iota + 1
	warmUp
	step
	report
	save
	restore
)

// duties are what a rank does; rank 0 decides when. All that exchanges numbers with other ranks is here.
var duties = map[crew.Duty]func(r *rank, x crew.Order) error{
	open:   func(r *rank, x crew.Order) error { return r.Open() },
	warmUp: func(r *rank, x crew.Order) error { return r.WarmUp(x.Ctx) },
	step:   func(r *rank, x crew.Order) error { return r.Step(x.Ctx) },
	report: func(r *rank, x crew.Order) (err error) {
		r.metrics, err = r.Report()
		return err
	},
	save: func(r *rank, x crew.Order) (err error) {
		if !r.leads {
			return r.GiveWorlds()
		}
		r.state, err = r.State()
		return err
	},
	restore: func(r *rank, x crew.Order) error { return r.Restore(x.State) },
}

// Do does a duty.
func (r *rank) Do(x crew.Order) error { return duties[x.Duty](r, x) }
