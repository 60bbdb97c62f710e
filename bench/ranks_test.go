package bench

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/sim"
)

// ranksOptions are those of an update that is divided if it has enough IEDs.
func ranksOptions(t *testing.T, ieds int) RanksOptions {
	s, err := sim.Load("population:8")
	if err != nil {
		t.Fatal(err)
	}
	c := marl.DefaultOf("amarl-ppo")
	c.Worlds, c.SlotsPerIteration, c.WarmupSlots, c.Threads = 4, 8, 4, 1
	own := c.Own.(*ppo.Config)
	own.Hidden, own.ActorHidden, own.Minibatches = 32, 32, 4
	return RanksOptions{TrainOptions: TrainOptions{Config: c, Scenario: s.Population(ieds), Length: time.Millisecond}, Ranks: []int{2, 3}}
}

func TestRanks(t *testing.T) {
	rows, err := Ranks(ranksOptions(t, 40))
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if r.Ranks != i+2 || r.Update != rows[0].Update || r.Share <= 0 || r.Exchange <= 0 || r.Floor <= 0 || r.IEDs != 40 {
			t.Errorf("%+v", r)
		}
		if saved := r.Update - r.Share; saved > 0 && r.Needed != float64(r.Bytes)/saved {
			t.Errorf("%+v: a network of %g bytes/s begins to pay", r, r.Needed)
		}
	}
	if len(rows) != 2 || rows[1].Bytes <= rows[0].Bytes { // the tree of three ranks has two levels
		t.Errorf("%+v", rows)
	}
	line, err := json.Marshal(rows[0])
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := Show(&text, strings.NewReader(string(line))); err != nil || text.String() != RanksTitle(rows[0])+rows[0].Text() {
		t.Errorf("shown as %q, %v", text.String(), err)
	}
}

// Processes that exchange are measured with the rate of their network. Here they are goroutines.
func TestRanksOfATeam(t *testing.T) {
	o, group := ranksOptions(t, 40), comm.NewGroup(3, time.Minute)
	o.Ranks, o.Team, o.Processes = []int{3}, group.Rank(0), "channels"
	errs := make(chan error)
	for r := 1; r < 3; r++ {
		go func() { errs <- FollowRanks(group.Rank(r)) }()
	}
	rows, err := Ranks(o)
	group.End()
	if err := errors.Join(err, <-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	r := rows[0]
	if r.Ranks != 3 || r.Exchange <= 0 || r.Rate <= 0 || r.Floor != float64(r.Bytes)/r.Rate || !strings.Contains(RanksTitle(r), "processes over channels") {
		t.Errorf("%+v", r)
	}
}

func TestRanksOfASmallUpdate(t *testing.T) {
	if _, err := Ranks(ranksOptions(t, 2)); err == nil || !strings.Contains(err.Error(), "too small to be divided") {
		t.Errorf("%v", err)
	}
}

// Two ranks send a sum along the chain and back; with four, the tree that tells it has two levels.
func TestBytesInTurn(t *testing.T) {
	for _, x := range []struct {
		summed, gathered int64
		ranks            int
		want             int64
	}{{10, 0, 2, 80}, {10, 0, 4, 120}, {10, 0, 16, 200}, {0, 12, 3, 32}, {10, 12, 4, 156}} {
		if got := bytesInTurn(x.summed, x.gathered, x.ranks); got != x.want {
			t.Errorf("%+v: %d", x, got)
		}
	}
}
