package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels"
)

// newFMA is a program of some 400 000 fused multiply-adds a*b + c on awkward numbers, for
// instruction sets that have to emulate them. The reference is exact (package ref).
func newFMA() *bench {
	const groups, width = 3000, 129
	// C[1,N] = [1, a] [c; b]: the first term is c itself.
	product := newTrial(kernels.OpGemm, 1, width, 2, 2, width, width, groups, 2, 2*width, width).
		without("bias", "aux").with("A", onesAnd(awkward)).with("B", awkwardPairs(width)).discrete()
	// t = fma(s, p, t) where p - t is p: keeps the sign of zero.
	polyak := newTrial(kernels.OpPolyak, 10_001).scalars(0x1.fffffep-3).
		with("p", each(awkward)).with("t", values(0, float32(math.Copysign(0, -1)), 0x1p-149, -0x1p-149)).discrete()
	b := newBench([]*trial{product, polyak}, 4711)
	b.program.Name = "fma"
	return b
}

func each(f func(r *rand.Rand) float32) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = f(r)
		}
	}
}

// onesAnd fills with pairs of 1 and a number.
func onesAnd(f func(r *rand.Rand) float32) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = 1
			if i%2 == 1 {
				x[i] = f(r)
			}
		}
	}
}

// awkwardPairs fills a row of n numbers c, then a row of n numbers b, and so on. Half of the products of
// a simple number and b are close to midpoints or cancel with c.
func awkwardPairs(n int) filler {
	return func(r *rand.Rand, x []float32) {
		each(awkward)(r, x)
		for i := range x {
			if i/n%2 == 1 && r.IntN(2) == 0 {
				x[i-n] = float32(math.Ldexp(1, math.Ilogb(float64(x[i]))+r.IntN(60)-30)) * float32(1-2*r.IntN(2))
			}
		}
	}
}

// awkward draws numbers of all magnitudes, with many zeros in their binary digits or none, and infinities
// and NaN.
func awkward(r *rand.Rand) float32 {
	switch r.IntN(8) {
	case 0:
		return []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
			math.MaxFloat32, -math.MaxFloat32, 0x1p-126, 0x1p-149}[r.IntN(9)]
	case 1, 2:
		return float32(r.IntN(1<<12)-1<<11) * float32(math.Ldexp(1, r.IntN(40)-20))
	case 3:
		return float32(math.Ldexp(float64(1+r.IntN(1<<24)), r.IntN(250)-149))
	case 4:
		return float32(1+r.IntN(3)) * math.Float32frombits(r.Uint32()&0x80ffffff) // subnormal or slightly larger
	case 5:
		return 1 + float32(r.IntN(9)-4)*0x1p-23
	case 6:
		return float32(math.Ldexp(1, r.IntN(278)-149)) * float32(1-2*r.IntN(2))
	}
	return math.Float32frombits(r.Uint32())
}
