package bench

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// scripted is stock gorgonia under several names, of which some fail.
type scripted struct {
	gorgonia
	ways    []string
	fails   map[string]string // in Check: way -> error
	checked map[string]bool
	load    func() // is called by Load
}

func (s *scripted) Load(ctx context.Context, t Task) ([]string, error) {
	s.checked = map[string]bool{}
	if s.load != nil {
		s.load()
	}
	_, err := s.gorgonia.Load(ctx, t)
	return s.ways, err
}

func (s *scripted) Check(ctx context.Context, way string) ([]Array, error) {
	s.checked[way] = true
	if way == "slow" { // is ended
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	if text := s.fails[way]; text != "" {
		return nil, errors.New(text)
	}
	return s.gorgonia.Check(ctx, way)
}

// Time of the way "fragile" fails once another has been checked, that is in turns with us.
func (s *scripted) Time(ctx context.Context, way string, n int) (float64, error) {
	if way == "fragile" && len(s.checked) > 1 {
		return 0, errors.New("out of memory")
	}
	seconds, err := s.gorgonia.Time(ctx, way, n)
	if way == "fragile" {
		seconds /= 1000 // the fastest
	}
	return seconds, err
}

// run runs a perceptron beside the peer.
func (s *scripted) run(t *testing.T, o Options) Duel {
	t.Helper()
	o.Peers = []Peer{s}
	row, err := Run(MLP(4, 3, 5, 2), o)
	if err = errors.Join(err, s.Close()); err != nil || len(row.Peers) != 1 {
		t.Fatalf("%+v, %v", row.Peers, err)
	}
	return row.Peers[0]
}

// A way that fails is left out with its reason, wherever it fails.
func TestWaysThatFail(t *testing.T) {
	s := &scripted{ways: []string{"large", "fragile", "good"}, fails: map[string]string{"large": "OutOfMemoryError: 68 GiB"}}
	d := s.run(t, onRef())
	if d.Variant != "good" || d.Error != "" || d.Ratio <= 0 || len(d.Tried) != 3 {
		t.Fatalf("%+v", d)
	}
	for i, want := range []string{"OutOfMemoryError: 68 GiB", "out of memory", ""} {
		if d.Tried[i].Error != want {
			t.Errorf("%+v, want the error %q", d.Tried[i], want)
		}
	}
	s = &scripted{ways: []string{"large"}, fails: s.fails}
	if d := s.run(t, onRef()); d.Error != "none of its 1 ways works; large: OutOfMemoryError: 68 GiB" || d.Variant != "" {
		t.Errorf("%+v", d)
	}
}

// The search for the fastest way ends in time, also in the middle of a way, with at least one way tried.
func TestSearch(t *testing.T) {
	s, o := &scripted{ways: []string{"one", "two"}}, onRef()
	o.Search = time.Nanosecond
	d := s.run(t, o)
	if d.Variant != "one" || d.Ratio <= 0 || len(d.Tried) != 2 || d.Tried[1].Error != "not tried: the search of 1ns is over" {
		t.Errorf("%+v", d)
	}
	s.ways, o.Search = []string{"one", "slow"}, 300*time.Millisecond
	if d := s.run(t, o); d.Variant != "one" || len(d.Tried) != 2 || !strings.HasSuffix(d.Tried[1].Error, "the search of 300ms is over") {
		t.Errorf("%+v", d)
	}
}

// Our own figures are told before a peer gets the work, whatever becomes of it.
func TestMeasuredBeforePeers(t *testing.T) {
	var told []Row
	s, o := &scripted{ways: []string{"one"}}, onRef()
	s.load = func() {
		if len(told) != 1 || told[0].Seconds <= 0 || len(told[0].Peers) != 0 {
			t.Errorf("a peer begins after %+v", told)
		}
	}
	o.Measured = func(r Row) error {
		told = append(told, r)
		return nil
	}
	s.run(t, o)
	if len(told) != 1 {
		t.Errorf("the row was told %d times", len(told))
	}
	o.Measured = func(Row) error { return errors.New("no place left") }
	if _, err := Run(MLP(4, 3, 5, 2), o); err == nil || !strings.Contains(err.Error(), "no place left") {
		t.Errorf("%v", err)
	}
}
