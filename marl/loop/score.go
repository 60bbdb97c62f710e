package loop

import (
	"github.com/gmel-go/gmel/nn/train"
)

// Report is what a loop has found. Intervals are 95 % over seeds (Student's t).
type Report struct {
	Seeds    int       `json:"seeds"`
	FirstOne uint64    `json:"first_seed"`
	Horizon  float64   `json:"horizon_s"` // length of an episode
	Targets  []float64 `json:"targets"`   // shares of the rare-class F1 that the ideal edge has at its end
	Stations []Station `json:"stations"`
	Sources  []Source  `json:"sources"`
	Policies []Policy  `json:"policies"`
	Earlier  []Earlier `json:"earlier"`
	Traffic  Traffic   `json:"traffic"`
	// BySteps is what samples of the federated model are worth, where IEDs choose their steps.
	BySteps []BySteps `json:"by_steps,omitempty"`
	// Ratio is the rare-class F1 with samples of the federated model over that with raw images, both at the ideal edge.
	Ratio train.Interval `json:"federated_over_raw"`
	Times []float64      `json:"times_s"` // of all curves
}

// Station is the station of an ES: rare-class F1 at its end, by source.
type Station struct {
	Missing string                    `json:"missing_class"`
	Images  int                       `json:"images"`
	Raw     int                       `json:"raw_images"` // of its class at the others
	F1      map[source]train.Interval `json:"rare_f1"`
}

// Source is where images of the missing class come from, at the ideal edge.
type Source struct {
	Name  source         `json:"name"`
	Rare  train.Interval `json:"rare_f1"`  // at the end, mean over worlds and bases
	Macro train.Interval `json:"macro_f1"` // the same
	Curve []float64      `json:"curve"`    // rare-class F1 by Times, mean over worlds, bases and seeds
}

// BySteps is the rare-class F1 with samples of equal steps, a mean over stations with the last level of stock.
type BySteps struct {
	Steps int            `json:"steps"`
	Rare  train.Interval `json:"rare_f1"`
}

// Policy is what a policy brings about with samples of the federated model.
type Policy struct {
	Name       string         `json:"name"`
	Kind       string         `json:"kind"`
	Completion train.Interval `json:"completion"`
	Samples    train.Interval `json:"samples_in_time"` // share of those asked for
	LatencyS   train.Interval `json:"latency_s"`
	EnergyJ    train.Interval `json:"energy_per_task_j"`
	Steps      train.Interval `json:"mean_steps"` // of the samples in time
	Rare       train.Interval `json:"rare_f1"`    // at the end, mean over worlds and bases
	Targets    []Target       `json:"targets"`
	Curve      []float64      `json:"curve"`
}

// Target is when a policy has a share of the rare-class F1 that the ideal edge has at its end.
type Target struct {
	Share    float64        `json:"share"`
	Seconds  train.Interval `json:"seconds"`  // mean over worlds and bases; the horizon where it never has
	Reaching train.Interval `json:"reaching"` // share of worlds and bases that reach it
}

// Earlier is by how many seconds a learned policy has a target before a rule, on the same worlds.
type Earlier struct {
	Share   float64        `json:"share"`
	Policy  string         `json:"policy"`
	Than    string         `json:"than"`
	Seconds train.Interval `json:"seconds"`
	// Worlds is the same over the worlds of all seeds: what these policies, and not others of other seeds, would do on new worlds.
	Worlds train.Interval `json:"seconds_over_worlds"`
}

// Traffic is that of federated averaging, with one seed.
type Traffic struct {
	Rounds int   `json:"rounds"`
	Up     int64 `json:"bytes_up"`
	Down   int64 `json:"bytes_down"`
	Raw    int64 `json:"raw_bytes"` // of the images of missing classes that others have, if each station got those of its own
}

// level is the number of levels that are reached by a time, of times that may be -1 for never.
func level(reached []float64, t float64) (n int) {
	for n < len(reached) && reached[n] >= 0 && reached[n] <= t {
		n++
	}
	return n
}

// at is the classifier at a base by a source, as p has served it, with a number of levels reached. Sources other than the federated model are
// asked for at the ideal edge alone.
func (r *seedResult) at(from source, p *played, world, base, level int) classified {
	station := r.bases[base]
	q := r.quality[from][station]
	switch {
	case from == nothing || from == rawImages:
		return q[0]
	case level == 0:
		return r.quality[nothing][station][0]
	case from == together && p.mixes != nil:
		return r.mixed[station][p.mixes[world][base][level-1]]
	}
	return q[level-1]
}

// meanOf is the rare-class F1 with a mixture, mean over stations.
func (r *seedResult) meanOf(mixture string) float64 {
	sum := 0.0
	for _, at := range r.mixed {
		sum += at[mixture].Rare
	}
	return sum / float64(len(r.mixed))
}

// over is the mean over worlds and bases.
func over(p *played, f func(reached []float64, world, base int) float64) float64 {
	sum, n := 0.0, 0
	for w := range p.Reached {
		for b, reached := range p.Reached[w] {
			sum += f(reached, w, b)
			n++
		}
	}
	return sum / float64(n)
}

// rareAt is the rare-class F1 of a policy at a time, mean over worlds and bases.
func (r *seedResult) rareAt(p *played, from source, t float64) float64 {
	return over(p, func(reached []float64, w, b int) float64 { return r.at(from, p, w, b, level(reached, t)).Rare })
}

// goal is a share of the rare-class F1 that the ideal edge has at its end.
func (r *seedResult) goal(share float64, world, base int) float64 {
	return share * r.at(together, r.ideal, world, base, level(r.ideal.Reached[world][base], never)).Rare
}

// never is a time after all others.
const never = 1e30

// reachedS is when a policy first has the goal of a world and base; the horizon if it never has.
func (r *seedResult) reachedS(p *played, share, horizon float64, world, base int) (s float64, ok bool) {
	goal, reached := r.goal(share, world, base), p.Reached[world][base]
	for n := range level(reached, horizon) + 1 {
		if n > 0 {
			s = reached[n-1]
		}
		if r.at(together, p, world, base, n).Rare >= goal {
			return s, true
		}
	}
	return horizon, false
}

// interval collects a number for each seed.
func interval(seeds []*seedResult, f func(*seedResult) float64) train.Interval {
	var all []float64
	for _, r := range seeds {
		all = append(all, f(r))
	}
	return train.IntervalOf(all)
}

// curve is the mean over seeds of numbers at times.
func curve(seeds []*seedResult, times []float64, f func(r *seedResult, t float64) float64) []float64 {
	to := make([]float64, len(times))
	for i, t := range times {
		for _, r := range seeds {
			to[i] += f(r, t) / float64(len(seeds))
		}
	}
	return to
}

// inWorlds is by how many seconds policy i has a target before policy j, in each world, mean over bases.
func (r *seedResult) inWorlds(i, j int, share, horizon float64) (all []float64) {
	for w := range r.ideal.Reached {
		sum := 0.0
		for b := range r.bases {
			first, _ := r.reachedS(r.plays[i], share, horizon, w, b)
			second, _ := r.reachedS(r.plays[j], share, horizon, w, b)
			sum += second - first
		}
		all = append(all, sum/float64(len(r.bases)))
	}
	return all
}

// kindOf are the policies of a kind, by their place.
func kindOf(r *seedResult, kind string) (list []int) {
	for i, p := range r.plays {
		if p.kind == kind {
			list = append(list, i)
		}
	}
	return list
}
