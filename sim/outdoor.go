package sim

import "math"

// The urban scenarios of TR 38.901, UMi - Street Canyon and UMa, for outdoor IEDs (tables 7.4.1-1 and
// 7.4.2-1). In line of sight the slope is 21 or 22 dB per decade up to the breakpoint distance d'_BP
// and 40 dB beyond. Both lines meet there, so that the path loss is their maximum:
//
//	PL1 = a + b log10 d3D + 20 log10 f_c
//	PL2 = a + 40 log10 d3D + 20 log10 f_c - (40 - b)/2 log10(d'_BP^2 + (h_BS - h_UT)^2)
//	d'_BP = 4 (h_BS - h_E) (h_UT - h_E) f_c / c            f_c in Hz, c = 3e8 m/s
//
// An IED is 1.5 m high. The environment height h_E is then 1 m in both scenarios, and the term C' of
// UMa's P_LOS is 0. The carrier may have 0.5 to 100 GHz (Scenario.Validate). The formulas are valid for
// d2D of 10 m to 5 km. Smaller distances count as 10 m, as in Simu5G. Larger ones extend the formulas;
// such links are too weak to matter. Penetration into buildings and vehicles is not modelled.

// street is what an urban scenario has instead of clutter; the zero street is none.
type street struct {
	nearM  float64 // up to this d2D there is always line of sight
	decayM float64 // of P_LOS
}

const (
	closestStreet = 10.0 // m, d2D
	environmentM  = 1.0  // h_E
	farSlope      = 40.0 // dB per decade beyond the breakpoint
)

var (
	streetCanyon = propagation{
		los: []lossLine{{32.4, 21, 20}}, nlos: []lossLine{{22.4, 35.3, 21.3}}, shadowLOS: 4, shadowNLOS: 7.82,
		serverM: 10, street: street{nearM: 18, decayM: 36},
	}
	urbanMacro = propagation{
		los: []lossLine{{28, 22, 20}}, nlos: []lossLine{{13.54, 39.08, 20}}, shadowLOS: 4, shadowNLOS: 6,
		serverM: 25, street: street{nearM: 18, decayM: 63},
	}
)

// breakpoint returns d'_BP in m.
func (c *propagation) breakpoint(carrierGHz float64) float64 {
	return 4 * (c.serverM - environmentM) * (iedM - environmentM) * carrierGHz * 1e9 / 3e8
}

// farLines returns PL2, nothing in a factory. PL2 is the line of slope 40 that meets PL1 at d'_BP.
func (c *propagation) farLines(carrierGHz float64) []lossLine {
	if c.street.nearM == 0 {
		return nil
	}
	first, at := c.los[0], math.Hypot(c.breakpoint(carrierGHz), c.height())
	return []lossLine{{first.a - (farSlope-first.b)*math.Log10(at), farSlope, first.c}}
}

// closest returns the smallest 3D distance in m; links that are shorter count as that long.
func (c *propagation) closest() float64 {
	if c.street.nearM == 0 {
		return closestInF
	}
	return math.Hypot(closestStreet, c.height())
}
