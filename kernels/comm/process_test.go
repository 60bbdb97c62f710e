package comm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// Processes have the calls of a group: the same code makes them of messages. The oracle is the group of goroutines.
func TestProcessesExchange(t *testing.T) {
	for _, ranks := range []int{2, 3, 5} {
		list, _ := processes(t, ranks, time.Minute)
		group := NewGroup(ranks, time.Minute)
		x := make([]float32, 3*chunk+5)
		for i := range x {
			x[i] = 1 / float32(i+1)
		}

		errs := atOnce(list, func(p *Process) error {
			want, got := make([]float32, len(x)), make([]float32, len(x))
			own := Rows{Width: len(x), Floats: x}
			if err := errors.Join(group.Rank(p.Rank()).Chain(want, own), p.Chain(got, own), p.Barrier()); err != nil {
				return err
			}

			if !slices.Equal(got, want) {
				return fmt.Errorf("rank %d of %d has another sum", p.Rank(), ranks)
			}
			return nil
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(atOnce(list, func(p *Process) error { return p.End(0) })...); err != nil {
			t.Fatal(err)
		}
	}
}

// members are ranks of both kinds of groups.
func members(t *testing.T, ranks int) map[string][]Member {
	all := map[string][]Member{}
	group := NewGroup(ranks, time.Minute)
	for r := range ranks {
		all["goroutines"] = append(all["goroutines"], group.Rank(r))
	}
	list, _ := processes(t, ranks, time.Minute)
	for _, p := range list {
		all["processes"] = append(all["processes"], p)
	}
	return all
}

// Orders and what ranks collect have any number of bytes, and no byte is changed.
func TestOrders(t *testing.T) {
	long := bytes.Repeat([]byte{0, 0xff, 0x80, 0x7f, 1}, piece) // also NaNs with a payload, as bits of floats; several messages
	for kind, all := range members(t, 5) {
		errs := make(chan error, len(all))
		for _, m := range all {
			go func() { errs <- ordered(m, nil, []byte("a"), []byte("abcde"), long) }()
		}
		for range all {
			if err := <-errs; err != nil {
				t.Errorf("%s: %v", kind, err)
			}
		}
	}
}

// ordered is what a rank does in TestOrders.
func ordered(m Member, orders ...[]byte) error {
	for _, want := range orders {
		if m.Rank() == 0 {
			if err := m.Tell(want); err != nil {
				return err
			}
		} else if got, err := m.Told(); err != nil || !bytes.Equal(got, want) {
			return fmt.Errorf("rank %d is told %d bytes, want %d: %v", m.Rank(), len(got), len(want), err)
		}
		all, err := m.Collect(want[:min(m.Rank(), len(want))])
		if err != nil {
			return err
		}
		for r, got := range all {
			if !bytes.Equal(got, want[:min(r, len(want))]) {
				return fmt.Errorf("rank %d collects %q of rank %d", m.Rank(), got, r)
			}
		}
	}
	return nil
}

// A rank waits for an order longer than the patience, and rank 0 ends the group in good order.
func TestOrdersAreAwaited(t *testing.T) {
	t.Parallel()
	const patience = 200 * time.Millisecond
	list, e := processes(t, 3, patience)
	errs := atOnce(list, func(p *Process) error {
		if p.Rank() == 0 {
			time.Sleep(5 * patience)
			return p.End(0)
		}
		if _, err := p.Told(); !errors.Is(err, ErrOver) {
			return fmt.Errorf("rank %d: %w", p.Rank(), err)
		}
		return p.End(0)
	})
	if err := errors.Join(errs...); err != nil || len(e.aborted) > 0 {
		t.Errorf("%v, aborted with %v", err, e.aborted)
	}
}

// A process that stands still is named by all others, with its host, also while they wait for an order; one of them ends all.
func TestStoppedProcessIsNamed(t *testing.T) {
	t.Parallel()
	for _, stopped := range []int{0, 1} {
		list, e := processes(t, 3, time.Second)
		list[stopped].mu.Lock() // it gives no sign of life
		others := slices.Delete(slices.Clone(list), stopped, stopped+1)
		for _, err := range atOnce(others, func(p *Process) error {
			if p.Rank() == 0 {
				return p.Barrier()
			}
			_, err := p.Told()
			return err
		}) {
			var silent *SilentError
			if !errors.As(err, &silent) || !slices.Equal(silent.Ranks, []int{stopped}) || silent.Hosts[0] == "" {
				t.Errorf("rank %d stands still: %v", stopped, err)
			}
		}
		if err := errors.Join(atOnce(others, func(p *Process) error { return p.End(75) })...); err != nil {
			t.Error(err)
		}
		if !slices.Equal(e.aborted, []int{75, 75}) {
			t.Errorf("exit codes %v", e.aborted)
		}
		if others[0].Speaks() == others[1].Speaks() || !others[0].Speaks() {
			t.Error("not one process alone speaks")
		}
		list[stopped].mu.Unlock()
	}
}

// A process that lives but does not take part in an exchange is named, too.
func TestBusyProcessIsNamed(t *testing.T) {
	t.Parallel()
	list, _ := processes(t, 3, time.Second)
	for r, err := range atOnce(list, func(p *Process) error {
		if p.Rank() == 1 {
			return nil
		}
		return p.Barrier()
	}) {
		var silent *SilentError
		if r != 1 && (!errors.As(err, &silent) || !slices.Equal(silent.Ranks, []int{1})) {
			t.Errorf("rank %d: %v", r, err)
		}
	}
}

// A suspended job goes on: no process was silent while all stood still.
func TestSuspendedProcessesGoOn(t *testing.T) {
	t.Parallel()
	const patience = 400 * time.Millisecond
	list, _ := processes(t, 2, patience)
	for _, p := range list {
		p.mu.Lock()
	}
	time.Sleep(3 * patience)
	for _, p := range list {
		p.mu.Unlock()
	}
	if err := errors.Join(atOnce(list, func(p *Process) error { return p.Barrier() })...); err != nil {
		t.Error(err)
	}
}

// The error of a rank reaches all others with its rank and host; then all leave in good order.
func TestFailureOfAProcess(t *testing.T) {
	list, e := processes(t, 3, time.Minute)
	cause := errors.New("the device is lost")
	for r, err := range atOnce(list, func(p *Process) error {
		if p.Rank() == 2 {
			p.Abort(cause)
		}
		return p.Barrier()
	}) {
		want := cause.Error()
		if r != 2 {
			want = fmt.Sprintf("rank 2 (%s): %s", list[r].hosts[2], cause)
		}
		if !errors.Is(err, ErrAborted) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("rank %d: %v", r, err)
		}
	}
	if err := errors.Join(atOnce(list, func(p *Process) error { return p.End(1) })...); err != nil || len(e.aborted) > 0 {
		t.Errorf("%v, aborted with %v", err, e.aborted)
	}
}

// A process that stands still at the end is not waited for.
func TestEndOfAStoppedProcess(t *testing.T) {
	t.Parallel()
	list, e := processes(t, 2, time.Second/2)
	list[0].Abort(errors.New("the disk is full"))
	list[1].mu.Lock()
	defer list[1].mu.Unlock()
	if err := list[0].End(1); err != nil || !slices.Equal(e.aborted, []int{1}) {
		t.Errorf("%v, aborted with %v", err, e.aborted)
	}
}

// A request to stop that any process gets reaches all of them.
func TestAsk(t *testing.T) {
	list, _ := processes(t, 3, time.Minute)
	list[2].Ask()
	for _, p := range list[:2] {
		select {
		case <-p.Asked():
		case <-time.After(10 * time.Second):
			t.Errorf("rank %d does not hear of it", p.Rank())
		}
	}
}

// More messages than may be on the way arrive in their order.
func TestManyMessages(t *testing.T) {
	const n = 10 * queued
	list, _ := processes(t, 2, time.Minute)
	errs := atOnce(list, func(p *Process) error {
		x := make([]float32, 1)
		for i := range n {
			if p.Rank() == 0 {
				if err := p.send(1, []float32{float32(i)}); err != nil {
					return err
				}
			} else if err := p.receive(0, x); err != nil || x[0] != float32(i) {
				return fmt.Errorf("message %d is %g: %w", i, x[0], err)
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
