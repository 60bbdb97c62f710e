package bench

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/gmel-go/gmel/kernels/philox"
)

// stream is the random stream of one input. Adding an input does not change the others.
func stream(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	return rand.New(philox.NewSource(1, h.Sum64()))
}

// normals returns n normal numbers.
func normals(name string, n int) []float32 {
	rng, v := stream(name), make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

// choices returns n whole numbers below bound.
func choices(name string, n, bound int) []float32 {
	rng, v := stream(name), make([]float32, n)
	for i := range v {
		v[i] = float32(rng.IntN(bound))
	}
	return v
}

// masks returns rows of legal actions. Action 0 is always legal, the others in 40 % of the rows, as in
// a slot in which 40 % of the agents have a task.
func masks(name string, rows, actions int) []float32 {
	rng, v := stream(name), make([]float32, rows*actions)
	for i := range rows {
		legal := v[i*actions:][:actions]
		legal[0] = 1
		if rng.Float64() < 0.4 {
			for u := range legal {
				legal[u] = 1
			}
		}
	}
	return v
}
