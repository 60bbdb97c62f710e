package spread

import "math"

// CycleS is the time of a cycle, s.
const CycleS = 0.1

// Constants of the physics (core.py of MPE2).
const (
	dt            float32 = CycleS
	keep          float32 = 1 - 0.25 // share of the velocity that damping leaves
	motor         float32 = 5        // force of an action
	contactForce  float32 = 100
	contactMargin float32 = 1e-3
	contact       float32 = 0.15 + 0.15 // distance of two agents that touch
)

// repulsion is the force between two agents at a distance, divided by the distance: 0 far away, and linear in
// the depth of the penetration with a soft beginning,
//
//	100 k log(1 + exp((0.3 - d) / k)) / d,   k = 0.001.
//
// Two agents in one point push each other nowhere; PettingZoo has NaN there.
func repulsion(distance float32) float32 {
	if distance == 0 {
		return 0
	}
	depth := contactMargin * softplus((contact-distance)/contactMargin)
	return contactForce * depth / distance
}

// softplus is log(1 + exp(y)), within one unit in the last place of float32. It computes in float64 with a rounding
// of every product, because library functions, and products that are fused with sums, have other bits on other
// processors.
func softplus(y float32) float32 {
	return max(y, 0) + float32(log1p(expNegative(math.Abs(float64(y)))))
}

// expNegative is exp(-a) for a >= 0, and 0 where float32 has no such number: 2^-n times the series of exp(-r),
// a = n ln 2 + r.
func expNegative(a float64) float64 {
	const most, terms = 104, 14
	if a > most {
		return 0
	}
	n := math.Floor(a / math.Ln2)
	r := a - float64(n*math.Ln2)
	sum := 1.0
	for k := terms; k >= 1; k-- {
		sum = 1 - float64(sum*r)/float64(k)
	}
	return math.Ldexp(sum, -int(n))
}

// log1p is log(1 + z) for 0 <= z <= 1: 2 artanh(z / (2 + z)) by its series.
func log1p(z float64) float64 {
	const terms = 12
	s := z / (2 + z)
	square := float64(s * s)
	sum := 0.0
	for k := terms; k >= 0; k-- {
		sum = 1/float64(2*k+1) + float64(square*sum)
	}
	return 2 * s * sum
}

func hypot(x, y float32) float32 {
	return float32(math.Sqrt(float64(float32(x*x) + float32(y*y))))
}
