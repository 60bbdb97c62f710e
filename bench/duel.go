package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// DefaultPatience is the default of Options.Patience; a compiler may take minutes for a way.
const DefaultPatience = 20 * time.Minute

// longestTurn is the length of one turn in long measurements: many turns matter more than long ones.
const longestTurn = 300 * time.Millisecond

// contest is a case on our side, with the inputs of its peers and the results that they must have.
type contest struct {
	c     Case
	r     Running
	o     *Options
	task  Task
	found []Array // results of r, once a peer has accepted the task
}

// duels measures every peer that knows the case, in turns with r. What fails on a peer's side is told in its Duel;
// an error is ours.
func duels(c Case, r Running, o *Options, threads int) (list []Duel, err error) {
	if len(o.Peers) == 0 || c.Peer == "" {
		return nil, nil
	}
	given, err := r.Given()
	if err != nil {
		return nil, err
	}
	x := &contest{c: c, r: r, o: o, task: Task{c.Peer, c.Sizes, threads, given}}
	for _, p := range o.Peers {
		ways, err := x.load(p)
		if err == nil && len(ways) == 0 {
			continue
		}
		d := Duel{Peer: p.Name(), Goal: c.Goals[p.Family()]}
		if err != nil {
			d.Error = err.Error()
		} else if err := x.against(p, ways, &d); err != nil {
			return nil, err
		}
		if d.Error != "" {
			o.say("%s %s: no ratio to %s: %s", c.Name, c.Shape, d.Peer, d.Error)
		}
		list = append(list, d)
	}
	return list, nil
}

// patient is a context with the time limit of one way.
func (x *contest) patient() (context.Context, context.CancelFunc) {
	limit := cmp.Or(x.o.Patience, DefaultPatience)
	return context.WithTimeoutCause(context.Background(), limit, fmt.Errorf("the patience of %s is over", limit))
}

// searching is a context with the time limit of one way in a search, which ends with the search once a way has worked.
func (x *contest) searching(begin time.Time, d *Duel) (context.Context, context.CancelFunc) {
	ctx, done := x.patient()
	if x.o.Search == 0 || len(d.working()) == 0 {
		return ctx, done
	}
	ctx, cut := context.WithDeadlineCause(ctx, begin.Add(x.o.Search), x.over())
	return ctx, func() { cut(); done() }
}

func (x *contest) over() error { return fmt.Errorf("the search of %s is over", x.o.Search) }

// load passes the task to a peer, and restarts the peer if it has ended.
func (x *contest) load(p Peer) (ways []string, err error) {
	ctx, done := x.patient()
	defer done()
	return p.Load(ctx, x.task)
}

// against finds the fastest of the peer's ways that do the same work, and measures it in turns with ours. If that fails,
// it uses the next one.
func (x *contest) against(p Peer, ways []string, d *Duel) (err error) {
	if x.found == nil {
		if x.found, err = x.r.Found(); err != nil {
			return err
		}
	}
	x.choose(p, ways, d)
	for _, t := range d.working() {
		x.o.say("%s %s in turns with %s, %s", x.c.Name, x.c.Shape, d.Peer, t.Variant)
		theirs, err := x.fight(p, t.Variant, d)
		if err != nil {
			return err
		}
		if theirs == nil {
			d.Variant, d.Agreement = t.Variant, t.Agreement
			return nil
		}
		if err := x.failed(p, t, theirs); err != nil {
			break
		}
	}
	d.Error = fmt.Sprintf("none of its %d ways works", len(ways))
	if len(d.Tried) > 0 {
		d.Error += fmt.Sprintf("; %s: %s", d.Tried[0].Variant, d.Tried[0].Error)
	}
	return nil
}

// working are the ways without an error, the fastest first.
func (d *Duel) working() (list []*Tried) {
	for i := range d.Tried {
		if d.Tried[i].Error == "" {
			list = append(list, &d.Tried[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *Tried) int { return cmp.Compare(a.Seconds, b.Seconds) })
	return list
}

// choose checks every way of the peer against what we found, and times it. Once a way has worked and Options.Search is over, the
// way at hand is ended and no further one is begun.
func (x *contest) choose(p Peer, ways []string, d *Duel) {
	begin, over := time.Now(), error(nil)
	for _, way := range ways {
		if over == nil && x.o.Search > 0 && len(d.working()) > 0 && time.Since(begin) >= x.o.Search {
			over = x.over()
		}
		t := Tried{Variant: way}
		if over != nil {
			t.Error = "not tried: " + over.Error()
		} else {
			x.o.say("  %s, %s", d.Peer, way)
			ctx, done := x.searching(begin, d)
			if err := x.try(ctx, p, &t); err != nil {
				over = x.failed(p, &t, err)
			}
			done()
		}
		d.Tried = append(d.Tried, t)
	}
}

// try checks and times one way.
func (x *contest) try(ctx context.Context, p Peer, t *Tried) (err error) {
	if t.Agreement, err = agreement(ctx, p, t.Variant, x.found, ToleranceOf(x.o.Kernels.Precision)); err != nil {
		return err
	}
	m, err := measure(func(n int) (float64, error) { return p.Time(ctx, t.Variant, n) }, x.o.Length/4)
	t.Seconds = m.Median
	return err
}

// failed records why a way is left out. If the peer has ended, it is loaded again for the other ways; an error means that this failed.
func (x *contest) failed(p Peer, t *Tried, err error) error {
	t.Error, t.Agreement = err.Error(), 0
	x.o.say("  %s, %s, is left out: %s", p.Name(), t.Variant, t.Error)
	if !errors.As(err, &ended{}) {
		return nil
	}
	if _, err := x.load(p); err != nil {
		return fmt.Errorf("the peer does not begin anew: %w", err)
	}
	return nil
}

// fight times the two sides in turns. The first error is the peer's, the second ours.
func (x *contest) fight(p Peer, way string, d *Duel) (theirs, ours error) {
	own := func(n int) (s float64, err error) {
		s, ours = clock(x.r)(n)
		return s, ours
	}
	other := func(n int) (float64, error) {
		ctx, done := x.patient()
		defer done()
		return p.Time(ctx, way, n)
	}
	err := d.turns(own, other, x.o.Length)
	if ours != nil {
		return nil, ours
	}
	return err, nil
}

// turns runs the two sides alternately in short slices of time.
func (d *Duel) turns(own, other timer, length time.Duration) error {
	turn := min(longestTurn, length/5)
	ours, err := calibrate(own, turn)
	if err != nil {
		return err
	}
	theirs, err := calibrate(other, turn)
	if err != nil {
		return err
	}
	var a, b, ratio []float64
	for end := time.Now().Add(2 * length); len(ratio) < 5 || time.Now().Before(end); {
		x, err := own(ours)
		if err != nil {
			return err
		}
		y, err := other(theirs)
		if err != nil {
			return err
		}
		a, b = append(a, x/float64(ours)), append(b, y/float64(theirs))
		ratio = append(ratio, b[len(b)-1]/a[len(a)-1])
	}
	d.Own, d.Seconds, d.Rounds = quantile(a, 0.5), quantile(b, 0.5), len(ratio)
	d.Ratio, d.RatioLow, d.RatioHigh = quantile(ratio, 0.5), quantile(ratio, 0.25), quantile(ratio, 0.75)
	return nil
}
