package crew

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gmel-go/gmel/kernels/comm"
	"github.com/gmel-go/gmel/nn/train"
)

// numbered is a rank that does nothing and knows its number.
type numbered struct {
	number int
	closed *bool
}

func (n numbered) Do(Order) error                    { return nil }
func (n numbered) Files() (map[string]string, error) { return nil, nil }
func (n numbered) Close() error                      { *n.closed = true; return nil }

// newCrew is a crew of such ranks.
func newCrew(ranks int, patience time.Duration) *Crew[numbered] {
	c := &Crew[numbered]{group: comm.NewGroup(ranks, patience)}
	for n := range ranks {
		c.add(numbered{n, new(bool)})
	}
	return c
}

// The run ends with the error of the rank that failed, not with those of the ranks that waited for it.
func TestCrewReportsTheRankThatFailed(t *testing.T) {
	c, failure := newCrew(5, time.Minute), errors.New("the device is lost")
	err := c.each(func(r numbered) error {
		if r.number == 3 {
			return failure
		}
		return c.group.Rank(r.number).Barrier()
	})
	if !errors.Is(err, failure) || errors.Is(err, comm.ErrAborted) {
		t.Errorf("%v", err)
	}
}

// A rank that hangs is named, whatever the others were doing, and is not waited for.
func TestCrewLeavesARankThatHangs(t *testing.T) {
	c, never := newCrew(3, 2*time.Second), make(chan struct{})
	defer close(never)
	err := c.each(func(r numbered) error {
		if r.number == 1 {
			<-never
		}
		return fmt.Errorf("gathering: %w", c.group.Rank(r.number).Barrier())
	})
	var silent *comm.SilentError
	if !errors.As(err, &silent) || err.Error() != "comm: rank 1 of 3 has not answered for 2s" {
		t.Errorf("%v", err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	for n, r := range c.ranks {
		if *r.closed != (n != 1) {
			t.Errorf("rank %d is closed: %t", n, *r.closed)
		}
	}
}

// A rank that is started otherwise than rank 0, or has other files, is named, with the difference.
func TestRanksAreCompared(t *testing.T) {
	zero := introduction{Host: "n1", Program: "commit abc", Arguments: []string{"train"}, Files: map[string]string{"scenario.tasks.arrivals.trace_file": "sha256:0123456789abcdef"}}
	for want, change := range map[string]func(x *introduction){
		"": func(x *introduction) {},
		"rank 2 (n2) runs another gmel than rank 0 (n1): commit abd there, commit abc here; all ranks need one version": func(x *introduction) { x.Program = "commit abd" },
		`rank 2 (n2) was started with other arguments than rank 0 (n1): ["train" "--seed" "2"] there, ["train"] here`:   func(x *introduction) { x.Arguments = []string{"train", "--seed", "2"} },
		"rank 2 (n2): no such device": func(x *introduction) { x.Fault, x.Usage = "no such device", true },
		"rank 2 (n2): no memory":      func(x *introduction) { x.Fault = "no memory" },
		"rank 2 (n2) has another file in scenario.tasks.arrivals.trace_file than rank 0 (n1)": func(x *introduction) {
			x.Files = map[string]string{"scenario.tasks.arrivals.trace_file": "sha256:ffff456789abcdef"}
		},
	} {
		other := zero
		other.Host = "n2"
		change(&other)
		err := other.differs(zero, 2)
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
		if err != nil && train.IsUsage(err) == slices.Contains([]string{other.Fault}, "no memory") {
			t.Errorf("%v: a fault of the user: %t", err, train.IsUsage(err))
		}
	}
}

// A failure of another process ends the run with its cause.
func TestTeamReportsTheRankThatFailed(t *testing.T) {
	group, failure := comm.NewGroup(2, time.Minute), errors.New("the device is lost")
	errs := make(chan error)
	go func() {
		_, err := group.Rank(1).Told()
		if err == nil {
			err = together(group.Rank(1), func() error { return failure })
		}
		errs <- err
	}()
	err := group.Rank(0).Tell([]byte{1})
	if err == nil {
		err = together(group.Rank(0), func() error { return nil })
	}
	if !errors.Is(err, failure) || !errors.Is(err, comm.ErrAborted) || !errors.Is(<-errs, failure) {
		t.Errorf("%v", err)
	}
}
