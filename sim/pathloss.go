package sim

import (
	"math"
	"slices"
)

// Path loss of 3GPP TR 38.901 (v17) table 7.4.1-1: d3D in m, f_c in GHz. The indoor factory
// (InF) is valid for 1 to 600 m. Distances below 1 m count as 1 m. Above 600 m the formulas are
// used unchanged; such links are too weak to matter. The urban scenarios are in outdoor.go.

// line is PL = a + b log10 d. a includes the term of the carrier frequency.
type line struct{ a, b float32 }

// propagation is one scenario of TR 38.901. The path loss in line of sight is the maximum of the
// lines of los; without line of sight it is the maximum of the lines of los and nlos.
type propagation struct {
	los, nlos  []lossLine // at most two each, WORLD_LINES
	shadowLOS  float64    // standard deviation, dB
	shadowNLOS float64    // standard deviation, dB
	serverM    float64    // h_BS
	clutter    clutter
	street     street
}

// clutter is that of an InF sub-scenario. The zero clutter hides nothing.
type clutter struct {
	density float64 // r, fraction of the floor covered by clutter
	sizeM   float64 // d_clutter
	heightM float64 // h_c
	below   bool    // SH, DH: it is below the ESs, so their height increases k_s
}

// lossLine is a row of the table: PL = a + b log10 d + c log10 f.
type lossLine struct{ a, b, c float64 }

var (
	lossLOS = lossLine{31.84, 21.50, 19.00}
	lossSL  = lossLine{33.0, 25.5, 20}
	lossDL  = lossLine{18.6, 35.7, 20}
	lossSH  = lossLine{32.4, 23.0, 20}
	lossDH  = lossLine{33.63, 21.9, 20}
)

const (
	shadowLOS  = 4.3 // dB, table 7.4.1-1, InF
	iedM       = 1.5 // h_UT, table 7.2-4
	closestInF = 1   // m, 3D
)

// propagations are the four sub-scenarios of the factory, plain line of sight and two urban
// scenarios. Density, clutter size and heights are chosen inside the ranges of tables 7.2-4 and
// 7.4.2-1.
var propagations = map[string]propagation{
	"LOS": inFactory(8, shadowLOS, clutter{}),
	"SL":  inFactory(1.5, 5.7, clutter{density: 0.2, sizeM: 10, heightM: 2}, lossSL),
	// In the standard InF-SL is a lower bound of InF-DL too; it applies below 39 m.
	"DL":  inFactory(1.5, 7.2, clutter{density: 0.6, sizeM: 2, heightM: 6}, lossSL, lossDL),
	"SH":  inFactory(8, 5.9, clutter{density: 0.2, sizeM: 10, heightM: 2, below: true}, lossSH),
	"DH":  inFactory(8, 4.0, clutter{density: 0.6, sizeM: 2, heightM: 6, below: true}, lossDH),
	"UMi": streetCanyon,
	"UMa": urbanMacro,
}

func inFactory(serverM, shadowNLOS float64, c clutter, nlos ...lossLine) propagation {
	return propagation{
		los: []lossLine{lossLOS}, nlos: nlos, shadowLOS: shadowLOS, shadowNLOS: shadowNLOS, serverM: serverM, clutter: c,
	}
}

// at includes the carrier frequency (GHz) in the constant.
func (l lossLine) at(carrierGHz float64) line {
	return line{float32(l.a + l.c*math.Log10(carrierGHz)), float32(l.b)}
}

// dB returns the path loss for log10 of the distance in m.
func (l line) dB(log10d float32) float32 { return l.a + float32(l.b*log10d) }

// height returns h_BS - h_UT in m.
func (c *propagation) height() float64 { return c.serverM - iedM }

// decay returns k_s in m of P_LOS = exp(-d2D / k_s) (TR 38.901 table 7.4.2-1), without clutter
// infinity.
func (c *propagation) decay() float64 {
	switch {
	case c.street.decayM > 0:
		return c.street.decayM
	case c.clutter.density == 0:
		return math.Inf(1)
	}
	k := -c.clutter.sizeM / math.Log(1-c.clutter.density)
	if c.clutter.below {
		k *= c.height() / (c.clutter.heightM - iedM)
	}
	return k
}

// setPathLoss sets the constants of path loss, line of sight and shadowing.
func (p *params) setPathLoss(s *Scenario) {
	c, f := propagations[s.Hall.Clutter], s.Radio.CarrierGHz
	for _, l := range slices.Concat(c.los, c.farLines(f)) {
		p.los = append(p.los, l.at(f))
	}
	for _, l := range c.nlos {
		p.nlos = append(p.nlos, l.at(f))
	}
	p.losDecay = float32(math.Log2E / c.decay())
	p.losNear = float32(c.street.nearM)
	p.shadow = [2]float32{float32(c.shadowNLOS), float32(c.shadowLOS)} // index 1: line of sight
	p.height2 = float32(c.height() * c.height())
	p.closest = float32(c.closest())
}

// losses returns LOS and NLOS path loss in dB at log10 of the 3D distance.
func (p *params) losses(log10d float32) (los, nlos float32) {
	los = p.los[0].dB(log10d)
	for _, l := range p.los[1:] {
		los = max(los, l.dB(log10d))
	}
	nlos = los
	for _, l := range p.nlos {
		nlos = max(nlos, l.dB(log10d))
	}
	return los, nlos
}

// visible returns P_LOS at the horizontal distance d2D in m: n + exp(-d2D / k_s) (1 - n), where n is
// 0 in a factory and min(1, 18 m / d2D) in streets.
func (p *params) visible(d2D float32) float32 {
	far := exp2f(-float32(d2D * p.losDecay))
	if p.losNear == 0 {
		return far
	}
	n := p.losNear / max(d2D, p.losNear)
	return n + float32(far*(1-n))
}
