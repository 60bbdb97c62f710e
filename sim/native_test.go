package sim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/sim/engine"
)

// TestNativeFunctionsWithinTwoUlp measures the C engine's polynomials against float64, and
// compares every value with the Go engine's.
func TestNativeFunctionsWithinTwoUlp(t *testing.T) {
	var positive, powers, turns []float32
	for bits := uint32(0x00800000); bits < 0x7f800000; bits += 997 { // every exponent
		positive = append(positive, math.Float32frombits(bits))
	}
	for bits := uint32(0x3f700000); bits < 0x3f900000; bits += 3 { // densely around 1
		positive = append(positive, math.Float32frombits(bits))
	}
	for i := -126 * 4096; i < 128*4096; i++ {
		powers = append(powers, float32(i)/4096+1.3e-4)
	}
	for k := 0; k < 1<<24; k += 11 {
		turns = append(turns, float32(k)*0x1p-24)
	}
	sine := func(u float32) float32 { s, _ := sincosTurn(u); return s }
	cosine := func(u float32) float32 { _, c := sincosTurn(u); return c }
	for which, f := range []struct {
		name string
		x    []float32
		spec func(float32) float32
		want func(float32) float64
	}{
		{"log2", positive, log2f, func(x float32) float64 { return math.Log2(float64(x)) }},
		{"exp2", powers, exp2f, func(x float32) float64 { return math.Exp2(float64(x)) }},
		{"sin", turns, sine, func(u float32) float64 { s, _ := turn(int(u * (1 << 24))); return s }},
		{"cos", turns, cosine, func(u float32) float64 { _, c := turn(int(u * (1 << 24))); return c }},
	} {
		for _, engine := range nativeEngines() {
			checkFunction(t, f.name+" on "+engine, f.x, nativeValues(engine, which, f.x), f.spec, f.want)
		}
	}
}

func nativeValues(name string, which int, x []float32) []float32 {
	y := make([]float32, len(x))
	engine.Function(strings.TrimPrefix(name, nativePrefix), which, x, y)
	return y
}

func checkFunction(t *testing.T, name string, x, y []float32, spec func(float32) float32, want func(float32) float64) {
	t.Helper()
	var w worst
	for i, v := range x {
		if math.Float32bits(y[i]) != math.Float32bits(spec(v)) {
			t.Fatalf("%s(%v) = %v, the Go engine has %v", name, v, y[i], spec(v))
		}
		if exact := want(v); exact != 0 {
			w.see(ulps(y[i], exact), float64(v))
		}
	}
	w.check(t, name)
}

// TestPresetsWithTheCommonShape says which presets the C engine observes by the specialised code (WORLD_COMMON_SHAPE).
func TestPresetsWithTheCommonShape(t *testing.T) {
	if len(nativeEngines()) == 0 {
		t.Skip("this binary has no C engine")
	}
	common := []string{"paper", "population", "hot"}
	for _, name := range Presets() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		w, err := New(s, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := w.native.Specialised(), slices.Contains(common, name); got != want {
			t.Errorf("preset %s is specialised: %t, want %t", name, got, want)
		}
	}
}
