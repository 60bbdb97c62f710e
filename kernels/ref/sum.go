package ref

import "github.com/gmel-go/gmel/kernels"

// vectorSum is the definition of a vector sum. Terms are split into chunks of kernels.Chunk
// elements. In a chunk, element i is added to lane i mod kernels.Lanes, and the lanes are folded
// 8, 4, 2, 1. The other chunk sums are added to the first in ascending order. An empty sum is +0.
func vectorSum[T Float](terms []T) T {
	if !single[T]() {
		return plainSum(terms)
	}
	var total T
	for c := 0; c < len(terms); c += kernels.Chunk {
		s := chunkSum(terms[c:min(c+kernels.Chunk, len(terms))])
		if c == 0 {
			total = s
		} else {
			total += s
		}
	}
	return total
}

func chunkSum[T Float](terms []T) T {
	var lane [kernels.Lanes]T
	for i, x := range terms {
		lane[i%kernels.Lanes] += x
	}
	for half := kernels.Lanes / 2; half > 0; half /= 2 {
		for l := range half {
			lane[l] += lane[l+half]
		}
	}
	return lane[0]
}

func plainSum[T Float](terms []T) T {
	var total T
	for _, x := range terms {
		total += x
	}
	return total
}

// productSum is sum_k a[k sa] b[k sb]. Inside a block of kernels.BlockK terms it is a chain of fma
// from +0 in ascending k. The other block sums are added to the first in ascending order.
func productSum[T Float](n int, a []T, sa int, b []T, sb int) T {
	if !single[T]() {
		return block(0, n, a, sa, b, sb)
	}
	var total T
	for k := 0; k < n; k += kernels.BlockK {
		s := block(k, min(k+kernels.BlockK, n), a, sa, b, sb)
		if k == 0 {
			total = s
		} else {
			total += s
		}
	}
	return total
}

func block[T Float](from, to int, a []T, sa int, b []T, sb int) T {
	var s T
	for k := from; k < to; k++ {
		s = fma(a[k*sa], b[k*sb], s)
	}
	return s
}
