package kerneltest

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// productOps are the ops whose factors (the first two arguments) Options.Precision rounds.
var productOps = []kernels.Op{kernels.OpGemm, kernels.OpConv, kernels.OpConvGradX, kernels.OpConvGradW}

const factors = 2

// RunPrecision tests the products and attention of the backend that is registered as name in a precision that rounds
// factors. With exact, products must have the bits of package ref with rounded factors. Without exact, for devices that
// add in another order, they must be as close to float64 with rounded factors as those of ref. With small whole
// numbers, where rounding changes nothing and every sum is exact, they must have the bits of ref. With exact, the same holds for nets,
// whose products read results of others. Attention must be within bounds of float64, see attentionCase, and so must sums whose order is
// free, see runFreeSums, and norms that take them from a convolution, see runMoments.
func RunPrecision(t *testing.T, name, precision string, exact bool) {
	info, err := kernels.Describe(name)
	if err != nil {
		t.Fatal(err)
	}
	mine := chosen(t)
	for _, b := range roundedBenches() {
		if !mine.next() {
			continue
		}
		t.Run(b.program.Name, func(t *testing.T) {
			want := b.roundedReference(t, precision)
			for _, isa := range info.ISAs {
				b.compareRounded(t, name, kernels.Options{ISA: isa, Precision: precision}, want, exact)
			}
		})
	}
	for seed := range uint64(nets) {
		if !mine.next() || !exact { // on a device, errors of one layer change the roundings of the next
			continue
		}
		b := newRoundedNet(seed)
		t.Run(b.program.Name, func(t *testing.T) {
			want := b.inTurns(t, precision)
			for _, isa := range info.ISAs {
				b.compare(t, name, kernels.Options{ISA: isa, Precision: precision}, want)
			}
		})
	}
	if mine.next() {
		t.Run("attention", func(t *testing.T) { runRoundedAttention(t, name, precision, info.ISAs) })
	}
	if mine.next() {
		t.Run("free sums", func(t *testing.T) { runFreeSums(t, name, precision, info.ISAs) })
	}
	if mine.next() {
		t.Run("moments", func(t *testing.T) { runMoments(t, name, precision, info.ISAs) })
	}
	if !mine.next() {
		return
	}
	t.Run("roundings", func(t *testing.T) {
		b := newRoundings()
		b.compare(t, name, kernels.Options{Precision: precision}, b.roundedReference(t, precision))
	})
	t.Run("local factors", func(t *testing.T) {
		b := newLoop(plainLoop, 3).withFactors(smallWhole)
		b.compare(t, name, kernels.Options{Precision: precision}, b.reference(t))
	})
}

// smallWhole is a whole number so small that it is exact in all precisions, and so are sums of products.
func smallWhole(x float32) float32 { return float32(math.Round(min(max(float64(x), -2), 2))) }

// roundedBenches are the trials of products, alone and in loops.
func roundedBenches() []*bench {
	var all []*bench
	for _, op := range productOps {
		all = append(all, newBench(roundedTrials(op), uint64(op)), newLoopsOf(op))
	}
	return all
}

// roundedTrials are the trials of a product in the suite without the longest, which only repeat others on more numbers.
func roundedTrials(op kernels.Op) []*trial {
	const most = 1 << 18 // multiply-adds
	short := slices.DeleteFunc(trialsOf(op), func(t *trial) bool { return t.spec().Flops(&t.desc) > 2*most })
	if op != kernels.OpGemm {
		return short
	}
	r := rand.New(rand.NewPCG(4, 4))
	// Several tiles and blocks of terms: the sums of all blocks do not fit in scratch at once.
	return append(short, gemmTrial(r, [3]int64{131, 129, 270}, kernels.FlagTransA), gemmTrial(r, [3]int64{300, 70, 260}, kernels.FlagTransB))
}

// compareRounded compares a backend that rounds factors with ref; see RunPrecision.
func (b *bench) compareRounded(t *testing.T, name string, o kernels.Options, want []float32, exact bool) {
	if exact {
		b.compare(t, name, o, want)
		return
	}
	whole := b.withFactors(smallWhole)
	whole.compare(t, name, o, whole.reference(t))
	b.rounded(o.Precision).checkPrecision(t, b.resultOn(t, name, o))
}

// rounded is the bench with factors rounded to a precision; its convolutions then have the direct form.
func (b *bench) rounded(precision string) *bench {
	c := b.withFactors(func(x float32) float32 { return Rounded(precision, x) })
	c.program.Descs = slices.Clone(c.program.Descs)
	for i := range c.program.Descs {
		direct(&c.program.Descs[i])
	}
	return c
}

// roundedReference is the result of ref with rounded factors.
func (b *bench) roundedReference(t *testing.T, precision string) []float32 {
	want := b.rounded(precision).reference(t)
	eachFactor(&b.program, func(from, to int64) { copy(want[from:to], b.arena[from:to]) })
	return want
}

// withFactors is the bench with other factors.
func (b *bench) withFactors(f func(x float32) float32) *bench {
	c := *b
	c.arena = slices.Clone(b.arena)
	eachFactor(&b.program, func(from, to int64) {
		for i := from; i < to; i++ {
			c.arena[i] = f(b.arena[i])
		}
	})
	return &c
}

// eachFactor calls f for the factors of products in the arena, in all iterations of loops.
func eachFactor(p *kernels.Program, f func(from, to int64)) {
	iterations, body := int64(1), int64(0) // of the current loop, and the remaining ops of its body
	for i := range p.Descs {
		d := &p.Descs[i]
		if body--; body < 0 {
			iterations = 1
		}
		if d.Op == kernels.OpLoop {
			body, iterations = d.Dim[kernels.LoopBody], d.Dim[kernels.LoopIterations]
		}
		if !slices.Contains(productOps, d.Op) {
			continue
		}
		spec, _ := kernels.SpecOf(d.Op)
		for a := range factors {
			for n := range iterations {
				at := d.Arg[a]
				if len(p.Steps) > 0 {
					at += n * p.Steps[i].Iteration[a]
				}
				if at < kernels.LocalBase {
					f(at, at+spec.Args[a].Len(d))
				}
			}
		}
	}
}

// Rounded is x rounded to a precision: to nearest, with ties away from zero in tf32 and to even in bf16, and to
// infinity beyond the largest number.
func Rounded(precision string, x float32) float32 {
	digits, nearest := 10, math.Round
	switch precision {
	case kernels.FP32:
		return x
	case kernels.BF16:
		digits, nearest = 7, math.RoundToEven
	}
	v := float64(x)
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		return x
	}
	exponent := max(math.Ilogb(v), -126) // below are the subnormal numbers
	return float32(math.Ldexp(nearest(math.Ldexp(v, digits-exponent)), exponent-digits))
}

// newRoundings multiplies numbers at the edges of both formats by one, as left factors and as right factors.
func newRoundings() *bench {
	x := edgesOfRounding()
	n := int64(len(x))
	column := newTrial(kernels.OpGemm, n, 1, 1, 1, 1, 1, 1).without("bias", "aux").with("A", values(x...)).with("B", constant(1)).discrete()
	row := newTrial(kernels.OpGemm, 1, n, 1, 1, n, n, 1).without("bias", "aux").with("A", constant(1)).with("B", values(x...)).discrete()
	b := newBench([]*trial{column, row}, 1)
	b.program.Name = "roundings"
	return b
}

// edgesOfRounding are numbers of all magnitudes just below, at and just above ties of tf32 and bf16, with even
// and with odd last digits, and numbers that are not finite. (A product has no -0.)
func edgesOfRounding() []float32 {
	all := []float32{0, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), math.MaxFloat32, -math.MaxFloat32}
	for _, exponent := range []uint32{0, 1, 2, 100, 127, 128, 200, 253, 254} {
		for _, dropped := range []int{13, 16} { // digits
			for _, kept := range []uint32{0, 1, 2, 3, 1<<(23-dropped) - 1} {
				for _, rest := range []uint32{0, 1, 1<<(dropped-1) - 1, 1 << (dropped - 1), 1<<(dropped-1) + 1, 1<<dropped - 1} {
					bits := exponent<<23 | kept<<dropped | rest
					if bits != 0 {
						all = append(all, math.Float32frombits(bits), math.Float32frombits(bits|1<<31))
					}
				}
			}
		}
	}
	return all
}

// TrialsOfRounded runs the trials of a product on package ref with factors rounded to a precision.
func TrialsOfRounded(t *testing.T, op kernels.Op, precision string) *Trials {
	b := newBench(roundedTrials(op), uint64(op))
	return &Trials{b, b.roundedReference(t, precision)}
}

// ProductOps lists the ops that TrialsOfRounded accepts.
func ProductOps() []kernels.Op { return slices.Clone(productOps) }
