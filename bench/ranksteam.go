package bench

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
)

// errand is what rank 0 tells other processes to do: the same exchange several times.
type errand struct {
	Exchange exchanged
	Times    int
}

// FollowRanks is the part of a process in the measurements of rank 0: it exchanges until rank 0 has done.
func FollowRanks(team comm.Member) error {
	for {
		order, err := team.Told()
		if errors.Is(err, comm.ErrOver) {
			return nil
		}
		var e errand
		if err == nil {
			err = json.Unmarshal(order, &e)
		}
		if err == nil {
			_, err = e.run(team)
		}
		if err != nil {
			team.Abort(err) // what the other ranks do not know yet
			return err
		}
	}
}

// run is the time of an errand, which all ranks do.
func (e errand) run(team comm.Member) (seconds float64, err error) {
	if err := team.Barrier(); err != nil {
		return 0, err
	}
	begin := time.Now()
	err = e.Exchange.exchange(team, e.Times)
	return time.Since(begin).Seconds(), err
}

// teamSeconds is the time of an exchange among processes.
func teamSeconds(team comm.Member, x exchanged, length time.Duration) (float64, error) {
	m, err := measure(func(n int) (float64, error) {
		e := errand{x, n}
		order, err := json.Marshal(e)
		if err != nil {
			return 0, err
		}
		if err := team.Tell(order); err != nil {
			return 0, err
		}
		return e.run(team)
	}, length)
	return m.Median, err
}

// longPart is the number of floats of a rank with which the rate is measured: so many that starting a message takes no part in it.
const longPart = 1 << 20

// overTeam measures an exchange among processes, and the rate of their network.
func (d *Divided) overTeam(l *Links, length time.Duration, x exchanged) (err error) {
	d.Processes = l.Processes
	if d.Exchange, err = teamSeconds(l.Team, x, length); err != nil {
		return err
	}
	ranks := int64(l.Team.Size())
	seconds, err := teamSeconds(l.Team, newExchanged(0, longPart*ranks, int(ranks)), length)
	if err != nil {
		return err
	}
	d.Rate = float64(4*longPart*(ranks-1)) / seconds
	d.Floor = float64(d.Bytes) / d.Rate
	return nil
}
