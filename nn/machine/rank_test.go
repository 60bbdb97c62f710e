package machine_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	G "gorgonia.org/gorgonia"
	"pgregory.net/rapid"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/nn/machine"
)

// The oracle is the whole Program: every rank of every group ends with its bits in all that outlives a run.
func TestSharesOfRandomGraphsHaveTheBitsOfTheWhole(t *testing.T) {
	backend := open(t, "ref")
	divided := 0
	rapid.Check(t, func(rt *rapid.T) {
		b := random(rt, G.Float32)
		m := build(rt, b, machine.On(backend), machine.Tile(1))
		p, persistent := m.Program(), machine.Persistent(m)
		ranks := rapid.SampledFrom([]int{1, 2, 3, 5, 16}).Draw(rt, "ranks")
		arena := arenaOf(p, persistent, rapid.Uint64().Draw(rt, "numbers"))
		want := slices.Clone(arena)
		if err := ref.Run(p, want); err != nil {
			rt.Fatal(err)
		}
		for r, got := range runShares(rt, backend, p, persistent, arena, ranks) {
			for i, x := range want[:persistent] {
				if math.Float32bits(got[i]) != math.Float32bits(x) && !(x != x && got[i] != got[i]) {
					rt.Fatalf("rank %d of %d: float %d is %g, want %g\n%s", r, ranks, i, got[i], x, p)
				}
			}
		}
		if s, err := share.Of(p, persistent, 0, 2); err == nil && s.Divided() {
			divided++
		}
	})
	if divided == 0 {
		t.Error("no Program was divided")
	}
}

// arenaOf has random numbers where they outlive a run, and NaN in scratch memory.
func arenaOf(p *kernels.Program, persistent int64, seed uint64) []float32 {
	r := rand.New(rand.NewPCG(seed, 0))
	x := make([]float32, p.Arena)
	for i := range x {
		x[i] = float32(math.NaN())
		if int64(i) < persistent {
			x[i] = float32(r.NormFloat64())
		}
	}
	return x
}

// runShares runs a Program on a group, and returns the arenas of all ranks.
func runShares(t rapid.TB, backend kernels.Backend, p *kernels.Program, persistent int64, arena []float32, ranks int) [][]float32 {
	t.Helper()
	group := comm.NewGroup(ranks, 0)
	arenas, errs := make([][]float32, ranks), make([]error, ranks)
	var all sync.WaitGroup
	for r := range ranks {
		all.Go(func() {
			arenas[r], errs[r] = runShare(backend, p, persistent, arena, group.Rank(r))
			if errs[r] != nil {
				group.Abort(errs[r])
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	return arenas
}

func runShare(backend kernels.Backend, p *kernels.Program, persistent int64, arena []float32, c comm.Comm) ([]float32, error) {
	s, err := share.Of(p, persistent, c.Rank(), c.Size())
	if err != nil {
		return nil, err
	}
	run, err := s.Compile(backend, c)
	if err != nil {
		return nil, err
	}
	size := int(max(s.Arena(), p.Arena))
	b, err := backend.Alloc(size)
	if err != nil {
		return nil, err
	}
	if err := b.Upload(0, arena); err != nil {
		return nil, err
	}
	if err := run.Run(b, 1); err != nil {
		return nil, err
	}
	got := make([]float32, size)
	return got, errors.Join(b.Download(got, 0), run.Close(), b.Close())
}
