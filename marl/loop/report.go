package loop

import (
	"math"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/nn/train"
)

// Files of the report; the last makes a loop complete.
const (
	pictureFile = "loop.png"
	reportText  = "report.md"
	reportJSON  = "report.json"
)

// instants is the number of times of a curve.
const instants = 201

// report computes what all seeds say and writes it.
func (l *loop) report(seeds []*seedResult) (*Report, error) {
	r := &Report{Seeds: len(seeds), FirstOne: l.config.Seed, Horizon: float64(l.scenario.Time.Slots) * l.scenario.Time.SlotS, Targets: l.config.Classifier.Targets}
	for i := range instants {
		r.Times = append(r.Times, r.Horizon*float64(i)/(instants-1))
	}
	r.addStations(l, seeds)
	for _, from := range allSources {
		r.Sources = append(r.Sources, r.source(from, seeds))
	}
	r.Ratio = interval(seeds, func(s *seedResult) float64 { return share(s.end(together), s.end(rawImages)) })
	for i := range seeds[0].plays {
		r.Policies = append(r.Policies, r.policy(i, seeds))
	}
	r.compare(seeds)
	r.addSteps(l, seeds)
	t := seeds[0].traffic
	r.Traffic = Traffic{Rounds: t.Rounds, Up: t.Up, Down: t.Down, Raw: l.rawBytes(seeds[0])}
	if err := r.write(l.out); err != nil {
		return nil, err
	}
	return r, nil
}

// end is the rare-class F1 of a source at the end of the ideal edge, mean over worlds and bases.
func (s *seedResult) end(from source) float64 { return s.rareAt(s.ideal, from, never) }

// share is a part of a whole; NaN of nothing.
func share(part, whole float64) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return part / whole
}

// rawBytes is the size of the raw images that stations would send; a value of an image of bytes is one byte, else four.
func (l *loop) rawBytes(s *seedResult) (total int64) {
	value := int64(4)
	if l.set.Bytes {
		value = 1
	}
	for _, n := range s.raw {
		total += value * int64(n) * int64(l.set.Size())
	}
	return total
}

func (r *Report) addStations(l *loop, seeds []*seedResult) {
	for i, class := range seeds[0].missing {
		s := Station{Missing: l.set.Classes[class], Images: seeds[0].images[i], Raw: seeds[0].raw[i], F1: map[source]train.Interval{}}
		for _, from := range allSources {
			s.F1[from] = interval(seeds, func(x *seedResult) float64 { return x.quality[from][i][len(x.quality[from][i])-1].Rare })
		}
		r.Stations = append(r.Stations, s)
	}
}

// addSteps says what samples are worth by their steps, if IEDs choose them.
func (r *Report) addSteps(l *loop, seeds []*seedResult) {
	if len(l.steps) == 1 {
		return
	}
	levels := l.config.Classifier.Levels
	for place, steps := range l.steps {
		stock := key(pure(levels[len(levels)-1], place, len(l.steps)))
		r.BySteps = append(r.BySteps, BySteps{steps, interval(seeds, func(s *seedResult) float64 { return s.meanOf(stock) })})
	}
}

// source is a source at the ideal edge.
func (r *Report) source(from source, seeds []*seedResult) Source {
	return Source{
		Name: from,
		Rare: interval(seeds, func(s *seedResult) float64 { return s.end(from) }),
		Macro: interval(seeds, func(s *seedResult) float64 {
			return over(s.ideal, func(reached []float64, w, b int) float64 {
				return s.at(from, s.ideal, w, b, level(reached, never)).Macro
			})
		}),
		Curve: curve(seeds, r.Times, func(s *seedResult, t float64) float64 { return s.rareAt(s.ideal, from, t) }),
	}
}

// policy is policy number i.
func (r *Report) policy(i int, seeds []*seedResult) Policy {
	of := func(f func(s *seedResult, p *played) float64) train.Interval {
		return interval(seeds, func(s *seedResult) float64 { return f(s, s.plays[i]) })
	}
	return Policy{
		Name: seeds[0].plays[i].policy, Kind: seeds[0].plays[i].kind,
		Completion: of(func(_ *seedResult, p *played) float64 { return p.Completion }),
		Samples:    of(func(_ *seedResult, p *played) float64 { return p.Samples }),
		LatencyS:   of(func(_ *seedResult, p *played) float64 { return p.LatencyS }),
		EnergyJ:    of(func(_ *seedResult, p *played) float64 { return p.EnergyJ }),
		Steps:      of(func(_ *seedResult, p *played) float64 { return p.Steps }),
		Rare:       of(func(s *seedResult, p *played) float64 { return s.rareAt(p, together, r.Horizon) }),
		Targets:    r.targets(i, seeds),
		Curve:      curve(seeds, r.Times, func(s *seedResult, t float64) float64 { return s.rareAt(s.plays[i], together, t) }),
	}
}

// targets says when policy number i has each target.
func (r *Report) targets(i int, seeds []*seedResult) (all []Target) {
	for _, share := range r.Targets {
		all = append(all, Target{
			Share:   share,
			Seconds: interval(seeds, func(s *seedResult) float64 { return r.seconds(s, s.plays[i], share) }),
			Reaching: interval(seeds, func(s *seedResult) float64 {
				return over(s.plays[i], func(_ []float64, w, b int) float64 {
					if _, ok := s.reachedS(s.plays[i], share, r.Horizon, w, b); ok {
						return 1
					}
					return 0
				})
			}),
		})
	}
	return all
}

// seconds is when a policy has a target, mean over worlds and bases.
func (r *Report) seconds(s *seedResult, p *played, share float64) float64 {
	return over(p, func(_ []float64, w, b int) float64 {
		at, _ := s.reachedS(p, share, r.Horizon, w, b)
		return at
	})
}

// compare says how much earlier each learned policy has each target than each rule.
func (r *Report) compare(seeds []*seedResult) {
	for _, share := range r.Targets {
		for _, i := range kindOf(seeds[0], learned) {
			for _, j := range kindOf(seeds[0], rule) {
				r.Earlier = append(r.Earlier, r.earlier(i, j, share, seeds))
			}
		}
	}
}

// earlier compares policy i with policy j.
func (r *Report) earlier(i, j int, share float64, seeds []*seedResult) Earlier {
	var worlds []float64
	for _, s := range seeds {
		worlds = append(worlds, s.inWorlds(i, j, share, r.Horizon)...)
	}
	return Earlier{
		Share: share, Policy: seeds[0].plays[i].policy, Than: seeds[0].plays[j].policy, Worlds: train.IntervalOf(worlds),
		Seconds: interval(seeds, func(s *seedResult) float64 { return r.seconds(s, s.plays[j], share) - r.seconds(s, s.plays[i], share) }),
	}
}

// write writes picture, text and numbers.
func (r *Report) write(out train.Folder) error {
	if err := r.draw(out.File(pictureFile)); err != nil {
		return err
	}
	if err := disk.Write(out.File(reportText), []byte(r.Markdown())); err != nil {
		return err
	}
	return writeJSON(out.File(reportJSON), r)
}
