package ref

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// bigFMA is a*b + c in exact arithmetic, rounded once.
func bigFMA(a, b, c float32) float32 {
	x := new(big.Float).SetPrec(1000)
	x.Mul(big.NewFloat(float64(a)).SetPrec(1000), big.NewFloat(float64(b)).SetPrec(1000))
	x.Add(x, big.NewFloat(float64(c)).SetPrec(1000))
	f, _ := x.Float32()
	return f
}

// awkward draws numbers whose sums are near midpoints, overflow or underflow.
func awkward(r *rand.Rand) float32 {
	for {
		x := math.Float32frombits(r.Uint32())
		switch r.IntN(4) {
		case 0:
			x = float32(r.IntN(1<<12)-1<<11) * float32(math.Ldexp(1, r.IntN(40)-20))
		case 1:
			x = float32(math.Ldexp(float64(1+r.IntN(1<<24)), r.IntN(250)-149))
		case 2:
			x = float32(1+r.IntN(3)) * math.Float32frombits(r.Uint32()&0x00ffffff)
		}
		if x == x && !math.IsInf(float64(x), 0) {
			return x
		}
	}
}

func TestFMAIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		a, b, c := awkward(r), awkward(r), awkward(r)
		if r.IntN(2) == 0 { // c close to a half ulp of the product
			c = float32(math.Ldexp(1, math.Ilogb(float64(a)*float64(b))-24-r.IntN(30)))
		}
		got, want := FMA(a, b, c), bigFMA(a, b, c)
		if got != want {
			t.Fatalf("FMA(%g, %g, %g) = %g, want %g", a, b, c, got, want)
		}
	}
}

func TestFMAMidpoints(t *testing.T) {
	for _, c := range [][4]float32{
		// 1 + 2^-24 is a midpoint; the third operand decides.
		{1 + 0x1p-12, 1 - 0x1p-12, 0x1p-24, 1},
		{0x1p-12, 0x1p-12, 1, 1},
		{0x1p-24 + 0x1p-47, 1, 1, 1 + 0x1p-23},
		{0x1.fffffep127, 1, 0x1p103, float32(math.Inf(1))},
		{0x1p-100, 0x1p-50, 0, 0},
		{0x1p-75, 0x1.8p-75, 0x1p-149, 0x1p-148},
	} {
		if got := FMA(c[0], c[1], c[2]); got != c[3] {
			t.Errorf("FMA(%g, %g, %g) = %b, want %b", c[0], c[1], c[2], got, c[3])
		}
	}
}

// ulps is the distance of got from the exact value in units of the last place of float32.
func ulps(got float32, want float64) float64 {
	_, e := math.Frexp(want)
	return math.Abs(float64(got)-want) / math.Ldexp(1, max(e-24, -149))
}

func cdf(x float32) float32 {
	y, _ := Gauss(x)
	return y
}

func TestFunctionsAreWithinTheirBounds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	between := func(lo, hi float64) func() float32 {
		return func() float32 { return float32(lo + (hi-lo)*r.Float64()) }
	}
	for _, c := range []struct {
		name  string
		f     func(float32) float32
		exact func(float64) float64
		x     func() float32
		bound float64
	}{
		{"exp", Exp, math.Exp, between(-87.3, 88.7), 2},
		{"exp small", Exp, math.Exp, between(-1, 1), 2},
		{"log", Log, math.Log, func() float32 { return math.Float32frombits(1 + r.Uint32N(0x7f7fffff)) }, 2},
		{"log near 1", Log, math.Log, between(0.5, 2), 2},
		{"tanh", Tanh, math.Tanh, between(-10, 10), 2},
		{"tanh small", Tanh, math.Tanh, between(-0.7, 0.7), 2},
		{"silu", func(x float32) float32 { return apply(kernels.FnSiLU, x, [2]float32{}) }, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, between(-80, 80), 4},
		{"gauss", cdf, func(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }, between(-13, 6), 6},
		{"gelu", func(x float32) float32 { return x * cdf(x) }, func(x float64) float64 { return x * math.Erfc(-x/math.Sqrt2) / 2 }, between(-13, 6), 7},
		{"sigmoid", Sigmoid, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, between(-80, 80), 4},
	} {
		worst := 0.0
		for range 300_000 {
			x := c.x()
			worst = max(worst, ulps(c.f(x), c.exact(float64(x))))
		}
		t.Logf("%-10s at most %.2f ulp", c.name, worst)
		if worst > c.bound {
			t.Errorf("%s is off by %.2f ulp, want at most %g", c.name, worst, c.bound)
		}
	}
}

func TestSinCosOfTurns(t *testing.T) {
	for i := range 1 << 16 {
		u := float32(i) * 0x1p-16
		s, c := sinCosTurns(u)
		ws, wc := math.Sincos(2 * math.Pi * float64(u))
		if math.Abs(float64(s)-ws) > 2e-7 || math.Abs(float64(c)-wc) > 2e-7 {
			t.Fatalf("turn %g: got %g %g, want %g %g", u, s, c, ws, wc)
		}
	}
}

func TestFunctionsAtTheEdges(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct {
		name    string
		f       func(float32) float32
		x, want float32
	}{
		{"exp", Exp, -inf, 0}, {"exp", Exp, -87.34, 0}, {"exp", Exp, inf, inf}, {"exp", Exp, 88.73, inf}, {"exp", Exp, 0, 1},
		{"log", Log, 0, -inf}, {"log", Log, inf, inf}, {"log", Log, 1, 0},
		{"tanh", Tanh, -inf, -1}, {"tanh", Tanh, inf, 1}, {"tanh", Tanh, 0, 0},
		{"sigmoid", Sigmoid, -inf, 0}, {"sigmoid", Sigmoid, inf, 1}, {"sigmoid", Sigmoid, 0, 0.5},
	} {
		if got := c.f(c.x); got != c.want {
			t.Errorf("%s(%g) = %g, want %g", c.name, c.x, got, c.want)
		}
	}
	for _, f := range []func(float32) float32{Exp, Log, Tanh, Sigmoid} {
		if y := f(float32(math.NaN())); y == y {
			t.Errorf("a function made %g from NaN", y)
		}
	}
	if y := Log(-1); y == y {
		t.Errorf("log(-1) = %g, want NaN", y)
	}
	for x := expMin; x < -87.3; x += 1e-5 {
		if y := Exp(float32(x)); y != 0 && (y < 0x1p-126 || y > 0x1.2p-126) {
			t.Fatalf("exp(%g) = %g lies outside the normal numbers", x, y)
		}
	}
}
