package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// lab is one op on its own float64 arena.
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

// loss is the weighted sum of an output of the op without masked entries, which are constants so large
// that the differences would be lost.
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

// slopes is the derivative of the loss with respect to every element of an input, by central differences.
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

func checkNear(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %g, want %g within %g", what, got, want, tolerance)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
