package share_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/share"
)

// Tables with rows of every rank in each of three slots; one rank has written none. The arena around them stays as it is.
func TestGather(t *testing.T) {
	const slots, ranks = 3, 4
	rows := share.Rows{N: slots * 5, Ends: []int{2, 3, 3, 5}}
	tables := []share.Table{{At: 7, Width: 4}, {At: 100, Width: 1}}
	owner := func(row int) int { return []int{0, 0, 1, 3, 3}[row%5] }
	group := comm.NewGroup(ranks, 0)
	arenas, errs := make([][]float32, ranks), make([]error, ranks)
	var all sync.WaitGroup
	for rank := range ranks {
		arena := slices.Repeat([]float32{-1 - float32(rank)}, 120) // what other ranks must not get
		for _, x := range tables {
			for i := range rows.N * int(x.Width) {
				if owner(i/int(x.Width)) == rank {
					arena[int(x.At)+i] = float32(i)
				}
			}
		}
		arenas[rank] = arena
		all.Go(func() { errs[rank] = gather(group.Rank(rank), arena, tables, rows) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for rank, got := range arenas {
		want := slices.Repeat([]float32{-1 - float32(rank)}, 120)
		for _, x := range tables {
			for i := range rows.N * int(x.Width) {
				want[int(x.At)+i] = float32(i)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("rank %d has %v", rank, got)
		}
	}
}

// gather runs a Gatherer twice on the numbers of an arena.
func gather(c comm.Comm, arena []float32, tables []share.Table, rows share.Rows) error {
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		return err
	}
	b, err := backend.Alloc(len(arena))
	if err != nil {
		return err
	}
	g := share.NewGatherer(c)
	return errors.Join(b.Upload(0, arena), g.Gather(b, tables, rows), g.Gather(b, tables, rows), b.Download(arena, 0), b.Close(), backend.Close())
}
