package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Follow is the part of a process in a run that rank 0 leads: it does its duties until rank 0 has no further ones. It writes
// no files.
func Follow(team comm.Member) (err error) {
	f := follower{team: team}
	defer func() { err = errors.Join(err, f.close()) }()
	for {
		message, err := team.Told()
		if errors.Is(err, comm.ErrOver) {
			return nil
		}
		if err == nil {
			err = f.obey(duty(message[0]), message[1:])
		}
		if err != nil {
			team.Abort(err) // what the other ranks do not know yet
			return err
		}
	}
}

// follower is a process of a team that does not lead.
type follower struct {
	team comm.Member
	*rank
}

// obey does a duty, with the data that came with it.
func (f *follower) obey(what duty, data []byte) (err error) {
	if what == join {
		return f.join(data)
	}
	x := order{duty: what, ctx: context.Background()}
	if what == restore {
		if x.state, err = checkpoint.Decode(data, "the checkpoint of rank 0"); err != nil {
			return err
		}
	}
	return together(f.team, func() error { return f.do(x) })
}

// join makes the rank of this process. If that fails, rank 0 is told so, and ends the run.
func (f *follower) join(data []byte) error {
	c, failure := f.prepare(data)
	_, err := meet(f.team, introduce(c, failure))
	return err
}

// prepare makes the rank from the configuration of rank 0.
func (f *follower) prepare(data []byte) (*Config, error) {
	var b briefing
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, err
	}
	c, err := told(b.Config)
	if err != nil {
		return nil, err
	}
	if f.rank, err = joined(c, train.Options{Team: f.team, Debug: b.Debug}); err != nil {
		return nil, err
	}
	return c, f.Memory().Fit(train.FreeMemory(f.backend))
}

// told is the configuration that rank 0 tells. Files that it names are read on this host.
func told(text []byte) (*Config, error) {
	r := setting.NewReader()
	if err := r.Embedded(bytes.TrimSpace(text), "the configuration of rank 0"); err != nil {
		return nil, err
	}
	c, err := read(r)
	if err == nil {
		err = r.Check()
	}
	if err != nil {
		return nil, err
	}
	c.game().ready()
	return c, nil
}

func (f *follower) close() error {
	if f.rank == nil {
		return nil
	}
	return errors.Join(f.Trainer.Close(), f.backend.Close())
}
