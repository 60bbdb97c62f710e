package sim

// Reuse 1 is an option, radio.reuse_1: all ESs use the same band, so an uplink hears those of
// other ESs. IED j sends with its whole power on its share of the band, somewhere in it;
// together the IEDs of an ES fill the band. So at ES m they add noise of the mean density
// P g_jm / B per IED, over the whole band, and
//
//	SINR = P_i g n_m / (N0 B + I_m),  I_m = sum of P g_jm over the j that send to another ES in this slot
//
// with mean gains g_jm (without this slot's fading): interference counts as Gaussian noise, as
// in the cellular SINR of Goldsmith, "Wireless Communications", 2005, chapter 15.
// Simplifications: everybody that sends does so for the whole slot,
// and of the gains only those to an IED's own C candidates are counted. They are its strongest, what is
// left out is weaker than each of them, and the cost stays O(A C); with C = M nothing is left
// out. The downlink hears no interference.
//
// An IED observes the rise of noise at its candidates in the last slot, and heuristics predict
// with it.

// interferenceFields lists the state of the option.
func (w *Worlds) interferenceFields() []field {
	if !w.p.reuse {
		return nil
	}
	return []field{{name: "interference", floats: &w.interference, n: w.W * w.p.M}}
}

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

// uplink returns r_up in bit/s to an ES (index w M + m) that n IEDs share.
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

// observeInterference writes the rise of noise at each candidate, in units of 20 dB like gains.
func (w *Worlds) observeInterference(world, agent int, o []float32) {
	for c := range o {
		es := world*w.p.M + int(w.cand[agent*w.p.C+c])
		o[c] = float32(log2f(w.noiseRise(es)) * gainScale)
	}
}
