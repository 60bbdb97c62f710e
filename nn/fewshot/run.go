package fewshot

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/train"
)

// Options of a run of a study. None changes a number.
type Options struct {
	Folder    string                          // of finished cells; "": they are kept in memory alone
	StealLock bool                            // see train.Options
	Jobs      int                             // draws at once, each on a backend of its own
	Open      func() (kernels.Backend, error) // a backend with one thread
	Progress  func(done, total int)           // cells; nil: none
}

// Run makes the cells of a study that its folder does not have, and returns its table.
func (s *Study) Run(ctx context.Context, o Options) (_ *Table, err error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	if o.Folder != "" {
		release, err := train.Folder(o.Folder).Hold(train.Options{StealLock: o.StealLock})
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	st, err := s.openStore(o.Folder)
	if err != nil {
		return nil, err
	}
	r := &runner{study: s, options: o, store: st, pool: s.newPool()}
	if err := r.main(ctx); err != nil {
		return nil, err
	}
	t, err := s.table(st)
	if err != nil || r.harm == 0 {
		return t, err
	}
	if err := r.each(ctx, s.Harm, func(draw int) []cell { return s.harmCells(t.bar, draw) }); err != nil {
		return nil, err
	}
	t.Harm, err = s.harmTable(st, t.bar)
	return t, err
}

// runner is a run of a study.
type runner struct {
	study   *Study
	options Options
	store   *store
	pool    *pool
	total   int
	harm    int // cells of the comparison that asks for harm
	done    atomic.Int64
	mu      sync.Mutex // of Progress
}

// main makes the cells of the main comparison.
func (r *runner) main(ctx context.Context) error {
	s := r.study
	if s.Harm > 0 && len(s.tested()) > 0 {
		r.harm = len(s.harmCells(s.tested()[0], 0)) * s.Draws
	}
	r.total = len(s.cells(0))*s.Draws + r.harm
	return r.each(ctx, s.K, s.cells)
}

// known counts the cells that the folder has, so that the estimate of the time left is that of the others.
func (r *runner) known(cells func(draw int) []cell) error {
	known := 0
	for draw := range r.study.Draws {
		for _, c := range cells(draw) {
			o, err := r.store.get(&c)
			if err != nil {
				return err
			}
			if o != nil {
				known++
			}
		}
	}
	r.tell(known)
	return nil
}

// tell counts cells, and reports how many are done.
func (r *runner) tell(more int) {
	done := r.done.Add(int64(more))
	if r.options.Progress != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.options.Progress(int(done), r.total)
	}
}

// each works on the cells of all draws, some draws at once.
func (r *runner) each(ctx context.Context, k int, cells func(draw int) []cell) error {
	if err := r.known(cells); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wait sync.WaitGroup
	for range max(1, min(r.options.Jobs, r.study.Draws)) {
		wait.Go(func() {
			if err := r.work(ctx, k, cells, &next); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// work takes one draw after the other.
func (r *runner) work(ctx context.Context, k int, cells func(draw int) []cell, next *atomic.Int64) (err error) {
	backend, err := r.options.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	for {
		draw := int(next.Add(1)) - 1
		if draw >= r.study.Draws {
			return nil
		}
		if err := r.draw(ctx, backend, k, draw, cells(draw)); err != nil {
			return err
		}
	}
}

// draw makes the cells of a draw.
func (r *runner) draw(ctx context.Context, backend kernels.Backend, k, draw int, cells []cell) error {
	b, err := r.study.newBench(backend, k, draw)
	if err != nil {
		return err
	}
	b.show, b.pool = r.store.show, r.pool
	defer b.forget()
	for _, c := range cells {
		if err := r.cell(ctx, b, &c); err != nil {
			return err
		}
	}
	return nil
}

// cell makes a cell unless it is known.
func (r *runner) cell(ctx context.Context, b *bench, c *cell) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o, err := r.store.get(c)
	if err != nil || o != nil {
		return err
	}
	if o, err = b.run(ctx, c); err != nil {
		return err
	}
	if err := r.store.put(c, o); err != nil {
		return err
	}
	r.tell(1)
	return nil
}
