package run

import (
	"context"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// duty is something that all ranks do at the same time. Rank 0 tells it to other processes by its number.
type duty byte

const (
	join duty = iota // of another process: make a rank, see follower.join
	open
	warmUp
	step
	report
	save
	restore
)

// duties are what a rank does; rank 0 decides when. All that exchanges numbers with other ranks is here.
var duties = map[duty]func(r *rank, x order) error{
	open:   func(r *rank, x order) error { return r.Open() },
	warmUp: func(r *rank, x order) error { return r.WarmUp(x.ctx) },
	step:   func(r *rank, x order) error { return r.Step(x.ctx) },
	report: func(r *rank, x order) (err error) {
		r.metrics, err = r.Report()
		return err
	},
	save: func(r *rank, x order) (err error) {
		if !r.leads {
			return r.GiveWorlds()
		}
		r.state, err = r.State()
		return err
	},
	restore: func(r *rank, x order) error { return r.Restore(x.state) },
}

// order is a duty with what it needs.
type order struct {
	duty
	ctx   context.Context   // of warmUp and step: an interrupt, which rank 0 alone gets
	state *checkpoint.State // to restore
}

func (r *rank) do(x order) error { return duties[x.duty](r, x) }
