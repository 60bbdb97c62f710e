package comm

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Group is R ranks in one process. Each is used by one goroutine.
type Group struct {
	patience time.Duration
	lines    [][]chan []float32 // [from][to]
	seen     []presence

	abort sync.Once
	ended chan struct{} // closed by the first failure
	cause error         // of that failure
}

// presence is what the others can see of a rank.
type presence struct {
	waiting atomic.Bool  // in an exchange, for another rank
	last    atomic.Int64 // when that changed, in ns
}

// queued is the number of messages that may be on the way from one rank to another.
const queued = 16

// NewGroup makes a group of ranks. An exchange for which a rank waits longer than patience fails on all ranks, and names
// those that did not take part; with patience 0 it waits for ever.
func NewGroup(ranks int, patience time.Duration) *Group {
	g := &Group{patience: patience, seen: make([]presence, ranks), ended: make(chan struct{})}
	for range ranks {
		to := make([]chan []float32, ranks)
		for i := range to {
			to[i] = make(chan []float32, queued)
		}
		g.lines = append(g.lines, to)
	}
	for r := range g.seen {
		g.seen[r].last.Store(time.Now().UnixNano())
	}
	return g
}

// Rank is one rank of the group.
func (g *Group) Rank(rank int) Comm {
	return &collective{link: &member{g, rank}, rank: rank, size: len(g.seen)}
}

// Abort ends the group because a rank has failed: running and later exchanges return an error with this cause. Only the
// first call counts.
func (g *Group) Abort(cause error) {
	g.abort.Do(func() {
		g.cause = cause
		close(g.ended)
	})
}

// ErrAborted is in the error of an exchange that another rank's failure has ended.
var ErrAborted = errors.New("comm: another rank has failed")

// aborted is the error of the group's end.
func (g *Group) aborted() error {
	if silent := (*SilentError)(nil); errors.As(g.cause, &silent) {
		return g.cause
	}
	return fmt.Errorf("%w: %w", ErrAborted, g.cause)
}

// member is the link of a rank of a Group.
type member struct {
	*Group
	rank int
}

func (m *member) send(to int, x []float32) error {
	message := slices.Clone(x)
	return m.wait(func(late <-chan time.Time) error {
		select {
		case m.lines[m.rank][to] <- message:
			return nil
		case <-m.ended:
			return m.aborted()
		case <-late:
			return m.overdue()
		}
	})
}

func (m *member) receive(from int, x []float32) error {
	return m.wait(func(late <-chan time.Time) error {
		select {
		case message := <-m.lines[from][m.rank]:
			if len(message) != len(x) {
				err := fmt.Errorf("comm: rank %d has sent %d floats where rank %d expects %d: they do not run the same Programs", from, len(message), m.rank, len(x))
				m.Abort(err)
				return err
			}
			copy(x, message)
			return nil
		case <-m.ended:
			return m.aborted()
		case <-late:
			return m.overdue()
		}
	})
}

// wait does what may have to wait for another rank, until late.
func (m *member) wait(do func(late <-chan time.Time) error) error {
	select {
	case <-m.ended:
		return m.aborted()
	default:
	}
	var late <-chan time.Time
	if m.patience > 0 {
		timer := time.NewTimer(m.patience)
		defer timer.Stop()
		late = timer.C
	}
	m.seen[m.rank].note(true)
	defer m.seen[m.rank].note(false)
	return do(late)
}

func (p *presence) note(waiting bool) {
	p.waiting.Store(waiting)
	p.last.Store(time.Now().UnixNano())
}

// overdue ends the group and names the ranks for which the others wait.
func (m *member) overdue() error {
	m.Abort(m.silent())
	return m.aborted()
}

// silent names the ranks that have been outside of an exchange for more than half of the patience: they compute, or have ended.
func (m *member) silent() error {
	e := &SilentError{Size: len(m.seen), Waited: m.patience}
	for r := range m.seen {
		p := &m.seen[r]
		if !p.waiting.Load() && time.Since(time.Unix(0, p.last.Load())) > m.patience/2 {
			e.Ranks = append(e.Ranks, r)
		}
	}
	if len(e.Ranks) == 0 {
		return fmt.Errorf("comm: all ranks wait for each other for %s: they do not make the same exchanges", m.patience)
	}
	return e
}
