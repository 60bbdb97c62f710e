package run

import (
	"errors"
	"slices"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
	"github.com/gmel-go/gmel/sim"
)

// crew is the ranks of a run in this process. Each has its own trainer, backend and worlds, which are some of the run's or all of
// them. All else of the state is the same.
type crew struct {
	group *comm.Group // nil: there is one rank in this process
	team  comm.Member // this process is rank 0 of several, which have a rank each; nil: there is one process
	ranks []*rank
}

type rank struct {
	*marl.Trainer
	backend kernels.Backend
	metrics marl.Metrics      // of the last report
	leads   bool              // it is rank 0, whose state is saved
	state   *checkpoint.State // of the last save, until it is taken
	silent  bool              // it hangs in a call, so its memory must not be freed
}

// openCrew plans the trainers of all ranks, which share the threads.
func openCrew(c *Config, o train.Options) (*crew, error) {
	if o.Team != nil {
		return openTeam(c, o)
	}
	ranks := max(1, o.Ranks)
	if err := c.checkRanks(ranks, o); err != nil {
		return nil, err
	}
	crew, each := &crew{}, *c
	if ranks > 1 {
		crew.group = comm.NewGroup(ranks, o.RanksTimeout)
		each.Train.Threads = max(1, threads(c.Train.Threads)/ranks)
	}
	for n := range ranks {
		r, err := openRank(&each, each.Train.SliceOf(n, ranks), o)
		if err != nil {
			return nil, errors.Join(err, crew.close())
		}
		r.leads = n == 0
		crew.ranks = append(crew.ranks, r)
		if crew.group != nil {
			r.Join(crew.group.Rank(n))
		}
		o.Notice = nil // the others would say the same
	}
	return crew, nil
}

// checkRanks refuses what works for one rank only.
func (c *Config) checkRanks(ranks int, o train.Options) error {
	switch {
	case ranks == 1:
		return nil
	case o.Profile:
		return usagef("--profile measures a run with one rank, and this one has %d", ranks)
	case c.Train.Precision != kernels.FP32:
		return usagef("%d ranks need train.precision fp32, this run has %s: on tensor cores numbers would depend on the number of ranks", ranks, c.Train.Precision)
	}
	return nil
}

// openRank makes the worlds, the backend and the plan of a trainer.
func openRank(c *Config, played sim.Slice, o train.Options) (*rank, error) {
	env, err := c.game().worlds(c, played, o)
	if err != nil {
		return nil, err
	}
	r := &rank{}
	if r.backend, err = openBackend(&c.Train, o.Profile, o.Debug); err != nil {
		return nil, err
	}
	if r.Trainer, err = marl.Plan(c.Train, env, r.backend, c.Seed); err != nil {
		return nil, errors.Join(usage(err), r.backend.Close())
	}
	return r, nil
}

// size is the number of ranks of the run.
func (c *crew) size() int {
	if c.team != nil {
		return c.team.Size()
	}
	return len(c.ranks)
}

// others are the ranks of this process after the first one.
func (c *crew) others() []*rank { return c.ranks[1:] }

// all does a duty with the trainers of all ranks, at the same time.
func (c *crew) all(x order) error {
	if c.team != nil {
		return c.lead(x)
	}
	return c.each(func(r *rank) error { return r.do(x) })
}

// each does something with all ranks of this process. If one fails, the others are stopped at their next exchange. It does
// not wait for a rank that hangs.
func (c *crew) each(do func(*rank) error) error {
	if c.group == nil {
		return do(c.ranks[0])
	}
	type end struct {
		rank int
		err  error
	}
	ends := make(chan end, len(c.ranks))
	for n, r := range c.ranks {
		go func() { ends <- end{n, do(r)} }()
	}
	errs := make([]error, len(c.ranks))
	running := make([]bool, len(c.ranks))
	for n := range running {
		running[n] = true
	}
	for slices.Contains(running, true) {
		e := <-ends
		running[e.rank], errs[e.rank] = false, e.err
		if e.err != nil {
			c.group.Abort(e.err)
		}
		if silent := (*comm.SilentError)(nil); errors.As(e.err, &silent) {
			for _, n := range silent.Ranks {
				c.ranks[n].silent = c.ranks[n].silent || running[n]
				running[n] = false
			}
		}
	}
	return cause(errs)
}

// cause is the error that ended the others.
func cause(errs []error) error {
	for _, err := range errs {
		if err != nil && !errors.Is(err, comm.ErrAborted) {
			return err
		}
	}
	return errors.Join(errs...)
}

// memory is what the ranks after the first one take.
func (c *crew) memory() (parts []train.MemoryPart) {
	part := train.MemoryPart{What: train.Counted(int64(len(c.others())), "further rank"), Setting: "--ranks"}
	for _, r := range c.others() {
		part.Bytes += r.Memory().Bytes()
	}
	if part.Bytes > 0 {
		parts = append(parts, part)
	}
	return parts
}

// gathering is what the ranks take on the host to give each other what they have played.
func (c *crew) gathering() (parts []train.MemoryPart) {
	part := c.ranks[0].GatherMemory()
	part.Bytes *= int64(len(c.ranks))
	if part.Bytes > 0 {
		parts = append(parts, part)
	}
	return parts
}

// tell says what the ranks do.
func (c *crew) tell(o train.Options) error {
	if c.size() == 1 {
		return nil
	}
	divided, err := c.ranks[0].Divided()
	if err != nil {
		return err
	}
	switch first := c.ranks[0]; {
	case divided && first.Sliced():
		o.Say("%d ranks divide the worlds and every update; numbers do not depend on them", c.size())
	case divided:
		o.Say("%d ranks divide every update; numbers do not depend on them", c.size())
	default:
		o.Say("WARNING: the updates of this run are too small to be divided, so each of the %d ranks computes all of them", c.size())
	}
	return nil
}

// close frees trainers and backends.
func (c *crew) close() error {
	var errs []error
	for _, r := range c.ranks {
		if !r.silent {
			errs = append(errs, r.Trainer.Close(), r.backend.Close())
		}
	}
	return errors.Join(errs...)
}

// DefaultRanksTimeout is how long ranks wait for one that does not answer.
const DefaultRanksTimeout = time.Minute

// MaxRanks is the number of parts in which the sums of an update are cut at most: more ranks would have nothing to do.
const MaxRanks = machine.MaxSegments
