package nn

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels/philox"
)

// Init fills a new parameter.
type Init struct {
	name string
	// fill initialises a weight [in, out] of a layer with fanIn inputs; if bias is set, also its bias [out].
	fill func(dst []float32, shape []int, fanIn int, rng *rand.Rand)
	bias bool // fill initialises the bias too; otherwise the bias starts at zero
}

// The initialisers without parameters.
var (
	// Zeros fills with zero.
	Zeros = Init{name: "zeros", fill: func(dst []float32, _ []int, _ int, _ *rand.Rand) { clear(dst) }}
	// Ones fills with one.
	Ones = Init{name: "ones", fill: func(dst []float32, _ []int, _ int, _ *rand.Rand) { constant(dst, 1) }}
	// XavierUniform is U(-a, a) with a = sqrt(6 / (in + out)) (Glorot & Bengio 2010); biases are zero.
	XavierUniform = Init{name: "xavier", fill: xavier}
	// KaimingUniform is PyTorch's default for Linear: U(-a, a) with a = 1/sqrt(in) for weight and bias.
	KaimingUniform = Init{name: "kaiming", fill: kaiming, bias: true}
)

// String names the initialiser.
func (i Init) String() string { return i.name }

// stream is the random stream of one parameter. Adding a parameter does not change the others.
func stream(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(philox.NewSource(seed, h.Sum64()))
}

func constant(dst []float32, c float32) {
	for i := range dst {
		dst[i] = c
	}
}

// Normal draws from the normal distribution with mean 0 and the given standard deviation.
func Normal(deviation float64) Init {
	return Init{name: fmt.Sprintf("normal(%g)", deviation), fill: func(dst []float32, _ []int, _ int, rng *rand.Rand) {
		for i := range dst {
			dst[i] = float32(deviation * rng.NormFloat64())
		}
	}}
}

// Drawn fills with what a function of the caller draws.
func Drawn(name string, draw func(dst []float32, rng *rand.Rand)) Init {
	return Init{name: name, fill: func(dst []float32, _ []int, _ int, rng *rand.Rand) { draw(dst, rng) }}
}

func uniform(dst []float32, bound float64, rng *rand.Rand) {
	for i := range dst {
		dst[i] = float32((2*rng.Float64() - 1) * bound)
	}
}

func xavier(dst []float32, shape []int, fanIn int, rng *rand.Rand) {
	fanOut := len(dst) / shape[len(shape)-2] // each input of a convolution reaches an output through every tap
	uniform(dst, math.Sqrt(6/float64(fanIn+fanOut)), rng)
}

func kaiming(dst []float32, _ []int, fanIn int, rng *rand.Rand) {
	uniform(dst, 1/math.Sqrt(float64(fanIn)), rng)
}

// Orthogonal fills with gain times a random matrix whose rows or columns, whichever are fewer, are
// orthonormal (Saxe et al. 2014). It uses Gram-Schmidt on normal numbers.
func Orthogonal(gain float64) Init {
	return Init{name: fmt.Sprintf("orthogonal(%g)", gain), fill: func(dst []float32, shape []int, _ int, rng *rand.Rand) {
		cols := shape[len(shape)-1]
		rows := len(dst) / cols
		few, long := min(rows, cols), max(rows, cols)
		q := orthonormal(few, long, rng)
		for i := range rows {
			for j := range cols {
				if rows <= cols {
					dst[i*cols+j] = float32(gain * q[i][j])
				} else {
					dst[i*cols+j] = float32(gain * q[j][i])
				}
			}
		}
	}}
}

// orthonormal returns n orthonormal vectors of the given length.
func orthonormal(n, length int, rng *rand.Rand) [][]float64 {
	q := make([][]float64, n)
	for i := range q {
		v := make([]float64, length)
		for j := range v {
			v[j] = rng.NormFloat64()
		}
		for range 2 { // the second pass removes the rounding errors of the first
			for _, u := range q[:i] {
				axpy(v, u, -dot(u, v))
			}
		}
		scale := 1 / math.Sqrt(dot(v, v))
		for j := range v {
			v[j] *= scale
		}
		q[i] = v
	}
	return q
}

// The float64 conversions forbid fused multiply-add, so that compilers and instruction sets agree.
// The normal draws use the standard library's log and exp, which may round differently on another
// processor architecture.

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += float64(a[i] * b[i])
	}
	return s
}

func axpy(y, x []float64, a float64) {
	for i := range y {
		y[i] += float64(a * x[i])
	}
}
