package run

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"
)

// Span is a time that was measured several times, in seconds.
type Span struct {
	Median float64 `json:"median_s"`
	Low    float64 `json:"low_s"`
	High   float64 `json:"high_s"`
}

// spanOf is the median of some times, and their range.
func spanOf(times []float64) Span {
	sorted := slices.Sorted(slices.Values(times))
	n := len(sorted)
	return Span{Median: (sorted[(n-1)/2] + sorted[n/2]) / 2, Low: sorted[0], High: sorted[n-1]}
}

// clock measures what follows each other.
type clock struct{ last time.Time }

func newClock() *clock { return &clock{time.Now()} }

// lap is the time since the last lap, in seconds.
func (c *clock) lap() float64 {
	now := time.Now()
	d := now.Sub(c.last)
	c.last = now
	return d.Seconds()
}

// Call is a cell of the table: a call that makes a batch of samples. Measured 0 says that the time is a product:
// the batch's fixed time and its time of an evaluation times the evaluations.
type Call struct {
	Batch       int `json:"batch"`
	Steps       int `json:"steps"`
	Evaluations int `json:"evaluations"` // of the network, one after the other
	Measured    int `json:"measured"`    // calls
	Span
}

// BatchCost is the time of the calls of a batch by their evaluations, fixed + evaluations * evaluation.
type BatchCost struct {
	Batch      int     `json:"batch"`
	Fixed      float64 `json:"fixed_s"`
	Evaluation float64 `json:"evaluation_s"`
	Deviation  float64 `json:"deviation"`   // largest share by which a measured call differs from that
	ArenaBytes int64   `json:"arena_bytes"` // memory of the sampler, parameters included
}

// batch measures the calls of a batch. Those that would take more than their share of the time are products.
func (p *profiler) batch(ctx context.Context, n int) (cost BatchCost, calls []Call, err error) {
	cost.Batch = n
	for _, steps := range p.Steps {
		c := Call{Batch: n, Steps: steps}
		plan, err := p.g.plan(p.sample(p.Samplers[0], steps))
		if err != nil {
			return cost, nil, err
		}
		c.Evaluations = len(plan)
		if fit := lineOf(calls); len(calls) == 0 || fit.at(c.Evaluations) <= p.share().Seconds() {
			times, bytes, err := p.call(ctx, n, steps)
			if err != nil {
				return cost, nil, err
			}
			c.Measured, c.Span, cost.ArenaBytes = len(times), spanOf(times), max(cost.ArenaBytes, bytes)
		}
		calls = append(calls, c)
		p.done++
		p.Timed(p.done, p.cells())
	}
	fit := lineOf(calls)
	cost.Fixed, cost.Evaluation, cost.Deviation = fit.fixed, fit.each, fit.deviation(calls)
	for i := range calls {
		if c := &calls[i]; c.Measured == 0 {
			t := fit.at(c.Evaluations)
			c.Span = Span{Median: t, Low: t, High: t}
		}
	}
	return cost, calls, nil
}

// call times a cell: up to Repeats calls in its share of the time. The first call, which finds nothing in the caches, counts
// only if there is no time for another.
func (p *profiler) call(ctx context.Context, n, steps int) (times []float64, bytes int64, err error) {
	end := time.Now().Add(p.share())
	s, _, err := p.open(p.g, n, steps)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	request := p.request(n)
	for i := 0; i <= p.Repeats && (i == 0 || time.Now().Before(end)); i++ {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		clock := newClock()
		if _, err := s.Run(request); err != nil {
			return nil, 0, err
		}
		times = append(times, clock.lap())
	}
	if len(times) > 1 {
		times = times[1:]
	}
	return times, s.Bytes(), nil
}

// line is the time of a call by its evaluations.
type line struct{ fixed, each float64 }

func (l line) at(evaluations int) float64 { return l.fixed + l.each*float64(evaluations) }

// lineOf goes through the measured calls with the fewest and the most evaluations. If there is one alone, or if noise hides
// what an evaluation takes, the fixed part is 0.
func lineOf(calls []Call) line {
	var first, last *Call
	for i := range calls {
		if c := &calls[i]; c.Measured > 0 {
			if first == nil {
				first = c
			}
			last = c
		}
	}
	if first == nil {
		return line{}
	}
	alone := line{each: last.Median / float64(last.Evaluations)}
	if last.Evaluations == first.Evaluations {
		return alone
	}
	each := (last.Median - first.Median) / float64(last.Evaluations-first.Evaluations)
	fixed := first.Median - each*float64(first.Evaluations)
	if each <= 0 || fixed < 0 {
		return alone
	}
	return line{fixed, each}
}

// deviation is the largest share by which a measured call differs from the line.
func (l line) deviation(calls []Call) (worst float64) {
	for _, c := range calls {
		if c.Measured > 0 {
			worst = max(worst, math.Abs(l.at(c.Evaluations)/c.Median-1))
		}
	}
	return worst
}
