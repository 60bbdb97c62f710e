package sim

import (
	"math"
	"testing"
)

// ulps returns |got - want| in units of the last place of want as a float32.
func ulps(got float32, want float64) float64 {
	near := float32(math.Abs(want))
	ulp := float64(math.Nextafter32(near, math.MaxFloat32)) - float64(near)
	return math.Abs(float64(got)-want) / ulp
}

// worst is the largest error and its argument.
type worst struct{ err, at float64 }

func (w *worst) see(err, at float64) {
	if err > w.err {
		w.err, w.at = err, at
	}
}

func (w *worst) check(t *testing.T, name string) {
	t.Helper()
	t.Logf("%s: at most %.3f ulp, at %v", name, w.err, w.at)
	if w.err > 2 {
		t.Errorf("%s: %.3f ulp at %v, want at most 2", name, w.err, w.at)
	}
}

func TestLog2WithinTwoUlp(t *testing.T) {
	var w worst
	for bits := uint32(0x3f000000); bits < 0x40000000; bits += 7 { // [1/2, 2), both sides of 1
		x := math.Float32frombits(bits)
		if x != 1 {
			w.see(ulps(log2f(x), math.Log2(float64(x))), float64(x))
		}
	}
	for bits := uint32(0x00800000); bits < 0x7f800000; bits += 1009 { // all normal numbers
		x := math.Float32frombits(bits)
		if x != 1 {
			w.see(ulps(log2f(x), math.Log2(float64(x))), float64(x))
		}
	}
	w.check(t, "log2")
	if got := log2f(1); got != 0 {
		t.Errorf("log2(1) = %v", got)
	}
	for e := -126; e < 128; e++ {
		if got := log2f(float32(math.Ldexp(1, e))); got != float32(e) {
			t.Errorf("log2(2^%d) = %v", e, got)
		}
	}
}

func TestExp2WithinTwoUlp(t *testing.T) {
	var w worst
	for i := -126 * 4096; i < 128*4096; i++ {
		x := float32(i)/4096 + 1.3e-4
		w.see(ulps(exp2f(x), math.Exp2(float64(x))), float64(x))
	}
	w.check(t, "exp2")
	for e := -126; e < 128; e++ {
		if got := exp2f(float32(e)); float64(got) != math.Exp2(float64(e)) {
			t.Errorf("exp2(%d) = %v", e, got)
		}
	}
	if got := exp2f(-200); got != 0 {
		t.Errorf("exp2(-200) = %v, want 0", got)
	}
	if got := exp2f(1000); math.IsInf(float64(got), 0) || got < 3e38 {
		t.Errorf("exp2(1000) = %v, want the value at the upper bound", got)
	}
}

func TestSincosWithinTwoUlp(t *testing.T) {
	var s, c worst
	for k := 0; k < 1<<24; k += 11 {
		sin, cos := sincosTurn(float32(k) * 0x1p-24)
		wantSin, wantCos := turn(k)
		if wantSin != 0 {
			s.see(ulps(sin, wantSin), float64(k))
		}
		if wantCos != 0 {
			c.see(ulps(cos, wantCos), float64(k))
		}
	}
	s.check(t, "sin")
	c.check(t, "cos")
}

// turn is sin and cos of k 2^-24 turns, reduced in integers because the float64
// argument 2 pi u would carry an error that is large beside a small result.
func turn(k int) (sin, cos float64) {
	quarter, rest := (k+1<<21)>>22, k
	rest -= quarter << 22
	s, c := math.Sincos(2 * math.Pi * float64(rest) / (1 << 24))
	switch quarter & 3 {
	case 1:
		return c, -s
	case 2:
		return -s, -c
	case 3:
		return -c, s
	}
	return s, c
}

func TestDrawMoments(t *testing.T) {
	s, err := Preset("paper")
	if err != nil {
		t.Fatal(err)
	}
	p, m := newParams(s), moment{key: [2]uint32{3, 4}}
	const n = 1 << 17
	var rayleigh, rice, rice2, gauss, gauss2 float64
	for i := range uint32(n) {
		u, v, a, b := m.words(i, streamFading)
		rayleigh += float64(p.fading(u, v, false))
		h := float64(p.fading(a, b, true))
		rice += h
		rice2 += h * h
		x := float64(normal(u, v))
		gauss += x
		gauss2 += x * x
	}
	k := math.Pow(10, 0.7)
	within(t, "mean of Exp(1)", rayleigh/n, 1, 0.015)
	within(t, "mean of Rician power", rice/n, 1, 0.01)
	within(t, "variance of Rician power", rice2/n-1, (1+2*k)/((1+k)*(1+k)), 0.02)
	within(t, "mean of the normal", gauss/n, 0, 0.015)
	within(t, "variance of the normal", gauss2/n, 1, 0.02)
}

func within(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.6g, want %.6g within %g", what, got, want, tolerance)
	}
}
