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
	Exchange float64 `json:"exchange_seconds"` // among goroutines of this process, or among Processes
	Floor    float64 `json:"floor_seconds"`    // a copy of Bytes in this process, or the time of Bytes at the Rate
	Bytes    int64   `json:"bytes"`            // one after the other, see bytesInTurn
	Needed   float64 `json:"needed_rate"`      // bytes/s of a network with which ranks begin to pay; 0: they never do

	Processes string  `json:"processes,omitempty"` // what they talk with; "": goroutines
	Rate      float64 `json:"rate,omitempty"`      // bytes/s from each process to the next while all send
}

// RanksOptions of Ranks.
type RanksOptions struct {
	TrainOptions
	Ranks []int // each 2 or more
	// Team has this process as its rank 0, and others that call FollowRanks: they exchange instead of goroutines, and Ranks
	// is their number. Processes says what they talk with.
	Team      comm.Member
	Processes string
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
		if err := row.network(&o, summed, gathered); err != nil {
			return nil, err
		}
		if saved := row.Update - row.Share; saved > 0 {
			row.Needed = float64(row.Bytes) / saved
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// network measures the exchange, and what bounds it.
func (r *RanksRow) network(o *RanksOptions, summed, gathered int64) (err error) {
	if o.Team != nil {
		return r.overTeam(o, newExchanged(summed, gathered, r.Ranks))
	}
	if r.Exchange, err = exchangeSeconds(summed, gathered, r.Ranks, o.Length); err != nil {
		return err
	}
	r.Floor, err = copySeconds(r.Bytes, o.Length)
	return err
}

// updated is an update that was measured.
type updated struct {
	seconds float64
	part    *share.Share // nil for a rank that is alone
	backend string
	device  kernels.Info
}

// updateSeconds measures an update, or the share of a rank in it; group is nil for a rank that is alone.
func updateSeconds(o TrainOptions, group marl.Group) (x updated, err error) {
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

// Collect implements marl.Group. The other ranks give nothing.
func (s solo) Collect(own []byte) ([][]byte, error) {
	all := make([][]byte, s.size)
	all[s.rank] = own
	return all, nil
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
	where := "goroutines"
	if r.Processes != "" {
		where = fmt.Sprintf("processes over %s, %.3g MB/s from one to the next", r.Processes, r.Rate/1e6)
	}
	return fmt.Sprintf("%s (%s), threads %d for each rank; exchange among %s; times of an update in ms\n%-10s %6s %6s %6s | %8s %8s | %10s %8s %10s | %s\n",
		r.Backend, r.Device, r.Threads, where, "algo", "IEDs", "worlds", "ranks", "alone", "share", "exchange", "floor", "MB", "a network pays from")
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
