package sim

import (
	"fmt"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/sim/engine"
)

// Coverage is an option, hall.coverage_m: an ES serves only IEDs within its radius, a horizontal
// distance, as in the data set of Lai et al., "Optimal edge user allocation in edge computing with
// variable sized vector bin packing", ICSOC 2018. The candidates of an IED are then the C strongest
// among the ESs that cover it and that it measures (near.go). So in a hall with more than 32 ESs, a far
// ES with a large radius may cover an IED and yet be no candidate. If they are fewer than C, the last
// candidates are missing: their actions are illegal, and the observation shows the lower end of every
// scale. An IED disturbs only its candidates.
//
// An IED that no ES covers computes its tasks itself or in the cloud, if there is one. The way to the
// cloud is the radio of the strongest ES that it measures: coverage limits which IEDs an ES computes
// for, path loss how well it receives. That ES is observed as candidate 1, but its own action is
// illegal.
//
// If IEDs move, candidates and masks follow their positions. A task that was sent is served.

// coverageState is the state of the option.
type coverageState struct {
	reach []int32 // [W, A] number of candidates, which come first; what cand, gain and los have after them is 0
}

// coverageFields lists the state of the option.
func (w *Worlds) coverageFields() []engine.Array {
	if !w.p.coverage {
		return nil
	}
	return []engine.Array{{Name: "reach", Ints: &w.reach, N: w.W * w.p.A}}
}

func (s *Scenario) validateCoverage(c *setting.Checker) {
	for m, r := range s.Hall.CoverageM {
		c.Between(fmt.Sprintf("hall.coverage_m[%d]", m), r, 1e-3, 1e6)
	}
}

func (p *params) setCoverage(s *Scenario) {
	if !p.coverage {
		return
	}
	radii := s.Hall.CoverageM
	for m := range p.M {
		r := radii[m%len(radii)]
		p.coverage2 = append(p.coverage2, float32(r*r))
	}
}

// endCandidates completes the candidates of an agent, of which n cover it.
func (w *Worlds) endCandidates(agent, n int, near []int32, links []link) {
	c := w.p.C
	to, gain, los := w.cand[agent*c:][:c], w.gain[agent*c:][:c], w.los[agent*c:][:c]
	w.reach[agent] = int32(n)
	if n == 0 && w.p.cloud {
		best := 0
		for q := range near {
			if links[q].gain > links[best].gain {
				best = q
			}
		}
		to[0], gain[0], los[0] = near[best], links[best].gain, links[best].los
		n = 1
	}
	clear(to[n:])
	clear(gain[n:])
	clear(los[n:])
}

// reachOf returns the number of the agent's candidates.
func (w *Worlds) reachOf(agent int) int {
	if !w.p.coverage {
		return w.p.C
	}
	return int(w.reach[agent])
}

// shown returns how many candidates the agent observes: its own, or the one on its way to the cloud.
func (w *Worlds) shown(agent int) int {
	n := w.reachOf(agent)
	if n == 0 && w.p.cloud {
		return 1
	}
	return n
}

// hideMissing writes the lower end of every scale for the candidates that an agent does not have.
func (w *Worlds) hideMissing(agent int) {
	p, n := w.p, w.shown(agent)
	o := w.Obs[agent*p.O:][:p.O][p.K+7:]
	for c := n; c < p.C; c++ {
		o[3*c], o[3*c+1], o[3*c+2] = gainLow, 0, 0
	}
	o = o[3*p.C:]
	for _, part := range [...]struct {
		on                   bool
		shared, perCandidate int // numbers
	}{{p.queue > 0, 1, 0}, {p.reuse, 0, 1}, {p.cloud, 1, 0}, {p.flags, 0, p.K}, {p.loadTimes, 0, 1}, {p.serverSpeeds, 0, 1}} {
		if part.on {
			o = o[part.shared:]
			clear(o[n*part.perCandidate : p.C*part.perCandidate])
			o = o[p.C*part.perCandidate:]
		}
	}
}
