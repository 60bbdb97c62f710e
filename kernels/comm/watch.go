package comm

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// watch is what ranks know of each other, and how their group ends.
type watch struct {
	patience time.Duration        // 0: for ever
	hosts    []string             // by rank; nil: all ranks are in this process
	now      func() time.Duration // since the group began
	seen     []presence           // by rank

	abort sync.Once
	ended chan struct{} // closed by the first failure
	cause error         // of that failure

	close  sync.Once
	closed chan struct{} // closed when rank 0 says that all is done
}

// presence is what the others can see of a rank.
type presence struct {
	waiting atomic.Bool  // in an exchange, for another rank
	last    atomic.Int64 // when that changed, as watch.now
}

func newWatch(ranks int, patience time.Duration) *watch {
	begin := time.Now()
	return &watch{
		patience: patience, now: func() time.Duration { return time.Since(begin) }, seen: make([]presence, ranks),
		ended: make(chan struct{}), closed: make(chan struct{}),
	}
}

// note records whether a rank waits for another one.
func (w *watch) note(rank int, waiting bool) { w.noteAt(rank, waiting, w.now()) }

func (w *watch) noteAt(rank int, waiting bool, at time.Duration) {
	w.seen[rank].waiting.Store(waiting)
	w.seen[rank].last.Store(int64(at))
}

// fail ends the group with a cause, unless it has ended. It reports whether it did.
func (w *watch) fail(cause error) (first bool) {
	w.abort.Do(func() {
		w.cause, first = cause, true
		close(w.ended)
	})
	return first
}

// failed reports whether the group has failed.
func (w *watch) failed() bool { return isClosed(w.ended) }

// finish ends the group in good order.
func (w *watch) finish() { w.close.Do(func() { close(w.closed) }) }

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// ErrAborted is in the error of an exchange that another rank's failure has ended.
var ErrAborted = errors.New("comm: another rank has failed")

// aborted is the error of the group's failure.
func (w *watch) aborted() error {
	if w.unreachable() {
		return w.cause
	}
	return fmt.Errorf("%w: %w", ErrAborted, w.cause)
}

// unreachable reports that the group has failed because ranks are silent, or messages can no longer be sent.
func (w *watch) unreachable() bool {
	return w.failed() && (errors.As(w.cause, new(*SilentError)) || errors.As(w.cause, new(*libraryError)))
}

// silent names the ranks that have been outside of an exchange for more than half of the patience: they compute, or have ended.
func (w *watch) silent() error {
	var ranks []int
	for r := range w.seen {
		p := &w.seen[r]
		if !p.waiting.Load() && w.now()-time.Duration(p.last.Load()) > w.patience/2 {
			ranks = append(ranks, r)
		}
	}
	if len(ranks) == 0 {
		return fmt.Errorf("comm: all ranks wait for each other for %s: they do not make the same exchanges", w.patience)
	}
	return w.silence(ranks)
}

// silence is the error that names ranks.
func (w *watch) silence(ranks []int) *SilentError {
	e := &SilentError{Ranks: ranks, Size: len(w.seen), Waited: w.patience}
	for _, r := range ranks {
		if w.hosts != nil {
			e.Hosts = append(e.Hosts, w.hosts[r])
		}
	}
	return e
}

// take copies a message to x.
func take(x, message []float32, from, rank int) error {
	if len(message) != len(x) {
		return fmt.Errorf("comm: rank %d has sent %d floats where rank %d expects %d: they do not run the same Programs", from, len(message), rank, len(x))
	}
	copy(x, message)
	return nil
}
