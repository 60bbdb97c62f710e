package actor

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels/ref"
)

// The loop of a layer rounds as ref.FMA does, for subnormal sums too, and for float64 sums halfway between two float32.
func TestRowIsFMA(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	number := func(exponent int) float32 { // few bits, so that middles are frequent
		return float32(math.Ldexp(float64(int32(rng.Uint32())>>rng.IntN(31)), exponent-20))
	}
	check := func(a, w, c float32) float32 {
		to, want := []float32{c}, ref.FMA(a, w, c)
		addRow(a, []float64{float64(w)}, to)
		if math.Float32bits(to[0]) != math.Float32bits(want) {
			t.Fatalf("%g * %g + %g = %g, want %g", a, w, c, to[0], want)
		}
		return want
	}
	// The product is 2^-150 (1 - 2^-46), a little less than half of the last bit of c.
	if c := float32(0x1p-127 + 0x1p-149); check(0x1p-75*(1+0x1p-23), 0x1p-75*(1-0x1p-23), c) != c {
		t.Error("a sum below the middle of two subnormal numbers was rounded up")
	}
	rare := 0
	for range 300_000 {
		e := rng.IntN(150) - 75
		a, w, c := number(e), number(rng.IntN(150)-75), number(rng.IntN(280)-149)
		if rng.IntN(2) == 0 {
			c = number(e * 2)
			w = number(e)
		}
		if check(a, w, c) != float32(float64(a)*float64(w)+float64(c)) {
			rare++
		}
	}
	if rare < 10 {
		t.Errorf("only %d sums are rounded twice by float64", rare)
	}
}
