package bench

import (
	"errors"
	"fmt"
	"math/bits"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
)

// Divided is an update that ranks divide. Times are medians in seconds.
type Divided struct {
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

	Needed float64 `json:"needed_rate"` // bytes/s of a network with which ranks begin to pay; 0: they never do

	Processes string  `json:"processes,omitempty"` // what they talk with; "": goroutines
	Rate      float64 `json:"rate,omitempty"`      // bytes/s from each process to the next while all send
}

// Links are the groups of ranks to measure.
type Links struct {
	Ranks []int // each 2 or more
	// Team has this process as its rank 0, and others that call FollowRanks: they exchange instead of goroutines, and Ranks
	// is their number. Processes says what they talk with.
	Team      comm.Member
	Processes string
}

// rankTime is what a rank needs without the others.
type rankTime struct {
	seconds float64
	backend string
	device  kernels.Info
}

// open opens the backend of a rank. The caller closes it.
func (x *rankTime) open(name string, o kernels.Options) (kernels.Backend, error) {
	backend, err := kernels.Open(name, o)
	if err != nil {
		return nil, err
	}
	info, err := kernels.Describe(backend.Name())
	if err != nil {
		return nil, errors.Join(err, backend.Close())
	}
	x.backend, x.device = backend.Name(), info.For(o)
	return backend, nil
}

// by notes what has computed, with a number of threads, or with those of the device if it is 0.
func (d *Divided) by(x *rankTime, threads int) {
	d.Backend, d.Device, d.Threads, d.Commit, d.Go = x.backend, x.device.Device, x.device.Threads, commit(), goVersion()
	if threads > 0 {
		d.Threads = threads
	}
}

// network measures the exchange of an update, and what bounds it.
func (d *Divided) network(l *Links, length time.Duration, summed, gathered int64) (err error) {
	if l.Team != nil {
		return d.overTeam(l, length, newExchanged(summed, gathered, d.Ranks))
	}
	if d.Exchange, err = exchangeSeconds(summed, gathered, d.Ranks, length); err != nil {
		return err
	}
	d.Floor, err = copySeconds(d.Bytes, length)
	return err
}

// paysFrom is the rate of a network, in bytes/s, that takes as long as ranks save; 0: they save nothing.
func paysFrom(bytes, saved float64) float64 {
	if saved <= 0 {
		return 0
	}
	return bytes / saved
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

// where is the first line above a table: what computes, and what the exchange passes through.
func (d *Divided) where() string {
	where := "goroutines"
	if d.Processes != "" {
		where = fmt.Sprintf("processes over %s, %.3g MB/s from one to the next", d.Processes, d.Rate/1e6)
	}
	return fmt.Sprintf("%s (%s), threads %d for each rank; exchange among %s; times in ms\n", d.Backend, d.Device, d.Threads, where)
}

// Titles of what times and pays print.
var (
	dividedTitle = fmt.Sprintf("%8s %8s %10s %8s %10s", "alone", "share", "exchange", "floor", "MB")
	paysTitle    = "a network pays from"
)

func (d *Divided) times() string {
	return fmt.Sprintf("%8.3g %8.3g %10.3g %8.3g %10.3g", 1e3*d.Update, 1e3*d.Share, 1e3*d.Exchange, 1e3*d.Floor, float64(d.Bytes)/1e6)
}

func (d *Divided) pays() string {
	if d.Needed == 0 {
		return "never"
	}
	return fmt.Sprintf("%.3g MB/s, %.3g Gbit/s", d.Needed/1e6, 8*d.Needed/1e9)
}
