package comm_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/ref"
)

var sizes = []int{1, 2, 3, 5, 16}

// each runs do on every rank of a group, at the same time, and returns the errors.
func each(g *comm.Group, ranks int, do func(c comm.Comm) error) []error {
	errs := make([]error, ranks)
	var all sync.WaitGroup
	for r := range ranks {
		all.Go(func() { errs[r] = do(g.Rank(r)) })
	}
	all.Wait()
	return errs
}

// together is each without errors.
func together(t *testing.T, ranks int, do func(c comm.Comm) error) {
	t.Helper()
	if err := errors.Join(each(comm.NewGroup(ranks, time.Minute), ranks, do)...); err != nil {
		t.Fatal(err)
	}
}

// rowsOf are numbers of very different sizes, so that every order of additions has its own bits.
func rowsOf(rows, n int) []float32 {
	x := make([]float32, rows*n)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)) * math.Pow(10, float64(i*7%11-5)))
	}
	return x
}

// share is the part [from, to) of n things that a rank has.
func share(n, rank, ranks int) (from, to int) { return n * rank / ranks, n * (rank + 1) / ranks }

// The oracle is kernels.OpSumCols on all rows, by the reference interpreter.
func TestChainHasTheBitsOfSumCols(t *testing.T) {
	for _, n := range []int{1, 7, 50_000} {
		const rows = 16
		x := rowsOf(rows, n)
		want := append(slices.Clone(x), make([]float32, n)...)
		d := kernels.Desc{Op: kernels.OpSumCols, Dim: [kernels.MaxDims]int64{rows, int64(n), int64(n)}, Arg: [kernels.MaxArgs]int64{0, int64(rows * n)}}
		d.Scalar[0] = 1
		if err := ref.Exec(&d, want); err != nil {
			t.Fatal(err)
		}
		for _, ranks := range sizes {
			together(t, ranks, func(c comm.Comm) error {
				from, to := share(rows, c.Rank(), ranks)
				sum := make([]float32, n)
				if err := c.Chain(sum, comm.Rows{Width: n, Floats: x[from*n : to*n]}); err != nil {
					return err
				}
				return sameBits(sum, want[rows*n:])
			})
		}
	}
}

func sameBits(got, want []float32) error {
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return fmt.Errorf("element %d is %g, want %g", i, got[i], want[i])
		}
	}
	return nil
}

// Parts of a sum may have different numbers of rows.
func TestChainOfParts(t *testing.T) {
	const a, b, wide = 16, 4, 9000 // more than a message
	x, y := rowsOf(a, 3), rowsOf(b, wide)
	for _, ranks := range sizes {
		together(t, ranks, func(c comm.Comm) error {
			sum, first, second := make([]float32, 3+wide+3), make([]float32, 3), make([]float32, wide)
			from, to := share(a, c.Rank(), ranks)
			least, most := share(b, c.Rank(), ranks)
			one, two := comm.Rows{Width: 3, Floats: x[from*3 : to*3]}, comm.Rows{Width: wide, Floats: y[least*wide : most*wide]}
			if err := errors.Join(c.Chain(sum, one, two, one), c.Chain(first, one), c.Chain(second, two)); err != nil {
				return err
			}
			return sameBits(sum, slices.Concat(first, second, first))
		})
	}
}

// Ranks without rows take part, too.
func TestChainOfFewRows(t *testing.T) {
	x := rowsOf(2, 3)
	for _, ranks := range sizes {
		together(t, ranks, func(c comm.Comm) error {
			from, to := share(2, c.Rank(), ranks)
			sum := make([]float32, 3)
			if err := c.Chain(sum, comm.Rows{Width: 3, Floats: x[from*3 : to*3]}); err != nil {
				return err
			}
			return sameBits(sum, []float32{x[0] + x[3], x[1] + x[4], x[2] + x[5]})
		})
	}
}

func TestAllgather(t *testing.T) {
	for _, n := range []int{0, 3, 1000} {
		want := rowsOf(1, n)
		for _, ranks := range sizes {
			ends := make([]int, ranks)
			for r := range ends {
				_, ends[r] = share(n, r, ranks)
			}
			together(t, ranks, func(c comm.Comm) error {
				from, to := share(n, c.Rank(), ranks)
				all := make([]float32, n)
				copy(all[from:to], want[from:to])
				if err := c.Allgather(all, ends); err != nil {
					return err
				}
				return sameBits(all, want)
			})
		}
	}
}

// No rank leaves a barrier before the last one has come.
func TestBarrier(t *testing.T) {
	for _, ranks := range sizes {
		var mu sync.Mutex
		here := 0
		together(t, ranks, func(c comm.Comm) error {
			for round := 1; round <= 20; round++ {
				mu.Lock()
				here++
				mu.Unlock()
				if err := c.Barrier(); err != nil {
					return err
				}
				mu.Lock()
				came := here
				mu.Unlock()
				if came < round*ranks {
					return fmt.Errorf("round %d: a rank went on after %d of %d arrivals", round, came, round*ranks)
				}
				if err := c.Barrier(); err != nil { // so that all have looked before the next round begins
					return err
				}
			}
			return nil
		})
	}
}

// A rank that ends without a word, or hangs, is named on all others.
func TestSilentRankIsNamed(t *testing.T) {
	for _, x := range []struct{ ranks, silent int }{{2, 0}, {3, 1}, {5, 4}, {16, 7}} {
		t.Run(fmt.Sprintf("%d of %d", x.silent, x.ranks), func(t *testing.T) {
			t.Parallel()
			named(t, x.ranks, x.silent)
		})
	}
}

// named checks that all ranks but the silent one report it.
func named(t *testing.T, ranks, silent int) {
	errs := each(comm.NewGroup(ranks, 2*time.Second), ranks, func(c comm.Comm) error {
		sum, none := make([]float32, 20_000), comm.Rows{Width: 20_000}
		if err := c.Chain(sum, none); err != nil || c.Rank() == silent {
			return err
		}
		return c.Chain(sum, none)
	})
	for r, err := range errs {
		var named *comm.SilentError
		if r != silent && (!errors.As(err, &named) || !slices.Equal(named.Ranks, []int{silent})) {
			t.Errorf("rank %d reports %v", r, err)
		}
	}
}

// The error of a rank reaches those that wait for it, at once.
func TestAbort(t *testing.T) {
	cause := errors.New("the disk is full")
	for _, ranks := range []int{2, 5, 16} {
		g := comm.NewGroup(ranks, 0)
		errs := each(g, ranks, func(c comm.Comm) error {
			if c.Rank() == 1 {
				g.Abort(cause)
			}
			return c.Barrier()
		})
		for r, err := range errs {
			if !errors.Is(err, cause) || !errors.Is(err, comm.ErrAborted) {
				t.Errorf("rank %d of %d: %v", r, ranks, err)
			}
		}
	}
}

// Ranks that run different Programs do not exchange numbers.
func TestMismatchIsAnError(t *testing.T) {
	errs := each(comm.NewGroup(2, time.Minute), 2, func(c comm.Comm) error {
		n := 3 + c.Rank()
		return c.Chain(make([]float32, n), comm.Rows{Width: n})
	})
	if err := errors.Join(errs...); err == nil || !strings.Contains(err.Error(), "do not run the same Programs") {
		t.Errorf("%v", err)
	}
}

func TestWrongSizesAreErrors(t *testing.T) {
	c := comm.NewGroup(1, 0).Rank(0)
	for name, err := range map[string]error{
		"rows":  c.Chain(make([]float32, 3), comm.Rows{Width: 3, Floats: make([]float32, 5)}),
		"width": c.Chain(make([]float32, 3), comm.Rows{Width: 2}),
		"ends":  c.Allgather(make([]float32, 5), []int{4}),
		"parts": c.Allgather(make([]float32, 5), []int{2, 5}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
