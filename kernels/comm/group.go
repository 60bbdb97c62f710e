package comm

import (
	"slices"
	"time"
)

// Group is R ranks in one process. Each is used by one goroutine.
type Group struct {
	*watch
	lines [][]chan []float32 // [from][to]
}

// queued is the number of messages that may be on the way from one rank to another.
const queued = 16

// NewGroup makes a group of ranks. An exchange for which a rank waits longer than patience fails on all ranks, and names
// those that did not take part; with patience 0 it waits for ever.
func NewGroup(ranks int, patience time.Duration) *Group {
	g := &Group{watch: newWatch(ranks, patience)}
	for range ranks {
		to := make([]chan []float32, ranks)
		for i := range to {
			to[i] = make(chan []float32, queued)
		}
		g.lines = append(g.lines, to)
	}
	return g
}

// Rank is one rank of the group.
func (g *Group) Rank(rank int) Member {
	return &collective{link: &member{g, rank}, rank: rank, size: len(g.seen)}
}

// Abort ends the group because a rank has failed: running and later exchanges return an error with this cause. Only the
// first call counts.
func (g *Group) Abort(cause error) { g.fail(cause) }

// End makes Told return ErrOver on all ranks that wait in it.
func (g *Group) End() { g.finish() }

// member is the link of a rank of a Group.
type member struct {
	*Group
	rank int
}

func (m *member) send(to int, x []float32) error {
	message := slices.Clone(x)
	return m.wait(m.patience, func(late <-chan time.Time) error {
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

func (m *member) receive(from int, x []float32) error { return m.get(from, x, m.patience, nil) }

func (m *member) await(from int, x []float32) error { return m.get(from, x, 0, m.closed) }

// get receives until a time has passed, or until over is closed.
func (m *member) get(from int, x []float32, patience time.Duration, over <-chan struct{}) error {
	return m.wait(patience, func(late <-chan time.Time) error {
		select {
		case message := <-m.lines[from][m.rank]:
			err := take(x, message, from, m.rank)
			if err != nil {
				m.Abort(err)
			}
			return err
		case <-m.ended:
			return m.aborted()
		case <-late:
			return m.overdue()
		case <-over:
			return ErrOver
		}
	})
}

// wait does what may have to wait for another rank, until late.
func (m *member) wait(patience time.Duration, do func(late <-chan time.Time) error) error {
	if m.failed() {
		return m.aborted()
	}
	var late <-chan time.Time
	if patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		late = timer.C
	}
	m.note(m.rank, true)
	defer m.note(m.rank, false)
	return do(late)
}

// overdue ends the group and names the ranks for which the others wait.
func (m *member) overdue() error {
	m.Abort(m.silent())
	return m.aborted()
}
