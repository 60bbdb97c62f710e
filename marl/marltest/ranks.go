package marltest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// Crew is the ranks of a run in this process.
type Crew struct {
	Ranks []*marl.Trainer
	group *comm.Group
}

// NewCrew opens the trainers of all ranks, which plan makes.
func NewCrew(t *testing.T, ranks int, plan func(rank int) *marl.Trainer) *Crew {
	t.Helper()
	c := &Crew{group: comm.NewGroup(ranks, 10*time.Minute)}
	for r := range ranks {
		tr := plan(r)
		tr.Join(c.group.Rank(r))
		if err := tr.Open(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { tr.Close() })
		c.Ranks = append(c.Ranks, tr)
	}
	return c
}

// All does something on all ranks at the same time.
func (c *Crew) All(t *testing.T, do func(rank int, tr *marl.Trainer) error) {
	t.Helper()
	errs := make([]error, len(c.Ranks))
	var all sync.WaitGroup
	for r, tr := range c.Ranks {
		all.Go(func() {
			if errs[r] = do(r, tr); errs[r] != nil {
				c.group.Abort(errs[r])
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// Run trains to the end, and returns the metrics of each rank.
func (c *Crew) Run(t *testing.T) [][]marl.Metrics {
	t.Helper()
	metrics := make([][]marl.Metrics, len(c.Ranks))
	c.All(t, func(rank int, tr *marl.Trainer) error {
		return tr.Run(context.Background(), marl.Hooks{Metrics: func(m marl.Metrics) error {
			metrics[rank] = append(metrics[rank], m)
			return nil
		}})
	})
	return metrics
}

// RunToCheckpoint trains to the first checkpoint, and returns it.
func (c *Crew) RunToCheckpoint(t *testing.T) (kept *checkpoint.State) {
	t.Helper()
	c.All(t, func(rank int, tr *marl.Trainer) error {
		ctx, cancel := context.WithCancel(context.Background())
		err := tr.Run(ctx, marl.Hooks{Checkpoint: func() error {
			defer cancel()
			s, err := tr.State()
			if rank == 0 {
				kept = s
			}
			return err
		}})
		if errors.Is(err, train.ErrInterrupted) {
			return nil
		}
		return err
	})
	return kept
}

// Restore continues from a state on all ranks.
func (c *Crew) Restore(t *testing.T, s *checkpoint.State) {
	t.Helper()
	c.All(t, func(_ int, tr *marl.Trainer) error { return tr.Restore(s) })
}

// States are the states of all ranks.
func (c *Crew) States(t *testing.T) []*checkpoint.State {
	t.Helper()
	states := make([]*checkpoint.State, len(c.Ranks))
	c.All(t, func(rank int, tr *marl.Trainer) (err error) {
		states[rank], err = tr.State()
		return err
	})
	return states
}
