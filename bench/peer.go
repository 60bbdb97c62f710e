package bench

import (
	"fmt"
	"math"
	"time"

	"github.com/gmel-go/gmel/kernels"
)

// Names of the peers in Case.Goals.
const (
	peerTorch    = "torch"
	peerGorgonia = "gorgonia"
)

// Tolerance is how far losses and gradients of a peer, or its rollout, may be from ours, over the largest element of
// the tensor, in fp32.
const Tolerance = 1e-4

// ToleranceOf is the same in another precision: 16 times the most by which rounding changes a factor.
// The errors of the terms of a sum are independent, so that a product of random factors is off by less than
// one such unit of its largest element; but works have up to a dozen products in a row, forward and
// backward, and a peer may cut factors where we round them, or round results too, as PyTorch does in bf16.
// A test compares our own works in both precisions with fp32.
func ToleranceOf(precision string) float64 {
	switch precision {
	case kernels.TF32:
		return 16 * 0x1p-11
	case kernels.BF16:
		return 16 * 0x1p-8
	}
	return Tolerance
}

// Peer is another implementation of the works.
type Peer interface {
	// Family is "torch" or "gorgonia", whose goals hang on it, or another; known after Load.
	Family() string
	// Load hands over a task. It returns the ways in which the peer can do it; none: it cannot.
	Load(t Task) (ways []string, err error)
	// Name is the peer with its version, known after Load.
	Name() string
	// Check does the loaded work once, from the given parameters, and returns what must agree, such as losses and gradients.
	Check(way string) ([]Array, error)
	// Time does the work n times and returns the seconds of all.
	Time(way string, n int) (float64, error)
	// Close ends the peer.
	Close() error
}

// Task is what a peer is given.
type Task struct {
	Work    string
	Sizes   map[string]int
	Threads int
	Given   []Array
}

// longestTurn is the length of one turn in long measurements: many turns matter more than long ones.
const longestTurn = 300 * time.Millisecond

// duels measures every peer that knows the case, in turns with r.
func duels(c Case, r Running, o Options, threads int) (list []Duel, err error) {
	if len(o.Peers) == 0 || c.Peer == "" {
		return nil, nil
	}
	given, err := r.Given()
	if err != nil {
		return nil, err
	}
	found, err := r.Found()
	if err != nil {
		return nil, err
	}
	for _, p := range o.Peers {
		ways, err := p.Load(Task{c.Peer, c.Sizes, threads, given})
		if err != nil {
			return nil, fmt.Errorf("bench: %s: %w", p.Name(), err)
		}
		if len(ways) == 0 {
			continue
		}
		d := Duel{Peer: p.Name(), Goal: c.Goals[p.Family()]}
		if err := d.choose(p, ways, found, &o); err != nil {
			return nil, err
		}
		o.say("%s %s in turns with %s, %s", c.Name, c.Shape, d.Peer, d.Variant)
		if err := d.fight(clock(r), p, &o); err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// choose checks every way of the peer against what we found and keeps the fastest.
func (d *Duel) choose(p Peer, ways []string, found []Array, o *Options) error {
	best := math.Inf(1)
	for _, way := range ways {
		o.say("  %s, %s", d.Peer, way)
		t := Tried{Variant: way}
		worst, err := agreement(p, way, found, ToleranceOf(o.Kernels.Precision))
		if err != nil {
			return err // a peer that does other work is no peer
		}
		m, err := measure(func(n int) (float64, error) { return p.Time(way, n) }, o.Length/4)
		if err != nil {
			return fmt.Errorf("bench: %s, %s: %w", d.Peer, way, err)
		}
		t.Seconds = m.Median
		d.Tried = append(d.Tried, t)
		if m.Median < best {
			best, d.Variant, d.Agreement = m.Median, way, worst
		}
	}
	return nil
}

// fight times the two sides in turns.
func (d *Duel) fight(own timer, p Peer, o *Options) error {
	other := func(n int) (float64, error) { return p.Time(d.Variant, n) }
	turn := min(longestTurn, o.Length/5)
	ours, err := calibrate(own, turn)
	if err != nil {
		return err
	}
	theirs, err := calibrate(other, turn)
	if err != nil {
		return err
	}
	var a, b, ratio []float64
	for end := time.Now().Add(2 * o.Length); len(ratio) < 5 || time.Now().Before(end); {
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

// agreement is the worst difference of a peer's check from what we found.
func agreement(p Peer, way string, found []Array, most float64) (float64, error) {
	theirs, err := p.Check(way)
	if err != nil {
		return 0, fmt.Errorf("bench: %s, %s: %w", p.Name(), way, err)
	}
	worst, name, err := Difference(found, theirs)
	if err == nil && !(worst <= most) {
		err = fmt.Errorf("%s differs by %.2g of its largest element; at most %g is allowed", name, worst, most)
	}
	if err != nil {
		return worst, fmt.Errorf("bench: %s, %s, does other work: %w", p.Name(), way, err)
	}
	return worst, nil
}

// Difference returns the worst difference of two lists of arrays, each over the largest element of
// our array, and the name of that array; NaN, which agrees with nothing, is the worst.
func Difference(ours, theirs []Array) (worst float64, name string, err error) {
	by := map[string]Array{}
	for _, a := range theirs {
		by[a.Name] = a
	}
	for _, a := range ours {
		b, ok := by[a.Name]
		if !ok || len(a.Data) != len(b.Data) {
			return 0, "", fmt.Errorf("%s %v is missing or has another size", a.Name, a.Shape)
		}
		d := distance(a.Data, b.Data)
		if math.IsNaN(d) {
			return d, a.Name, nil
		}
		if d > worst {
			worst, name = d, a.Name
		}
	}
	return worst, name, nil
}

// distance is max |a-b| / max |a|; NaN where anything is not finite.
func distance(a, b []float32) float64 {
	top, most := 1e-30, 0.0
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		if math.IsNaN(x+y) || math.IsInf(x+y, 0) {
			return math.NaN()
		}
		top, most = max(top, math.Abs(x)), max(most, math.Abs(x-y))
	}
	return most / top
}
