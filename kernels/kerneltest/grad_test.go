package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// lab is one op over its own float64 arena.
type lab struct {
	t  *testing.T
	tr *trial
	x  []float64
}

func newLab(t *testing.T, tr *trial) *lab {
	b := newBench([]*trial{tr}, 5)
	return &lab{t, tr, widen(b.arena)}
}

func (l *lab) arg(name string) []float64 {
	s := l.tr.arg[l.tr.index(name)]
	return l.x[s.from:s.to]
}

func (l *lab) run() {
	l.t.Helper()
	if err := ref.Exec(&l.tr.desc, l.x); err != nil {
		l.t.Fatal(err)
	}
}

// loss is the weighted sum of an output of the op; masked entries are constants so large that
// they would drown the differences.
func (l *lab) loss(out string, weights []float64) float64 {
	l.run()
	sum := 0.0
	for i, y := range l.arg(out) {
		if y != kernels.MaskedLogProb {
			sum += weights[i] * y
		}
	}
	return sum
}

// slopes is the derivative of the loss by every element of an input, by central differences.
func (l *lab) slopes(in, out string, weights []float64) []float64 {
	const h = 1e-5
	var d []float64
	x := l.arg(in)
	for i := range x {
		old := x[i]
		x[i] = old + h
		up := l.loss(out, weights)
		x[i] = old - h
		down := l.loss(out, weights)
		x[i] = old
		d = append(d, (up-down)/(2*h))
	}
	return d
}

func checkSlopes(t *testing.T, what string, got, want []float64) {
	t.Helper()
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6*max(1, math.Abs(want[i])) {
			t.Fatalf("%s[%d] = %g, finite differences give %g", what, i, got[i], want[i])
		}
	}
}

// checkGrad compares a gradient op with finite differences of its forward op. Arguments with
// the same name get the same numbers; grads maps inputs of forward to outputs of backward.
func checkGrad(t *testing.T, forward, backward *trial, out, dOut string, grads map[string]string) {
	t.Helper()
	f, b := newLab(t, forward), newLab(t, backward)
	f.run()
	for i, a := range forward.spec().Args {
		for _, c := range backward.spec().Args {
			if a.Name == c.Name && forward.desc.Arg[i] != kernels.Absent {
				copy(b.arg(c.Name), f.arg(a.Name))
			}
		}
	}
	b.run()
	for in, grad := range grads {
		checkSlopes(t, backward.desc.Op.String()+" "+grad, b.arg(grad), f.slopes(in, out, b.arg(dOut)))
	}
}

// awayFromKinks draws numbers at which every function is smooth, positive where it must be.
func awayFromKinks(f kernels.Fn) filler {
	return func(r *rand.Rand, x []float32) {
		for i := range x {
			x[i] = 0.1 + 0.3*r.Float32()
			if f != kernels.FnLog && f != kernels.FnSqrt {
				x[i] *= float32([]int{-1, 1, 3, -3}[r.IntN(4)])
			}
		}
	}
}

func TestUnaryGrad(t *testing.T) {
	for f := range fnLast + 1 {
		forward := newTrial(kernels.OpUnary, 40).fn(f).scalars(0.2, 0.55).with("x", awayFromKinks(f))
		checkGrad(t, forward, newTrial(kernels.OpUnaryGrad, 40).fn(f).scalars(0.2, 0.55), "y", "dy", map[string]string{"x": "dx"})
	}
}

// The gradient epilogue of a product with the identity must be the gradient of the function.
func TestGemmFnGrad(t *testing.T) {
	const m, n = 5, 7
	for _, f := range []kernels.Fn{kernels.FnIdentity, kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid} {
		forward := newLab(t, newTrial(kernels.OpUnary, m*n).fn(f).scalars(0.2).with("x", awayFromKinks(f)))
		forward.run()
		back := newLab(t, newTrial(kernels.OpGemm, m, n, n, n, n, n, 1).fn(f).scalars(0.2).flags(kernels.FlagFnGrad).without("bias"))
		copy(back.arg("aux"), forward.arg("y"))
		for i := range back.arg("B") {
			back.arg("B")[i] = float64(b2i(i/n == i%n))
		}
		back.run()
		checkSlopes(t, "gemm "+f.String(), back.arg("C"), forward.slopes("x", "y", back.arg("A")))
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestLogSoftmaxGrad(t *testing.T) {
	grads := map[string]string{"x": "dx"}
	checkGrad(t, newTrial(kernels.OpLogSoftmax, 3, 7).without("mask"), newTrial(kernels.OpLogSoftmaxGrad, 3, 7).without("mask"), "y", "dy", grads)
	masked := newTrial(kernels.OpLogSoftmax, 3, 7).with("mask", flagsOf(7))
	checkGrad(t, masked, newTrial(kernels.OpLogSoftmaxGrad, 3, 7), "y", "dy", grads)
}

func TestPickGrad(t *testing.T) {
	forward := newTrial(kernels.OpPick, 4, 5).with("a", values(3, 0, 4, 1))
	checkGrad(t, forward, newTrial(kernels.OpPickGrad, 4, 5), "y", "dy", map[string]string{"x": "dx"})
}

func TestAttentionGrads(t *testing.T) {
	for _, s := range [][4]int64{{1, 1, 2, 3}, {2, 2, 1, 3}, {2, 5, 2, 3}} {
		checkGrad(t, newTrial(kernels.OpAttention, s[:]...), newTrial(kernels.OpAttentionGrad, s[:]...), "x", "dx",
			map[string]string{"q": "dq", "k": "dk", "v": "dv"})
		checkGrad(t, newTrial(kernels.OpAttentionPenalty, s[:]...).scalars(0.3), newTrial(kernels.OpAttentionPenaltyGrad, s[:]...).scalars(0.3),
			"y", "dy", map[string]string{"q": "dq", "k": "dk"})
	}
}

func TestConvGrads(t *testing.T) {
	for _, s := range [][]int64{
		{2, 4, 5, 3, 3, 3, 2, 1, 1, 1, 1}, {1, 5, 4, 2, 3, 2, 3, 2, 2, 0, 1}, {2, 1, 7, 2, 1, 5, 3, 1, 2, 0, 2}, {1, 2, 2, 1, 3, 3, 2, 1, 1, 2, 2},
	} {
		forward := func() *trial { return newTrial(kernels.OpConv, s...).without("bias") }
		checkGrad(t, forward(), newTrial(kernels.OpConvGradX, s...).without("aux"), "y", "dy", map[string]string{"x": "dx"})
		checkGrad(t, forward(), newTrial(kernels.OpConvGradW, s...), "y", "dy", map[string]string{"w": "dw"})
	}
}
