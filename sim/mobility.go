package sim

import (
	"math"

	"github.com/gmel-go/gmel/internal/setting"
	"github.com/gmel-go/gmel/kernels/philox"
	"github.com/gmel-go/gmel/sim/engine"
)

// Mobility is an option: IEDs move by the random waypoint model (Johnson and Maltz, "Dynamic source
// routing in ad hoc wireless networks", 1996). An IED draws a waypoint uniformly in the hall, or as
// place.go says, and a speed uniformly in SpeedMPerS, moves there in a straight line, rests for PauseS and draws the next
// waypoint. The minimum speed must be positive, or the mean speed would decay without limit (Yoon,
// Liu and Noble, "Random waypoint considered harmful", INFOCOM 2003). Positions change every
// EverySlots slots. An IED that would pass its waypoint within that time stops there, and a rest
// ends at a multiple of that time.
//
// Path loss, line of sight, shadowing and candidates depend on the position. Shadowing is a Gaussian
// process with the correlation exp(-d / CorrelationM) over the distance moved (Gudmundson,
// "Correlation model for shadow fading in mobile radio systems", Electronics Letters 27(23),
// 1991). TR 38.901 gives 10 m for a factory (table 7.6.3.1-2), and with and without line of sight 10
// and 13 m for UMi, 37 and 50 m for UMa (table 7.5-6). Here a link has one process and one distance.
//
// A link has line of sight while its uniform variable is below P_LOS of the position. The variable is
// 1 - exp(-(a^2 + b^2)/2), where a and b are two more such processes. So it is uniform at every time
// and has the same correlation distance, which is our choice.
//
// An IED tracks the ESs that it measures at its place (nearTable): min(M, 32), or its candidates if
// they are more. An ES that comes into range starts with new processes. A task that was sent to an
// ES is not handed over.
type Mobility struct {
	SpeedMPerS   Range   `yaml:"speed_m_per_s,flow"`
	PauseS       float64 `yaml:"pause_s,omitempty"`
	EverySlots   int     `yaml:"every_slots,omitempty"` // 0: off
	CorrelationM float64 `yaml:"correlation_m,omitempty"`
}

// IsZero reports whether the option is off. The YAML then omits it.
func (m Mobility) IsZero() bool { return m == Mobility{} }

func (s *Scenario) validateMobility(c *setting.Checker) {
	m := &s.Hall.Mobility
	if m.IsZero() {
		return
	}
	c.Count("hall.mobility.every_slots", m.EverySlots, 1, 1<<20)
	c.Interval("hall.mobility.speed_m_per_s", m.SpeedMPerS, 1e-3, 100)
	c.Between("hall.mobility.pause_s", m.PauseS, 0, 1e6)
	c.Between("hall.mobility.correlation_m", m.CorrelationM, 1e-2, 1e4)
}

func (p *params) setMobility(s *Scenario) {
	m := &s.Hall.Mobility
	if m.EverySlots == 0 {
		return
	}
	p.paceLo, p.paceSpan = float32(m.SpeedMPerS[0]), float32(m.SpeedMPerS[1]-m.SpeedMPerS[0])
	p.pause, p.moveS = float32(m.PauseS), float32(float64(m.EverySlots)*s.Time.SlotS)
	p.forget = float32(math.Log2E / m.CorrelationM)
}

// drifts is the number of processes of a link.
const drifts = 3 // shadowing, and a, b of the line of sight

// mobilityState is the state of the option.
type mobilityState struct {
	placeX, placeY, goalX, goalY []float32 // [W, A] m
	pace                         []float32 // [W, A] m/s
	rest                         []float32 // [W, A] remaining rest, s
	drift                        []float32 // [W, A, measured, 3] shadowing and line of sight of the near ESs
}

// mobilityFields lists the state of the option.
func (w *Worlds) mobilityFields() []engine.Array {
	p, n := w.p, w.W*w.p.A
	if p.moveSlots == 0 {
		return nil
	}
	return []engine.Array{
		{Name: "place_x", Floats: &w.placeX, N: n}, {Name: "place_y", Floats: &w.placeY, N: n},
		{Name: "goal_x", Floats: &w.goalX, N: n}, {Name: "goal_y", Floats: &w.goalY, N: n},
		{Name: "pace", Floats: &w.pace, N: n}, {Name: "rest", Floats: &w.rest, N: n},
		{Name: "drift", Floats: &w.drift, N: n * drifts * measuredOf(p.M, p.C)},
	}
}

// placeMobile starts the episode of the i-th drawn IED. drawMovingLink draws its links.
func (w *Worlds) placeMobile(t *moment, i, agent int) {
	p := w.p
	w.placeX[agent], w.placeY[agent], _ = p.place(t, i)
	w.rest[agent] = 0
	w.newGoal(t, i, agent)
	x := w.driftOf(agent)
	for q, m := range p.near.at(w.placeX[agent], w.placeY[agent]) {
		p.innovate(t, i, int(m), 0, x[drifts*q:])
	}
}

// drawMovingLink draws the link from IED i at (x, y) to ES m at the start of an episode.
func (p *params) drawMovingLink(t *moment, i, m int, x, y float32) link {
	var fresh [drifts]float32
	p.innovate(t, i, m, 0, fresh[:])
	return p.movingLink(m, x, y, fresh[:])
}

// move advances every IED of a world by EverySlots slots.
func (w *Worlds) move(world int, s *scratch) {
	t := w.moment(world)
	for i := range w.p.A {
		agent := world*w.p.A + i
		before := w.p.near.at(w.placeX[agent], w.placeY[agent])
		if d := w.walk(&t, i, agent); d > 0 {
			keep := exp2f(-float32(d * w.p.forget))
			near := w.p.near.at(w.placeX[agent], w.placeY[agent])
			w.carry(&t, agent, before, near, keep, s)
			w.follow(agent, near, s)
		}
	}
}

// walk moves an IED, or lets it rest, and returns the distance moved in m.
func (w *Worlds) walk(t *moment, i, agent int) float32 {
	p := w.p
	if w.rest[agent] > 0 {
		if w.rest[agent] -= p.moveS; w.rest[agent] <= 0 {
			w.newGoal(t, i, agent)
		}
		return 0
	}
	dx, dy := w.goalX[agent]-w.placeX[agent], w.goalY[agent]-w.placeY[agent]
	far, d := sqrtf(float32(dx*dx)+float32(dy*dy)), float32(w.pace[agent]*p.moveS)
	if d < far {
		part := d / far
		w.placeX[agent] += float32(dx * part)
		w.placeY[agent] += float32(dy * part)
		return d
	}
	w.placeX[agent], w.placeY[agent], w.rest[agent] = w.goalX[agent], w.goalY[agent], p.pause
	if p.pause <= 0 {
		w.newGoal(t, i, agent)
	}
	return far
}

// newGoal draws a waypoint and the speed to it.
func (w *Worlds) newGoal(t *moment, i, agent int) {
	p := w.p
	u0, u1, u2, _ := t.words(uint32(i), streamGoal)
	x, y := float32(philox.Uniform(u0)*p.width), float32(philox.Uniform(u1)*p.depth)
	w.goalX[agent], w.goalY[agent] = p.locate(t, i, streamGoalSpot, x, y)
	w.pace[agent] = p.paceLo + float32(philox.Uniform(u2)*p.paceSpan)
}

// driftOf returns the processes of an agent, [measured, drifts] in the order of its near ESs.
func (w *Worlds) driftOf(agent int) []float32 {
	n := drifts * w.p.near.measured
	return w.drift[agent*n:][:n]
}

// carry advances the processes of ESs that are in both lists, before and near, and starts those of
// ESs that are only in near. Both lists ascend.
func (w *Worlds) carry(t *moment, agent int, before, near []int32, keep float32, s *scratch) {
	i, state, b := agent%w.p.A, w.driftOf(agent), 0
	copy(s.drift, state)
	for q, m := range near {
		for b < len(before) && before[b] < m {
			b++
		}
		k := float32(0) // a new process
		if b < len(before) && before[b] == m {
			k = keep
			copy(state[drifts*q:][:drifts], s.drift[drifts*b:])
		}
		w.p.innovate(t, i, int(m), k, state[drifts*q:])
	}
}

// innovate replaces x, the processes of a link, by k x + sqrt(1 - k^2) N(0, 1). k = 0 starts new ones.
func (p *params) innovate(t *moment, i, m int, k float32, x []float32) {
	r0, a0, r1, a1 := t.words(uint32(i*p.M+m), streamDrift)
	fresh := sqrtf(max(1-float32(k*k), 0))
	sin, cos := sincosTurn(philox.Uniform(a0))
	radius := float32(sqrtf(float32(2*exponential(r0))) * fresh)
	for j, n := range [drifts]float32{
		float32(radius * cos), float32(radius * sin), float32(normal(r1, a1) * fresh),
	} {
		old := float32(0)
		if k > 0 {
			old = float32(k * x[j])
		}
		x[j] = old + n
	}
}

// follow computes the links of an agent at its position and chooses its candidates.
func (w *Worlds) follow(agent int, near []int32, s *scratch) {
	x := w.driftOf(agent)
	for q, m := range near {
		s.links[q] = w.p.movingLink(int(m), w.placeX[agent], w.placeY[agent], x[drifts*q:])
	}
	w.chooseCandidates(agent, near, s.links)
}

// movingLink is the link from (x, y) to ES m with the processes of drift.
func (p *params) movingLink(m int, x, y float32, drift []float32) link {
	shadow, a, b := drift[0], drift[1], drift[2]
	power := float32(a*a) + float32(b*b)
	return p.meanLink(m, x, y, 1-exp2f(-float32(power*(log2e/2))), shadow)
}
