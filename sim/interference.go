package sim

import "github.com/gmel-go/gmel/sim/engine"

// Reuse 1 (frequency reuse factor 1) is an option, radio.reuse_1: all ESs use the same band, so
// uplinks to different ESs interfere. IED j sends with its whole power on its share of the band,
// somewhere in it. Together the IEDs of an ES fill the band. So at ES m each adds noise of mean
// density P g_jm / B over the whole band, and
//
//	SINR = P_i g n_m / (N0 B + I_m),  I_m = sum of P g_jm over the j that send to another ES in this slot
//
// with mean gains g_jm (without this slot's fading). Interference counts as Gaussian noise, as in
// the cellular SINR of Goldsmith, "Wireless Communications", 2005, chapter 15. There are two
// simplifications. An IED that sends does so for the whole slot. An IED interferes only at its own C
// candidates; they are its strongest ESs, so every ignored gain is weaker, and the cost stays
// O(A C). With C = M nothing is ignored. The downlink has no interference.
//
// IEDs observe the noise rise at their candidates in the last slot, and heuristics predict with it.

// interferenceState is the state of the option.
type interferenceState struct {
	interference []float32 // [W, M] I_m / P_IED of the last slot
}

// interferenceFields lists the state of the option.
func (w *Worlds) interferenceFields() []engine.Array {
	if !w.p.reuse {
		return nil
	}
	return []engine.Array{{Name: "interference", Floats: &w.interference, N: w.W * w.p.M}}
}

// clearInterference starts an episode.
func (w *Worlds) clearInterference(world int) { clear(w.interference[world*w.p.M:][:w.p.M]) }

// measureInterference sets I_m / P of this slot for every ES of a world.
func (w *Worlds) measureInterference(world int) {
	p := w.p
	heard := w.interference[world*p.M:][:p.M]
	clear(heard)
	for agent := world * p.A; agent < (world+1)*p.A; agent++ {
		a := int(w.actions[agent])
		if a == 0 {
			continue
		}
		own := p.candidateOf(a)
		for c, m := range w.cand[agent*p.C:][:p.C] {
			if c != own {
				heard[m] += w.gain[agent*p.C+c]
			}
		}
	}
}

// uplink returns r_up in bit/s to an ES (index w M + m) whose band n IEDs share.
func (w *Worlds) uplink(es int, gain, n float32) float32 {
	if w.p.reuse {
		gain /= w.noiseRise(es)
	}
	return w.p.uplink(gain, n)
}

// noiseRise returns 1 + I_m / (N0 B).
func (w *Worlds) noiseRise(es int) float32 {
	return 1 + float32(w.interference[es]*w.p.snrUp)
}

// observeInterference writes the noise rise at each candidate in units of 20 dB, like gains.
func (w *Worlds) observeInterference(world, agent int, o []float32) {
	for c := range o {
		es := world*w.p.M + int(w.cand[agent*w.p.C+c])
		o[c] = float32(log2f(w.noiseRise(es)) * gainScale)
	}
}
