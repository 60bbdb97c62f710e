package run

import (
	"errors"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
)

// newCrew is a crew without backends.
func newCrew(ranks int, patience time.Duration) *crew {
	c := &crew{group: comm.NewGroup(ranks, patience)}
	for range ranks {
		c.ranks = append(c.ranks, &rank{Trainer: &marl.Trainer{}})
	}
	return c
}

// number is the rank of a trainer.
func (c *crew) number(t *marl.Trainer) int {
	for n, r := range c.ranks {
		if r.Trainer == t {
			return n
		}
	}
	return -1
}

// The run ends with the error of the rank that failed, not with those of the ranks that waited for it.
func TestCrewReportsTheRankThatFailed(t *testing.T) {
	c, failure := newCrew(5, time.Minute), errors.New("the device is lost")
	err := c.all(func(t *marl.Trainer) error {
		if c.number(t) == 3 {
			return failure
		}
		return c.group.Rank(c.number(t)).Barrier()
	})
	if !errors.Is(err, failure) || errors.Is(err, comm.ErrAborted) {
		t.Errorf("%v", err)
	}
}

// A rank that hangs is named, and is not waited for.
func TestCrewLeavesARankThatHangs(t *testing.T) {
	c, never := newCrew(3, 2*time.Second), make(chan struct{})
	defer close(never)
	err := c.all(func(t *marl.Trainer) error {
		if c.number(t) == 1 {
			<-never
		}
		return c.group.Rank(c.number(t)).Barrier()
	})
	var silent *comm.SilentError
	if !errors.As(err, &silent) || err.Error() != "comm: rank 1 of 3 has not answered for 2s" {
		t.Errorf("%v", err)
	}
	if !c.ranks[1].silent || c.ranks[0].silent || c.ranks[2].silent {
		t.Error("the rank that hangs is not marked")
	}
}
