package bench

import (
	"errors"
	"sync"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
)

// exchanged is what an exchange moves: floats that are added up, and the ends of the parts that are gathered.
type exchanged struct {
	Summed int
	Ends   []int
}

func newExchanged(summed, gathered int64, ranks int) exchanged {
	x := exchanged{Summed: int(summed), Ends: make([]int, ranks)}
	for r := range x.Ends {
		x.Ends[r] = int(gathered) * (r + 1) / ranks
	}
	return x
}

// exchangeSeconds is the time of an exchange among goroutines.
func exchangeSeconds(summed, gathered int64, ranks int, length time.Duration) (float64, error) {
	x := newExchanged(summed, gathered, ranks)
	m, err := measure(func(n int) (float64, error) {
		group, errs := comm.NewGroup(ranks, 0), make([]error, ranks)
		begin := time.Now()
		var all sync.WaitGroup
		for r := range ranks {
			all.Go(func() {
				if errs[r] = x.exchange(group.Rank(r), n); errs[r] != nil {
					group.Abort(errs[r])
				}
			})
		}
		all.Wait()
		return time.Since(begin).Seconds(), errors.Join(errs...)
	}, length)
	return m.Median, err
}

// exchange adds up a row and gathers, n times.
func (x exchanged) exchange(c comm.Comm, n int) error {
	sum, all := make([]float32, x.Summed), make([]float32, x.Ends[len(x.Ends)-1])
	own := comm.Rows{Width: x.Summed, Floats: make([]float32, x.Summed)}
	for range n {
		if len(sum) > 0 {
			if err := c.Chain(sum, own); err != nil {
				return err
			}
		}
		if len(all) > 0 {
			if err := c.Allgather(all, x.Ends); err != nil {
				return err
			}
		}
	}
	return nil
}
