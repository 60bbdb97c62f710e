package crew

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Follow is the part of a process in a run that rank 0 leads: it does its duties until rank 0 has no further ones. It writes
// no files. open makes the rank from the Config of rank 0.
func Follow[R Rank](team comm.Member, open func(config []byte, p Place, o train.Options) (R, error)) (err error) {
	f := follower[R]{team: team, open: open}
	defer func() { err = errors.Join(err, f.close()) }()
	for {
		message, err := team.Told()
		if errors.Is(err, comm.ErrOver) {
			return nil
		}
		if err == nil {
			err = f.obey(Duty(message[0]), message[1:])
		}
		if err != nil {
			team.Abort(err) // what the other ranks do not know yet
			return err
		}
	}
}

// follower is a process of a team that does not lead.
type follower[R Rank] struct {
	team comm.Member
	open func(config []byte, p Place, o train.Options) (R, error)
	rank *R // nil before join, and if that failed
}

// obey does a duty, with the data that came with it.
func (f *follower[R]) obey(what Duty, data []byte) (err error) {
	if what == join {
		return f.join(data)
	}
	x := Order{Duty: what, Ctx: context.Background()}
	if bytes.Equal(data, []byte{withState}) {
		if x.State, err = f.state(); err != nil {
			return err
		}
	}
	return together(f.team, func() error { return (*f.rank).Do(x) })
}

// state receives the state of an order.
func (f *follower[R]) state() (*checkpoint.State, error) {
	file, err := f.team.Told()
	if err != nil {
		return nil, err
	}
	return checkpoint.Decode(file, "the checkpoint of rank 0")
}

// join makes the rank of this process. If that fails, rank 0 is told so, and ends the run.
func (f *follower[R]) join(data []byte) error {
	files, failure := f.prepare(data)
	_, err := meet(f.team, introduce(files, failure))
	return err
}

// prepare makes the rank from the configuration of rank 0.
func (f *follower[R]) prepare(data []byte) (files map[string]string, err error) {
	var b briefing
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, err
	}
	r, err := f.open(b.Config, Place{Group: f.team, Here: 1}, train.Options{Team: f.team, Debug: b.Debug})
	if err != nil {
		return nil, err
	}
	f.rank = &r
	return r.Files()
}

func (f *follower[R]) close() error {
	if f.rank == nil {
		return nil
	}
	return (*f.rank).Close()
}
