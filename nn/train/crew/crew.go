package crew

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// DefaultTimeout is how long ranks wait for one that does not answer.
const DefaultTimeout = time.Minute

// MaxRanks is the number of parts in which the sums of an update are cut at most: more ranks would have nothing to do.
const MaxRanks = machine.MaxSegments

// Rank is a rank of a job.
type Rank interface {
	// Do does a duty, at the same time as the other ranks.
	Do(Order) error
	// Files are the digests of the files that the rank has read, by setting; in other processes they must be the same.
	Files() (map[string]string, error)
	Close() error
}

// Duty is something that all ranks do at the same time. A kind of job numbers its duties, from 1 on.
type Duty byte

// join is the duty of another process to make a rank.
const join Duty = 0

// Order is a duty with what it needs.
type Order struct {
	Duty
	Ctx   context.Context   // an interrupt, which rank 0 alone gets
	State *checkpoint.State // what is given to all ranks; nil: nothing
}

// Place is the place of a rank.
type Place struct {
	Group comm.Member // nil: the run has one rank
	Here  int         // ranks in this process, which share its threads
}

// Rank is the number of the rank.
func (p Place) Rank() int {
	if p.Group == nil {
		return 0
	}
	return p.Group.Rank()
}

// Ranks is the number of ranks of the run.
func (p Place) Ranks() int {
	if p.Group == nil {
		return 1
	}
	return p.Group.Size()
}

// Crew is the ranks of a run in this process.
type Crew[R Rank] struct {
	group  *comm.Group // nil: there is one rank in this process
	team   comm.Member // this process is rank 0 of several, which have a rank each; nil: there is one process
	ranks  []R
	silent []bool // by rank: it hangs in a call, so its memory must not be freed
}

// Job is what a crew needs to know of a kind of job.
type Job[R Rank] struct {
	Config []byte // from which the ranks in other processes are made, see Follow
	Open   func(p Place, o train.Options) (R, error)
}

// Open makes all ranks.
func Open[R Rank](j Job[R], o train.Options) (*Crew[R], error) {
	if o.Team != nil {
		return openTeam(j, o)
	}
	n := max(1, o.Ranks)
	if err := refuseProfile(n, o); err != nil {
		return nil, err
	}
	c, place := &Crew[R]{}, Place{Here: n}
	if n > 1 {
		c.group = comm.NewGroup(n, o.RanksTimeout)
	}
	for rank := range n {
		if c.group != nil {
			place.Group = c.group.Rank(rank)
		}
		r, err := j.Open(place, o)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		c.add(r)
		o.Notice = nil // the others would say the same
	}
	return c, nil
}

// refuseProfile refuses what works for one rank only.
func refuseProfile(ranks int, o train.Options) error {
	if ranks > 1 && o.Profile {
		return train.Usagef("--profile measures a run with one rank, and this one has %d", ranks)
	}
	return nil
}

func (c *Crew[R]) add(r R) { c.ranks, c.silent = append(c.ranks, r), append(c.silent, false) }

// Size is the number of ranks of the run.
func (c *Crew[R]) Size() int {
	if c.team != nil {
		return c.team.Size()
	}
	return len(c.ranks)
}

// First is rank 0.
func (c *Crew[R]) First() R { return c.ranks[0] }

// Here are the ranks in this process, rank 0 first.
func (c *Crew[R]) Here() []R { return c.ranks }

// All does a duty on all ranks, and waits until all have done it.
func (c *Crew[R]) All(x Order) error {
	if c.team != nil {
		return c.lead(x)
	}
	return c.each(func(r R) error { return r.Do(x) })
}

// each does something with all ranks of this process. If one fails, the others are stopped at their next exchange. It does
// not wait for a rank that hangs.
func (c *Crew[R]) each(do func(R) error) error {
	if c.group == nil {
		return do(c.ranks[0])
	}
	type end struct {
		rank int
		err  error
	}
	ends := make(chan end, len(c.ranks))
	for n, r := range c.ranks {
		go func() { ends <- end{n, silence(do(r))} }()
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
				c.silent[n] = c.silent[n] || running[n]
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

// silence is the error of ranks that do not answer, without what the others were doing when they noticed it. Other errors remain as
// they are.
func silence(err error) error {
	var silent *comm.SilentError
	if errors.As(err, &silent) && !errors.Is(err, comm.ErrAborted) {
		return silent
	}
	return err
}

// Close closes all ranks but those that hang.
func (c *Crew[R]) Close() error {
	var errs []error
	for n, r := range c.ranks {
		if !c.silent[n] {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(errs...)
}
