package bench

import (
	"context"
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// RanksRow is an iteration of a configuration that ranks divide: a rollout, and updates. Times are medians in seconds.
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

	Updates      int     `json:"updates"`         // that follow a rollout
	Rollout      float64 `json:"rollout_seconds"` // of one rank that is alone
	RolloutShare float64 `json:"rollout_share_seconds"`
	RolloutBytes int64   `json:"rollout_bytes"` // that a rank gets of what the others have played; 0: each plays all worlds

	Needed float64 `json:"needed_rate"` // bytes/s of a network with which ranks begin to pay; 0: they never do

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

// Ranks measures an iteration alone, and what a rank of each group runs of it. The ranks are measured one after the other, each with
// all threads, as if it had a machine of its own. Algorithms whose update is not divided are an error.
func Ranks(o RanksOptions) (rows []RanksRow, err error) {
	alone, all := solo{size: 1}, sim.Slice{Worlds: o.Config.Worlds, All: o.Config.Worlds}
	update, err := onRank(o.TrainOptions, alone, all, updateSeconds)
	if err != nil {
		return nil, err
	}
	rollout, err := onRank(o.TrainOptions, alone, all, rolloutSeconds)
	if err != nil {
		return nil, err
	}
	for _, n := range o.Ranks {
		row := RanksRow{Ranks: n, Update: update.seconds, Rollout: rollout.seconds}
		if err := row.measure(&o, all); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// measure measures what the last rank runs, which has the most segments and worlds.
func (r *RanksRow) measure(o *RanksOptions, all sim.Slice) error {
	last := solo{rank: r.Ranks - 1, size: r.Ranks}
	x, err := onRank(o.TrainOptions, last, all, updateSeconds) // it plays all worlds: it gets no rows of other ranks here
	if err != nil {
		return err
	}
	r.describe(&o.TrainOptions, x)
	summed, gathered := x.part.Floats()
	if summed == 0 {
		return fmt.Errorf("bench: an update of %s with %d IEDs is too small to be divided", r.Algo, r.IEDs)
	}
	r.Share, r.Bytes = x.seconds, bytesInTurn(summed, gathered, r.Ranks)
	r.RolloutShare = r.Rollout
	if slice := o.Config.SliceOf(last.rank, last.size); slice != all {
		if x, err = onRank(o.TrainOptions, last, slice, rolloutSeconds); err != nil {
			return err
		}
		r.RolloutShare, r.RolloutBytes = x.seconds, bytesInTurn(0, x.gathered, r.Ranks)
	}
	r.Needed = r.needed()
	return r.network(o, summed, gathered)
}

// network measures the exchange of an update, and what bounds it.
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

// needed is the rate of a network, in bytes/s, that takes as long for an iteration as ranks save.
func (r *RanksRow) needed() float64 {
	saved := float64(r.Updates)*(r.Update-r.Share) + r.Rollout - r.RolloutShare
	if saved <= 0 {
		return 0
	}
	return (float64(r.Updates)*float64(r.Bytes) + float64(r.RolloutBytes)) / saved
}

// measured is what a rank computes without the others.
type measured struct {
	seconds  float64
	part     *share.Share // of an update
	gathered int64        // floats of a rollout
	backend  string
	device   kernels.Info
}

// onRank measures a rank that plays some worlds, after the warm-up and a rollout.
func onRank(o TrainOptions, group solo, played sim.Slice, seconds func(*marl.Trainer, time.Duration) (float64, error)) (x measured, err error) {
	if err := room(o.Scenario, played.Worlds); err != nil {
		return x, err
	}
	worlds, err := sim.NewSlice(o.Scenario, played, 1)
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
	t.Join(group)
	if err := t.Memory().Fit(train.FreeMemory(backend)); err != nil {
		return x, err
	}
	if err := t.Open(); err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, t.Close()) }()
	if x.part, err = share.Of(t.UpdateProgram(), t.Session().Persistent(), group.rank, group.size); err != nil {
		return x, err
	}
	x.gathered = t.GatheredFloats()
	for _, prepare := range []func() error{func() error { return t.WarmUp(context.Background()) }, t.Rollout, t.Prepare} {
		if err := prepare(); err != nil {
			return x, err
		}
	}
	x.seconds, err = seconds(t, o.Length)
	return x, err
}

// updateSeconds is the median time of an update.
func updateSeconds(t *marl.Trainer, length time.Duration) (float64, error) {
	return secondsOf(t.Repeat, length)
}

// rolloutSeconds is the median time of a rollout, with the copies of what is gathered.
func rolloutSeconds(t *marl.Trainer, length time.Duration) (float64, error) {
	return secondsOf(func(n int) error {
		for range n {
			if err := t.Rollout(); err != nil {
				return err
			}
		}
		return nil
	}, length)
}

// secondsOf is the median time of what is done n times.
func secondsOf(do func(n int) error, length time.Duration) (float64, error) {
	m, err := measure(func(n int) (float64, error) {
		begin := time.Now()
		err := do(n)
		return time.Since(begin).Seconds(), err
	}, length)
	return m.Median, err
}

// describe fills in what was measured.
func (r *RanksRow) describe(o *TrainOptions, x measured) {
	c := &o.Config
	r.Name, r.Algo, r.IEDs, r.Worlds, r.Updates = "ranks", c.Algo, o.Scenario.IEDs, c.Worlds, c.UpdatesAtOnce()
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

// copySeconds is the time of one copy.
func copySeconds(bytes int64, length time.Duration) (float64, error) {
	from, to := make([]byte, bytes), make([]byte, bytes)
	return secondsOf(func(n int) error {
		for range n {
			copy(to, from)
		}
		return nil
	}, length)
}

// RanksTitle is the heading of a table of rows.
func RanksTitle(r RanksRow) string {
	where := "goroutines"
	if r.Processes != "" {
		where = fmt.Sprintf("processes over %s, %.3g MB/s from one to the next", r.Processes, r.Rate/1e6)
	}
	return fmt.Sprintf("%s (%s), threads %d for each rank; exchange among %s; times in ms\n", r.Backend, r.Device, r.Threads, where) +
		fmt.Sprintf("%35s%-52s %-30s %s\n", "", "an update", "the rollout before it", "an iteration") +
		fmt.Sprintf("%-10s %6s %6s %6s | %8s %8s %10s %8s %10s | %8s %8s %10s | %s\n",
			"algo", "IEDs", "worlds", "ranks", "alone", "share", "exchange", "floor", "MB", "alone", "share", "MB", "a network pays from")
}

// Text is the row of the table.
func (r *RanksRow) Text() string {
	pays := "never"
	if r.Needed > 0 {
		pays = fmt.Sprintf("%.3g MB/s, %.3g Gbit/s", r.Needed/1e6, 8*r.Needed/1e9)
	}
	return fmt.Sprintf("%-10s %6d %6d %6d | %8.3g %8.3g %10.3g %8.3g %10.3g | %8.3g %8.3g %10.3g | %s\n",
		r.Algo, r.IEDs, r.Worlds, r.Ranks, 1e3*r.Update, 1e3*r.Share, 1e3*r.Exchange, 1e3*r.Floor, float64(r.Bytes)/1e6,
		1e3*r.Rollout, 1e3*r.RolloutShare, float64(r.RolloutBytes)/1e6, pays)
}
