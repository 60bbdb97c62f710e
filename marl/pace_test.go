package marl

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gmel-go/gmel/nn/train"
)

// All is done, in parts that grow, and an error ends it.
func TestPaceDoesAll(t *testing.T) {
	var p pace
	for _, n := range []int{1, 2, 31, 1000} {
		done := 0
		if err := p.inParts(t.Context(), n, func(n int) error { done += n; return nil }); err != nil || done != n {
			t.Errorf("%d of %d, %v", done, n, err)
		}
	}
	broken := errors.New("broken")
	if err := p.inParts(t.Context(), 3, func(int) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestPaceFollowsTheClock(t *testing.T) {
	for _, c := range []struct {
		part, n int
		took    time.Duration
		want    int
	}{
		{4, 4, time.Millisecond, 8}, {4, 3, time.Millisecond, 4}, {4, 4, 500 * time.Millisecond, 4}, {4, 4, 2 * time.Second, 2},
		{1, 1, time.Minute, 1}, {8, 3, 2 * time.Second, 1}, {MaxSize, MaxSize, 0, MaxSize},
	} {
		p := pace{c.part}
		if p.follow(c.n, c.took); p.part != c.want {
			t.Errorf("%+v: %d", c, p.part)
		}
	}
}

// A step is abandoned only if it does not end soon, because what was learned since the last checkpoint is lost with it.
func TestPaceWaitsForAStepThatEndsSoon(t *testing.T) {
	for _, c := range []struct {
		waited time.Duration
		rest   float64
		want   bool
	}{
		{time.Second, 1e9, false}, {3 * time.Second, 1e9, true}, {3 * time.Second, 20, false}, {3 * time.Second, 28, true}, {time.Minute, 0, true},
	} {
		if got := hopeless(c.waited, c.rest); got != c.want {
			t.Errorf("%+v", c)
		}
	}
}

// An interrupt ends what would take for ever, and not what is about to end.
func TestPaceHeedsAnInterrupt(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var p pace
	if err := p.inParts(ctx, 100, func(int) error { return nil }); err != nil {
		t.Error(err)
	}
	if err := p.inParts(ctx, MaxSize, func(n int) error { time.Sleep(time.Duration(n) * 50 * time.Millisecond); return nil }); !errors.Is(err, train.ErrAbandoned) || !errors.Is(err, train.ErrInterrupted) {
		t.Error(err)
	}
}
