package op_test

import (
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/op"
)

// In both layouts, agent a of sample i must be multiplied by its own weights.
func TestGroupedLinearByHand(t *testing.T) {
	const A, M, K, N = 3, 4, 5, 2
	b := &bench{g: G.NewGraph(), rng: rand.New(rand.NewPCG(1, 2))}
	w, bias := b.in(A, K, N), b.in(A, N)
	mixed := b.in(M*A, K)
	own := b.node(func(i int) float64 { // the same numbers, agents first
		a, m, k := i/(M*K), i/K%M, i%K
		return number(t, mixed.Value())[(m*A+a)*K+k]
	}, A, M, K)
	x, weights, biases := number(t, mixed.Value()), number(t, w.Value()), number(t, bias.Value())
	y, z := op.GroupedLinear(mixed, w, bias, op.Tanh), op.GroupedLinear(own, w, bias, op.Tanh)
	run(t, vm(t, b.g, y, z))
	for i := range M * A * N {
		m, a, n := i/(A*N), i/N%A, i%N
		want := biases[a*N+n]
		for k := range K {
			want += x[(m*A+a)*K+k] * weights[(a*K+k)*N+n]
		}
		want = math.Tanh(want)
		got := [2]float64{number(t, y.Value())[i], number(t, z.Value())[(a*M+m)*N+n]}
		if math.Abs(got[0]-want) > 1e-12 || got[0] != got[1] {
			t.Fatalf("sample %d, agent %d, output %d: %v, want %g", m, a, n, got, want)
		}
	}
}
