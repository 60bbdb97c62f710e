package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gmel-go/gmel/kernels/share"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/sim"
)

// RanksRow is an iteration of a configuration that ranks divide: a rollout, and updates. Times are medians in seconds.
type RanksRow struct {
	Name   string `json:"name"` // "ranks"
	Algo   string `json:"algo"`
	IEDs   int    `json:"ieds"`
	Worlds int    `json:"worlds"`
	Divided

	Updates      int     `json:"updates"`         // that follow a rollout
	Rollout      float64 `json:"rollout_seconds"` // of one rank that is alone
	RolloutShare float64 `json:"rollout_share_seconds"`
	RolloutBytes int64   `json:"rollout_bytes"` // that a rank gets of what the others have played; 0: each plays all worlds
}

// RanksOptions of Ranks.
type RanksOptions struct {
	TrainOptions
	Links
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
		row := RanksRow{Divided: Divided{Ranks: n, Update: update.seconds}, Rollout: rollout.seconds}
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
	return r.network(&o.Links, o.Length, summed, gathered)
}

// needed is the rate of a network, in bytes/s, that takes as long for an iteration as ranks save.
func (r *RanksRow) needed() float64 {
	n := float64(r.Updates)
	return paysFrom(n*float64(r.Bytes)+float64(r.RolloutBytes), n*(r.Update-r.Share)+r.Rollout-r.RolloutShare)
}

// measured is what a rank computes without the others.
type measured struct {
	rankTime
	part     *share.Share // of an update
	gathered int64        // floats of a rollout
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
	backend, err := x.open(o.Config.Backend, trainKernels(&o.Config))
	if err != nil {
		return x, err
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
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
	r.by(&x.rankTime, c.Threads)
}

// RanksTitle is the heading of a table of rows.
func RanksTitle(r RanksRow) string {
	return r.where() +
		fmt.Sprintf("%35s%-52s %-30s %s\n", "", "an update", "the rollout before it", "an iteration") +
		fmt.Sprintf("%-10s %6s %6s %6s | %s | %8s %8s %10s | %s\n",
			"algo", "IEDs", "worlds", "ranks", dividedTitle, "alone", "share", "MB", paysTitle)
}

// Text is the row of the table.
func (r *RanksRow) Text() string {
	return fmt.Sprintf("%-10s %6d %6d %6d | %s | %8.3g %8.3g %10.3g | %s\n", r.Algo, r.IEDs, r.Worlds, r.Ranks, r.times(),
		1e3*r.Rollout, 1e3*r.RolloutShare, float64(r.RolloutBytes)/1e6, r.pays())
}
