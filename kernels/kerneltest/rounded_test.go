package kerneltest

import (
	"math"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

func TestRounded(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, c := range []struct{ x, tf32, bf16 float32 }{
		{1, 1, 1}, {-2.5, -2.5, -2.5}, {inf, inf, inf}, {-inf, -inf, -inf}, {math.MaxFloat32, inf, inf},
		{1 + 0x1p-11, 1 + 0x1p-10, 1}, {1 + 3*0x1p-11, 1 + 2*0x1p-10, 1}, {-1 - 0x1p-11, -1 - 0x1p-10, -1}, // ties of tf32
		{1 + 0x1p-11 - 0x1p-23, 1, 1}, {1 + 0x1p-8, 1 + 0x1p-8, 1}, {1 + 3*0x1p-8, 1 + 3*0x1p-8, 1 + 0x1p-6}, // ties of bf16
		{1 + 0x1p-8 + 0x1p-23, 1 + 0x1p-8, 1 + 0x1p-7}, {2 - 0x1p-23, 2, 2},
		{0x1p-149, 0, 0}, {0x1p-137, 0x1p-136, 0}, {0x1p-134, 0x1p-134, 0}, {3 * 0x1p-134, 3 * 0x1p-134, 0x1p-132}, // subnormal
	} {
		if got := Rounded(kernels.TF32, c.x); got != c.tf32 {
			t.Errorf("tf32 of %x is %x, want %x", c.x, got, c.tf32)
		}
		if got := Rounded(kernels.BF16, c.x); got != c.bf16 {
			t.Errorf("bf16 of %x is %x, want %x", c.x, got, c.bf16)
		}
		if got := Rounded(kernels.FP32, c.x); got != c.x {
			t.Errorf("fp32 of %x is %x", c.x, got)
		}
	}
	if v := Rounded(kernels.TF32, float32(math.NaN())); v == v {
		t.Errorf("tf32 of NaN is %g", v)
	}
}

// rounding is package ref with factors rounded by a function.
type rounding struct {
	kernels.Backend
	round func(x float32) float32
}

func (r *rounding) Compile(p *kernels.Program) (kernels.Executable, error) {
	return &roundingRun{r, p}, nil
}

type roundingRun struct {
	*rounding
	p *kernels.Program
}

func (r *roundingRun) Close() error { return nil }

// Run runs the Program once: the suite never asks for more.
func (r *roundingRun) Run(m kernels.Buffer, _ int) error {
	x := make([]float32, m.Len())
	if err := m.Download(x, 0); err != nil {
		return err
	}
	b := bench{program: *r.p, arena: x}
	b.program.Descs = slices.Clone(r.p.Descs)
	for i := range b.program.Descs {
		direct(&b.program.Descs[i]) // as devices do where they round factors
	}
	y := b.withFactors(r.round).arena
	if err := ref.Run(&b.program, y); err != nil {
		return err
	}
	eachFactor(r.p, func(from, to int64) { copy(y[from:to], x[from:to]) })
	return m.Upload(0, y)
}

func towardZero(bits uint32) func(x float32) float32 {
	return func(x float32) float32 { return math.Float32frombits(math.Float32bits(x) >> bits << bits) }
}

// Wrong roundings make the suite fail in every op; the right one does not.
func TestSuiteSeesWrongRoundings(t *testing.T) {
	for _, precision := range []string{kernels.TF32, kernels.BF16} {
		right := func(x float32) float32 { return Rounded(precision, x) }
		other := map[string]string{kernels.TF32: kernels.BF16, kernels.BF16: kernels.TF32}[precision]
		mistakes := map[string]func(x float32) float32{
			"factors are not rounded":         func(x float32) float32 { return x },
			"factors are rounded toward zero": towardZero(dropped[precision]),
			"factors are rounded to " + other: func(x float32) float32 { return Rounded(other, x) },
			"factors have a digit less":       func(x float32) float32 { return towardZero(dropped[precision] + 1)(right(x)) },
		}
		for _, op := range productOps {
			b := newBench(roundedTrials(op), uint64(op))
			want := b.roundedReference(t, precision)
			if b.roundingSeen(t, want, right) {
				t.Errorf("%s: %s: the right rounding is called wrong", precision, b.program.Name)
			}
			for mistake, round := range mistakes {
				if !b.roundingSeen(t, want, round) {
					t.Errorf("%s: %s: the suite does not see that %s", precision, b.program.Name, mistake)
				}
			}
		}
	}
}

// dropped is the number of digits of float32 that a precision drops.
var dropped = map[string]uint32{kernels.TF32: 13, kernels.BF16: 16}

// The trial that multiplies rare numbers by one detects wrong roundings of them.
func TestSuiteSeesWrongRoundingsOfEdges(t *testing.T) {
	b := newRoundings()
	for _, precision := range []string{kernels.TF32, kernels.BF16} {
		want := b.roundedReference(t, precision)
		right := func(x float32) float32 { return Rounded(precision, x) }
		for mistake, round := range map[string]func(x float32) float32{
			"ties are rounded the other way": otherTies[precision],
			"subnormal numbers become 0": func(x float32) float32 {
				if math.Abs(float64(x)) < 0x1p-126 {
					return 0
				}
				return right(x)
			},
			"the largest numbers stay finite": func(x float32) float32 {
				if y := right(x); math.Abs(float64(x)) <= math.MaxFloat32 && math.IsInf(float64(y), 0) {
					return towardZero(dropped[precision])(x)
				}
				return right(x)
			},
		} {
			if !b.roundingSeen(t, want, round) {
				t.Errorf("%s: the suite does not see that %s", precision, mistake)
			}
		}
		if b.roundingSeen(t, want, right) {
			t.Errorf("%s: the right rounding is called wrong", precision)
		}
	}
}

// otherTies round ties to even in tf32, and away from zero in bf16.
var otherTies = map[string]func(x float32) float32{
	kernels.TF32: func(x float32) float32 {
		bits := math.Float32bits(x)
		return towardZero(13)(math.Float32frombits(bits + 0xfff + bits>>13&1))
	},
	kernels.BF16: func(x float32) float32 { return towardZero(16)(math.Float32frombits(math.Float32bits(x) + 1<<15)) },
}

func (b *bench) roundingSeen(t *testing.T, want []float32, round func(x float32) float32) bool {
	t.Helper()
	backend, err := kernels.Open("ref", kernels.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	return len(b.faults(&rounding{backend, round}, want)) > 0
}
