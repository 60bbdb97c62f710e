package sim

import "math"

// Path loss of 3GPP TR 38.901 (v17) table 7.4.1-1, indoor factory; d3D in m,
// f_c in GHz, valid for 1 to 600 m. Distances below 1 m count as 1 m. Above
// 600 m the formulas are used unchanged; such links are too weak to matter.

// line is PL = a + b log10 d. a includes the term of the carrier frequency.
type line struct{ a, b float32 }

// clutter is one InF sub-scenario. The non-line-of-sight path loss is the maximum
// of the lines of nlos, which always include LOS.
type clutter struct {
	nlos          []lossLine
	shadowDB      float64 // standard deviation, NLOS
	density       float64 // r, fraction of the floor covered by clutter
	sizeM         float64 // d_clutter
	clutterM      float64 // h_c
	serverM       float64 // h_BS
	aboveClutter  bool    // SH, DH: the heights increase k_s
	alwaysVisible bool    // LOS: no clutter at all
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
	shadowLOS = 4.3 // dB, table 7.4.1-1
	iedM      = 1.5 // h_UT, table 7.2-4
)

// clutters are the four sub-scenarios and plain line of sight. Density, clutter
// size and heights are chosen inside the ranges of tables 7.2-4 and 7.4.2-1.
var clutters = map[string]clutter{
	"LOS": {nlos: []lossLine{lossLOS}, shadowDB: shadowLOS, serverM: 8, alwaysVisible: true},
	"SL":  {nlos: []lossLine{lossLOS, lossSL}, shadowDB: 5.7, density: 0.2, sizeM: 10, clutterM: 2, serverM: 1.5},
	// In the standard InF-SL is a lower bound of InF-DL too; it applies below 39 m.
	"DL": {nlos: []lossLine{lossLOS, lossSL, lossDL}, shadowDB: 7.2, density: 0.6, sizeM: 2, clutterM: 6, serverM: 1.5},
	"SH": {nlos: []lossLine{lossLOS, lossSH}, shadowDB: 5.9, density: 0.2, sizeM: 10, clutterM: 2, serverM: 8, aboveClutter: true},
	"DH": {nlos: []lossLine{lossLOS, lossDH}, shadowDB: 4.0, density: 0.6, sizeM: 2, clutterM: 6, serverM: 8, aboveClutter: true},
}

// at includes the carrier frequency (GHz) in the constant.
func (l lossLine) at(carrierGHz float64) line {
	return line{float32(l.a + l.c*math.Log10(carrierGHz)), float32(l.b)}
}

// dB returns the path loss for log10 of the distance in m.
func (l line) dB(log10d float32) float32 { return l.a + float32(l.b*log10d) }

// decay returns k_s in m of P_LOS = exp(-d2D / k_s) (TR 38.901 table 7.4.2-1).
func (c *clutter) decay() float64 {
	k := -c.sizeM / math.Log(1-c.density)
	if c.aboveClutter {
		k *= (c.serverM - iedM) / (c.clutterM - iedM)
	}
	return k
}

// losses returns LOS and NLOS path loss in dB at log10 of the 3D distance.
func (p *params) losses(log10d float32) (los, nlos float32) {
	los = p.los.dB(log10d)
	nlos = los
	for _, l := range p.nlos {
		nlos = max(nlos, l.dB(log10d))
	}
	return los, nlos
}

// visible returns P_LOS at the horizontal distance d2D in m.
func (p *params) visible(d2D float32) float32 {
	return exp2f(-float32(d2D * p.losDecay))
}
