package comm

import (
	"slices"
	"sync"
	"testing"
	"time"
)

// exchange is an MPI library in this process, for ranks that are goroutines.
type exchange struct {
	mu      sync.Mutex
	posted  [][]letter // by receiver
	aborted []int      // exit codes
	leaving sync.WaitGroup
}

type letter struct {
	from, tag int
	x         []float32
}

func newExchange(ranks int) *exchange {
	e := &exchange{posted: make([][]letter, ranks)}
	e.leaving.Add(ranks)
	return e
}

// desk is the library of a rank.
type desk struct {
	*exchange
	own int
}

func (d *desk) name() string { return "in this process" }
func (d *desk) rank() int    { return d.own }
func (d *desk) size() int    { return len(d.posted) }

func (d *desk) send(to, tag int, x []float32) (transfer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.posted[to] = append(d.posted[to], letter{d.own, tag, slices.Clone(x)})
	return &flight{}, nil
}

func (d *desk) receive() (from, tag int, t transfer, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.posted[d.own]) == 0 {
		return 0, 0, nil, nil
	}
	l := d.posted[d.own][0]
	d.posted[d.own] = d.posted[d.own][1:]
	return l.from, l.tag, &flight{x: l.x}, nil
}

func (d *desk) abort(code int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.aborted = append(d.aborted, code)
}

func (d *desk) leave(int) error {
	d.leaving.Done()
	d.leaving.Wait()
	return nil
}

// flight is a message that is there at the third look.
type flight struct {
	x     []float32
	looks int
}

func (f *flight) done() (bool, error) { f.looks++; return f.looks > 2, nil }
func (f *flight) floats() []float32   { return f.x }
func (f *flight) free()               { f.x = nil }

// processes starts ranks that are goroutines.
func processes(t *testing.T, ranks int, patience time.Duration) ([]*Process, *exchange) {
	t.Helper()
	e, list, errs := newExchange(ranks), make([]*Process, ranks), make([]error, ranks)
	var all sync.WaitGroup
	for r := range ranks {
		all.Go(func() {
			list[r], errs[r] = start(func() (library, error) { return &desk{e, r}, nil }, patience)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	return list, e
}

// atOnce does something on all ranks at the same time.
func atOnce(list []*Process, do func(p *Process) error) []error {
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for r, p := range list {
		all.Go(func() { errs[r] = do(p) })
	}
	all.Wait()
	return errs
}
