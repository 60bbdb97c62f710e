//go:build emu

package emu

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Kernels divide by multiplication. The edges are multiples of the divisor and their neighbours, up to the largest number.
func TestDivide(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 6))
	divisors := []int64{1, 2, 3, 5, 7, 30, 64, 1000, 1<<31 - 1, 1 << 31, 1<<32 + 1, 1<<62 - 1, 1 << 62, math.MaxInt64 - 1, math.MaxInt64}
	for range 2000 {
		divisors = append(divisors, 1+r.Int64N(1<<(1+r.IntN(62))))
	}
	for _, d := range divisors {
		numbers := []int64{0, 1, math.MaxInt64 - 1, math.MaxInt64}
		for range 50 {
			multiple := int64(r.Uint64N(uint64(math.MaxInt64/d)+1)) >> r.IntN(40) * d
			numbers = append(numbers, multiple, max(multiple, 1)-1, multiple+min(d-1, math.MaxInt64-multiple), r.Int64())
		}
		for _, n := range numbers {
			if whole, rest := divide(n, d); whole != n/d || rest != n%d {
				t.Fatalf("%d / %d is %d rest %d, want %d rest %d", n, d, whole, rest, n/d, n%d)
			}
		}
	}
}
