package bench

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/marl"
	"github.com/gmel-go/gmel/marl/ppo"
	"github.com/gmel-go/gmel/nn/machine"
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
	return RanksOptions{TrainOptions: TrainOptions{Config: c, Scenario: s.Population(ieds), Length: time.Millisecond}, Links: Links{Ranks: []int{2, 3}}}
}

func TestRanks(t *testing.T) {
	o := ranksOptions(t, 40)
	rows, err := Ranks(o)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if r.Ranks != i+2 || r.Update != rows[0].Update || r.Share <= 0 || r.Exchange <= 0 || r.Floor <= 0 || r.IEDs != 40 {
			t.Errorf("%+v", r)
		}
		// Rows of 40 IEDs: observation, mask and 7 more numbers. A rank gets those of the others.
		s := o.Scenario
		if want := 4 * int64(o.Config.Worlds*o.Config.SlotsPerIteration*s.IEDs*(s.ObsSize()+s.Actions()+7)); r.RolloutBytes != want/int64(r.Ranks)*int64(r.Ranks-1) {
			t.Errorf("%d bytes of a rollout of %d reach a rank", r.RolloutBytes, want)
		}
		if r.Updates != 16 || r.Rollout != rows[0].Rollout || r.RolloutShare <= 0 || r.Needed != r.needed() {
			t.Errorf("%+v", r)
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

// The ranks of a diffusion model have one exchange an update, of as many floats as the network has parameters, with the loss.
func TestModelRanks(t *testing.T) {
	o := ModelRanksOptions{Model: "xs", Side: 8, Batch: 4, Backend: "auto", Kernels: kernels.Options{Threads: 1}, Length: time.Millisecond, Links: Links{Ranks: []int{2, 4}}}
	rows, err := ModelRanks(o)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := newUNet(o.Model, o.Side, 0)
	if err != nil {
		t.Fatal(err)
	}
	floats := int64(m.Params().Len())
	for i, r := range rows {
		if r.Ranks != o.Ranks[i] || r.Batch != 4 || r.Threads != 1 || r.Update != rows[0].Update || r.Share <= 0 || r.Exchange <= 0 || r.Floor <= 0 {
			t.Errorf("%+v", r)
		}
		if levels := int64(i + 2); r.Bytes/4/levels < floats || r.Bytes/4/levels > floats+machine.Align {
			t.Errorf("%d bytes in turn, %d parameters", r.Bytes, floats)
		}
	}
	line, err := json.Marshal(rows[0])
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := Show(&text, strings.NewReader(string(line))); err != nil || text.String() != ModelRanksTitle(rows[0])+rows[0].Text() {
		t.Errorf("shown as %q, %v", text.String(), err)
	}
	o.Ranks = []int{5}
	if _, err := ModelRanks(o); err == nil || err.Error() != "bench: a batch of 4 is cut in 4 parts, and the ranks are 5; allowed are 2 to 4" {
		t.Errorf("%v", err)
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

// An iteration of 10 updates saves 10 ms each and 100 ms of its rollout, and sends 1 MB each and 10 MB: 20 MB in 0.2 s.
func TestNeededRate(t *testing.T) {
	r := RanksRow{Divided: Divided{Update: 0.03, Share: 0.02, Bytes: 1e6}, Updates: 10, Rollout: 0.3, RolloutShare: 0.2, RolloutBytes: 1e7}
	if got := r.needed(); math.Abs(got-1e8) > 1 {
		t.Errorf("%g bytes/s", got)
	}
	r.Share, r.RolloutShare = 0.03, 0.3
	if got := r.needed(); got != 0 {
		t.Errorf("ranks that save nothing pay from %g bytes/s", got)
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
