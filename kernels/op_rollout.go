package kernels

import "fmt"

// Advantages and minibatches of on-policy learning.
const (
	// OpGAE: generalised advantages A[T,M] of M independent chains (Schulman et al. 2016), from the last
	// slot to the first, every operation rounded, with A_T = 0 and c = Scalar[0] Scalar[1] (gamma lambda):
	// A_t = ((reward + follows) - value) + rest, follows = ended == Terminated ? 0 : gamma next,
	// rest = ended == GoesOn ? c A_(t+1) : 0. next is the value of the successor state; at a time limit, of
	// the final state of the episode. ended has the values of [Slot].
	// Arg: reward, value, next, ended, A. Dim: T, M. Scalar: gamma, lambda.
	OpGAE Op = 48

	// OpShuffle: y[M] = elements c, c+1, ... of an endless sequence, where c is counter[2]. For every e its
	// elements e N to (e+1) N - 1 are a random permutation of 0 .. N-1. Element e N + p is the first x_k < N,
	// k >= 1, of x_0 = p, x_(k+1) = twelve rounds of a Feistel network on (L, R) = (x_k mod a, x_k / a). a is
	// the smallest number with a a >= N, and b = ceil(N / a): L = (L + F_r(R)) mod a in rounds r = 0, 2, .. 10,
	// R = (R + F_r(L)) mod b in the other rounds, then x_(k+1) = R a + L. F_r(z) is word 0 of
	// Philox(key Seed, counter (z, e mod 2^32, 32 (e / 2^32) + r, Stream)). N is 1 to 2^24.
	// Arg: counter, y. Dim: M, N.
	OpShuffle Op = 49
)

var rolloutOps = family{
	OpGAE: {
		Name: "gae", Dims: []string{"T", "M"}, Flops: times(5, prod(0, 1)),
		Args: []ArgSpec{in("reward", prod(0, 1)), in("value", prod(0, 1)), in("next", prod(0, 1)), in("ended", prod(0, 1)), out("A", prod(0, 1))},
		Rows: uncut,
	},
	OpShuffle: {
		Name: "shuffle", Dims: []string{"M", "N"}, Random: true,
		Args:  []ArgSpec{in("counter", two), out("y", dim(0))},
		Check: (*Desc).checkShuffle,
		Rows:  uncut,
	},
}

// checkShuffle checks the length of a permutation.
func (d *Desc) checkShuffle() error {
	if n := d.Dim[1]; n < 1 || n > CounterBase {
		return fmt.Errorf("%s: a permutation of %d numbers, allowed are 1 to 2^24", d.Op, n)
	}
	return d.checkPlain()
}
