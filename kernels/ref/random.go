package ref

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/philox"
)

func randomOps[T Float]() family[T] {
	return family[T]{
		kernels.OpRandInt: (*op[T]).randInt,
		kernels.OpUniform: (*op[T]).uniform,
		kernels.OpNormal:  (*op[T]).normal,
		kernels.OpCount:   (*op[T]).count,
		kernels.OpDropout: (*op[T]).dropout,
	}
}

// stream is the Philox stream of one op: its key, its first block and the three fixed counter words.
type stream struct {
	key          [2]uint32
	first        uint32
	low, high, s uint32
}

// stream reads counter[2] = (high, low).
func (o *op[T]) stream(counter []T) stream {
	return stream{key: philox.Key(o.Seed), low: uint32(counter[1]), high: uint32(counter[0]), s: o.Stream}
}

func (s stream) block(i uint32) [4]uint32 {
	return philox.Block(s.key, [4]uint32{s.first + i, s.low, s.high, s.s})
}

// uniform is in [0, 1), a multiple of 2^-24, exact.
func uniform(word uint32) float32 { return philox.Uniform(word) }

// words calls f with every element's block and the index of its word.
func (s stream) words(n int, f func(i int, w [4]uint32)) {
	for b := 0; b < n; b += 4 {
		w := s.block(uint32(b / 4))
		for i := b; i < min(b+4, n); i++ {
			f(i, w)
		}
	}
}

func (o *op[T]) randInt() {
	bound, y := o.arg(0)[0], o.arg(2)
	o.stream(o.arg(1)).words(len(y), func(i int, w [4]uint32) {
		v := T(math.Floor(float64(T(uniform(w[i%4])) * bound)))
		if v >= bound {
			v = bound - 1
		}
		y[i] = v
	})
}

func (o *op[T]) uniform() {
	y, lo, span := o.arg(1), o.scalar(0), o.scalar(1)-o.scalar(0)
	o.stream(o.arg(0)).words(len(y), func(i int, w [4]uint32) {
		y[i] = lo + T(span*T(uniform(w[i%4])))
	})
}

// dropout selects and does not multiply, so that it drops NaN too.
func (o *op[T]) dropout() {
	x, y, p := o.arg(0), o.arg(2), o.scalar(0)
	keep := 1 / (1 - p)
	s := o.stream(o.arg(1))
	s.first = uint32(o.dim(1))
	s.words(len(y), func(i int, w [4]uint32) {
		var v T
		if T(uniform(w[i%4])) >= p {
			v = T(x[i] * keep)
		}
		o.put(&y[i], v)
	})
}

// normal: elements 0 and 1 of a block come from words 0 and 1, elements 2 and 3 from words 2 and 3.
func (o *op[T]) normal() {
	y, mean, std := o.arg(1), o.scalar(0), o.scalar(1)
	o.stream(o.arg(0)).words(len(y), func(i int, w [4]uint32) {
		pair := i % 4 / 2 * 2
		radius := sqrt(-2 * log(T(philox.UniformOpen(w[pair]))))
		sin, cos := sinCos(T(uniform(w[pair+1])))
		z := T(radius * cos)
		if i%2 == 1 {
			z = T(radius * sin)
		}
		y[i] = mean + T(std*z)
	})
}

// count wraps at 2^48.
func (o *op[T]) count() {
	c := o.arg(0)
	v := uint64(c[0])*kernels.CounterBase + uint64(c[1]) + uint64(o.Dim[0])
	c[0] = T(v / kernels.CounterBase % kernels.CounterBase)
	c[1] = T(v % kernels.CounterBase)
}
