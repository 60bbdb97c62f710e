package bench

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// RanksRow is an update of a configuration that ranks divide. Times are medians in seconds.
type RanksRow struct {
	Name    string `json:"name"` // "ranks"
	Algo    string `json:"algo"`
	IEDs    int    `json:"ieds"`
	Worlds  int    `json:"worlds"`
	Ranks   int    `json:"ranks"`
	Backend string `json:"backend"`
	Device  string `json:"device"`
	Threads int    `json:"threads"` // of one rank
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`

	Update   float64 `json:"update_seconds"`   // of one rank that is alone
	Share    float64 `json:"share_seconds"`    // of the rank with the largest share, without the exchange
	Exchange float64 `json:"exchange_seconds"` // among goroutines of this process
	Floor    float64 `json:"floor_seconds"`    // a copy of Bytes in this process
	Bytes    int64   `json:"bytes"`            // one after the other, see bytesInTurn
	Needed   float64 `json:"needed_rate"`      // bytes/s of a network with which ranks begin to pay; 0: they never do
}

// RanksOptions of Ranks.
type RanksOptions struct {
	TrainOptions
	Ranks []int // each 2 or more
}

// Ranks measures an update alone, and what a rank of each group runs of it. The ranks are measured one after the other, each with
// all threads, as if it had a machine of its own. Algorithms whose update is not divided are an error.
func Ranks(o RanksOptions) (rows []RanksRow, err error) {
	alone, err := updateSeconds(o.TrainOptions, nil)
	if err != nil {
		return nil, err
	}
	for _, n := range o.Ranks {
		row := RanksRow{Ranks: n, Update: alone.seconds}
		last := solo{rank: n - 1, size: n} // the last rank has the most segments
		x, err := updateSeconds(o.TrainOptions, last)
		if err != nil {
			return nil, err
		}
		row.describe(&o.TrainOptions, x)
		summed, gathered := x.part.Floats()
		if summed == 0 {
			return nil, fmt.Errorf("bench: an update of %s with %d IEDs is too small to be divided", row.Algo, row.IEDs)
		}
		row.Share, row.Bytes = x.seconds, bytesInTurn(summed, gathered, n)
		if row.Exchange, err = exchangeSeconds(summed, gathered, n, o.Length); err != nil {
			return nil, err
		}
		if row.Floor, err = copySeconds(row.Bytes, o.Length); err != nil {
			return nil, err
		}
		if saved := row.Update - row.Share; saved > 0 {
			row.Needed = float64(row.Bytes) / saved
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// updated is an update that was measured.
type updated struct {
	seconds float64
	part    *share.Share // nil for a rank that is alone
	backend string
	device  kernels.Info
}

// updateSeconds measures an update, or the share of a rank in it; group is nil for a rank that is alone.
func updateSeconds(o TrainOptions, group comm.Comm) (x updated, err error) {
	if err := room(o.Scenario, o.Config.Worlds); err != nil {
		return x, err
	}
	worlds, err := sim.New(o.Scenario, o.Config.Worlds, 1)
	if err != nil {
		return x, err
	}
	worlds.RecordTasks(false)
	backend, err := kernels.Open(o.Config.Backend, trainKernels(&o.Config))
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	info, err := kernels.Describe(backend.Name())
	if err != nil {
		return x, err
	}
	x.backend, x.device = backend.Name(), info.For(trainKernels(&o.Config))
	t, err := marl.Plan(o.Config, marl.OffloadingFor(&o.Config, worlds), backend, 1)
	if err != nil {
		return x, err
	}
	if group != nil {
		t.Join(group)
	}
	if err := t.Memory().Fit(train.FreeMemory(backend)); err != nil {
		return x, err
	}
	if err := t.Open(); err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if group != nil {
		if x.part, err = share.Of(t.UpdateProgram(), t.Session().Persistent(), group.Rank(), group.Size()); err != nil {
			return x, err
		}
	}
	x.seconds, err = updatesOf(t, o.Length)
	return x, err
}

// updatesOf is the median time of an update after a rollout.
func updatesOf(t *marl.Trainer, length time.Duration) (float64, error) {
	for _, prepare := range []func() error{func() error { return t.WarmUp(context.Background()) }, t.Rollout, t.Prepare} {
		if err := prepare(); err != nil {
			return 0, err
		}
	}
	m, err := measure(func(n int) (float64, error) {
		begin := time.Now()
		err := t.Repeat(n)
		return time.Since(begin).Seconds(), err
	}, length)
	return m.Median, err
}

// describe fills in what was measured.
func (r *RanksRow) describe(o *TrainOptions, x updated) {
	c := &o.Config
	r.Name, r.Algo, r.IEDs, r.Worlds = "ranks", c.Algo, o.Scenario.IEDs, c.Worlds
	r.Backend, r.Device, r.Threads, r.Commit, r.Go = x.backend, x.device.Device, x.device.Threads, commit(), goVersion()
	if c.Threads > 0 {
		r.Threads = c.Threads
	}
}

// bytesInTurn are the bytes of an exchange that cannot be on the way at the same time: the sums pass through the chain in
// chunks, nearly at once, then down a tree of ranks, and each rank gets what the others gather.
func bytesInTurn(summed, gathered int64, ranks int) int64 {
	levels := int64(bits.Len(uint(ranks - 1)))
	return 4 * (summed*(1+levels) + gathered*int64(ranks-1)/int64(ranks))
}

// exchangeSeconds is the time of an exchange among goroutines.
func exchangeSeconds(summed, gathered int64, ranks int, length time.Duration) (float64, error) {
	ends := make([]int, ranks)
	for r := range ends {
		ends[r] = int(gathered) * (r + 1) / ranks
	}
	m, err := measure(func(n int) (float64, error) {
		group, errs := comm.NewGroup(ranks, 0), make([]error, ranks)
		begin := time.Now()
		var all sync.WaitGroup
		for r := range ranks {
			all.Go(func() {
				if errs[r] = exchange(group.Rank(r), int(summed), ends, n); errs[r] != nil {
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
func exchange(c comm.Comm, summed int, ends []int, n int) error {
	sum, all := make([]float32, summed), make([]float32, ends[len(ends)-1])
	own := comm.Rows{Width: summed, Floats: make([]float32, summed)}
	for range n {
		if err := c.Chain(sum, own); err != nil {
			return err
		}
		if len(all) > 0 {
			if err := c.Allgather(all, ends); err != nil {
				return err
			}
		}
	}
	return nil
}

// copySeconds is the time of one copy.
func copySeconds(bytes int64, length time.Duration) (float64, error) {
	from, to := make([]byte, bytes), make([]byte, bytes)
	m, err := measure(func(n int) (float64, error) {
		begin := time.Now()
		for range n {
			copy(to, from)
		}
		return time.Since(begin).Seconds(), nil
	}, length)
	return m.Median, err
}

// solo is a rank without the others, to measure what it computes: it adds up its own rows, and gathers zeros.
type solo struct{ rank, size int }

// Rank implements comm.Comm.
func (s solo) Rank() int { return s.rank }

// Size implements comm.Comm.
func (s solo) Size() int { return s.size }

// Barrier implements comm.Comm. There is no rank to wait for.
func (s solo) Barrier() error { return nil }

// Chain implements comm.Comm with the rows of this rank alone.
func (s solo) Chain(sum []float32, own ...comm.Rows) error {
	return comm.NewGroup(1, 0).Rank(0).Chain(sum, own...)
}

// Allgather implements comm.Comm. The parts of other ranks are zeros.
func (s solo) Allgather(all []float32, ends []int) error {
	clear(all[:ends[s.rank]-s.own(ends)])
	clear(all[ends[s.rank]:])
	return nil
}

// own is the number of floats that the rank has.
func (s solo) own(ends []int) int {
	if s.rank == 0 {
		return ends[0]
	}
	return ends[s.rank] - ends[s.rank-1]
}

// RanksTitle is the heading of a table of rows.
func RanksTitle(r RanksRow) string {
	return fmt.Sprintf("%s (%s), threads %d for each rank; times of an update in ms\n%-10s %6s %6s %6s | %8s %8s | %10s %8s %10s | %s\n",
		r.Backend, r.Device, r.Threads, "algo", "IEDs", "worlds", "ranks", "alone", "share", "exchange", "floor", "MB", "a network pays from")
}

// Text is the row of the table.
func (r *RanksRow) Text() string {
	pays := "never"
	if r.Needed > 0 {
		pays = fmt.Sprintf("%.3g MB/s, %.3g Gbit/s", r.Needed/1e6, 8*r.Needed/1e9)
	}
	return fmt.Sprintf("%-10s %6d %6d %6d | %8.3g %8.3g | %10.3g %8.3g %10.3g | %s\n",
		r.Algo, r.IEDs, r.Worlds, r.Ranks, 1e3*r.Update, 1e3*r.Share, 1e3*r.Exchange, 1e3*r.Floor, float64(r.Bytes)/1e6, pays)
}
