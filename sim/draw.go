package sim

import "github.com/gmel-go/gmel/kernels/philox"

// Randomness is counter-based: block = Philox4x32-10(key = seed, counter) with
//
//	counter[0] = world, its number among those of all slices (NewSlice)
//	counter[1] = IED i, or link i M + m for streamLink and streamDrift
//	counter[2] = slot, 0 for the streams of a topology
//	counter[3] = episode << 8 | stream
//
// so any random number of any world can be computed on its own, and no world depends on
// the number of worlds. At the beginning of an episode, before IEDs have their numbers
// (NumberByNearest), i is the order in which they are drawn. Episodes repeat after 2^24.
// Heuristics draw with their own key.
const (
	streamPlace    = 0   // x, y, f_i, -
	streamLink     = 1   // line of sight, shadowing radius, shadowing angle, -
	streamTask     = 2   // arrival, model, data, steps
	streamLimit    = 3   // deadline, least quality, -, -
	streamPolicy   = 4   // choice, -, -, -
	streamArrival  = 5   // number of arrivals, change of phase, -, -
	streamGoal     = 6   // x, y, speed, -
	streamDrift    = 7   // link i M + m: radius, angle, radius, angle
	streamSpot     = 10  // hot spot or row of the positions, x, y, -
	streamGoalSpot = 11  // the same for a waypoint
	streamWindow   = 12  // i and slot 0: start of the window of a trace (two words), -, -
	streamFading   = 16  // + c/2: radius and angle of candidates c and c+1, for even c
	streamBurst    = 64  // for arrival n of a slot: + 2n: -, model, data, steps; + 2n+1: deadline, least quality, -, -
	streamImagined = 128 // for draw n of Imagine: + 2n: arrival, model, data, steps; + 2n+1: deadline, least quality, -, -
)

// moment is the position of a world in time. A moment, the key, an entity and a
// stream identify a block of four random words.
type moment struct {
	key                  [2]uint32
	world, slot, episode uint32
}

func (t *moment) words(entity, stream uint32) (u0, u1, u2, u3 uint32) {
	return philox.Words(t.key[0], t.key[1], t.world, entity, t.slot, t.episode<<8|stream)
}

// normal turns two words into a standard normal draw (Box-Muller).
func normal(u, v uint32) float32 {
	_, cos := sincosTurn(philox.Uniform(v))
	return float32(sqrtf(float32(2*exponential(u))) * cos)
}

// exponential turns a word into an Exp(1) draw, -ln(u) with u in (0, 1].
func exponential(u uint32) float32 {
	return -float32(log2f(philox.UniformOpen(u)) * ln2)
}

// fadeFloor keeps the small-scale power above zero (-70 dB), so that a rate is
// never zero and an arrival never infinite. A Rayleigh link reaches the floor
// once in 10^7 slots.
const fadeFloor float32 = 1e-7

// fading turns two words into |h|^2 with mean 1. Without line of sight it is
// Exp(1); with line of sight it is Rician with the scenario's K factor.
func (p *params) fading(u, v uint32, los bool) float32 {
	e := exponential(u)
	if !los {
		return max(e, fadeFloor)
	}
	sin, cos := sincosTurn(philox.Uniform(v))
	r := float32(p.scatter * sqrtf(e))
	re := p.specular + float32(r*cos)
	im := float32(r * sin)
	return max(float32(re*re)+float32(im*im), fadeFloor)
}
