package ref

import "math"

// The tail of the normal distribution is e^(-a^2/2) q(1/(1 + gaussPole a)): q is the minimax
// polynomial of degree 10 without constant term for a in [0, gaussFar], relative error 1e-8.
const (
	gaussPole = 0.3125
	gaussFar  = 14                   // the density is 0 in float32 from 13.3 on
	gaussNorm = 0.398942280401432678 // 1 / sqrt(2 pi)
)

var gaussPoly = [...]float32{
	-1.8817262724e-2, 9.0295597911e-2, -1.4839255810e-1, 7.0669792593e-2, 4.8889574828e-4,
	5.3909402341e-2, 9.0653516352e-2, 1.1176333576e-1, 1.2476464361e-1, 1.2466463447e-1,
}

// Gauss returns the distribution function Phi(x) and the density phi(x) of the standard normal. Phi
// is within 6 ulp where it is a normal number. The code keeps the rounding error of x squared,
// because the exponential would magnify it.
func Gauss(x float32) (cdf, pdf float32) {
	a := math.Float32frombits(math.Float32bits(x) &^ (1 << 31))
	if a > gaussFar {
		a = gaussFar
	}
	s := a * a
	lost := FMA(a, a, -s)
	e := Exp(float32(-0.5*s)) * FMA(-0.5, lost, 1)
	t := 1 / FMA(gaussPole, a, 1)
	tail := float32(e * float32(t*horner(t, gaussPoly[:]))) // rounded: 1 - tail must not become an fma
	if !(x < 0) {
		tail = 1 - tail
	}
	return tail, e * gaussNorm
}

func gauss[T Float](x T) (cdf, pdf T) {
	if single[T]() {
		c, p := Gauss(float32(x))
		return T(c), T(p)
	}
	return T(math.Erfc(-float64(x)/math.Sqrt2) / 2), T(math.Exp(-float64(x)*float64(x)/2) * gaussNorm)
}
