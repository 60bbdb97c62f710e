package sim

import "github.com/gmel-go/gmel/kernels/philox"

// drawTopology places the IEDs of a world and draws their speeds. It then chooses
// the C strongest ESs of every IED. It is called at the start of an episode.
func (w *Worlds) drawTopology(world int, s *scratch) {
	t := w.topologyMoment(world)
	for number, key := range w.numbering(&t, s.keys, s.links) {
		w.drawIED(&t, int(uint32(key)), world*w.p.A+number, s)
	}
}

// drawIED draws the i-th IED of a topology.
func (w *Worlds) drawIED(t *moment, i, agent int, s *scratch) {
	p := w.p
	x, y, speed := p.place(t, i)
	w.speed[agent] = p.speedLo + float32(speed*p.speedSpan)
	p.drawLinks(t, i, x, y, s.links)
	w.chooseCandidates(agent, p.near.at(x, y), s.links)
	if p.moveSlots > 0 {
		w.placeMobile(t, i, agent)
	}
}

// drawLinks draws the links from IED i, at (x, y), to the ESs that it measures there.
func (p *params) drawLinks(t *moment, i int, x, y float32, links []link) {
	for j, m := range p.near.at(x, y) {
		if p.moveSlots > 0 {
			links[j] = p.drawMovingLink(t, i, int(m), x, y)
		} else {
			links[j] = p.drawLink(t, i, int(m), x, y)
		}
	}
}

// link is the state of one IED-ES pair for a topology.
type link struct {
	gain    float32 // mean power gain 10^(-(PL+SF)/10)
	los     bool
	outside bool // the ES does not cover the IED
}

// drawLink draws line of sight and shadowing of the link from IED i, at (x, y), to
// ES m and returns the link.
func (p *params) drawLink(t *moment, i, m int, x, y float32) link {
	sight, radius, angle, _ := t.words(uint32(i*p.M+m), streamLink)
	return p.meanLink(m, x, y, philox.Uniform(sight), normal(radius, angle))
}

// meanLink returns the link from (x, y) to ES m. sight is a uniform variable for line of sight,
// shadow a normal variable for shadowing.
func (p *params) meanLink(m int, x, y, sight, shadow float32) link {
	dx, dy := x-p.servers[m][0], y-p.servers[m][1]
	flat2 := float32(dx*dx) + float32(dy*dy)
	d := max(sqrtf(flat2+p.height2), p.closest)
	losDB, nlosDB := p.losses(float32(log2f(d) * log10of2))
	los := sight < p.visible(sqrtf(flat2))
	loss, sigma := nlosDB, p.shadow[0]
	if los {
		loss, sigma = losDB, p.shadow[1]
	}
	loss += float32(sigma * shadow)
	return link{gain: exp2f(-float32(loss * decibel)), los: los, outside: p.coverage && flat2 > p.coverage2[m]}
}

const (
	log10of2 float32 = 0.301029995663981195
	decibel  float32 = 0.332192809488736235 // log2(10) / 10: 1 dB in octaves of power
)

// chooseCandidates stores the C links of largest mean gain among those to the near ESs that cover the
// IED, strongest first, the smaller ES index on ties. Candidate 1 is called the nearest ES.
func (w *Worlds) chooseCandidates(agent int, near []int32, links []link) {
	c := w.p.C
	to, gain, los := w.cand[agent*c:][:c], w.gain[agent*c:][:c], w.los[agent*c:][:c]
	n := 0
	for q, m := range near {
		l := links[q]
		if l.outside {
			continue
		}
		j := n // insertion sort from the weakest; an equal gain comes after
		for j > 0 && l.gain > gain[j-1] {
			if j < c {
				to[j], gain[j], los[j] = to[j-1], gain[j-1], los[j-1]
			}
			j--
		}
		if j < c {
			to[j], gain[j], los[j] = m, l.gain, l.los
			n = min(n+1, c)
		}
	}
	if w.p.coverage {
		w.endCandidates(agent, n, near, links)
	}
}
