// Package shape lists the sizes at which single ops are measured, so that the benchmarks of a
// backend and gmel bench speak of the same table.
package shape

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/kernels"
)

// Kind is what a product is for in a layer with M rows.
type Kind string

// The three products of a layer.
const (
	Forward Kind = "NN" // C[M,N] = relu(A[M,K] B[K,N] + bias)
	GradX   Kind = "NT" // C[M,N] = A[M,K] B[N,K]^T
	GradW   Kind = "TN" // C[M,N] = A[K,M]^T B[K,N]
)

// Product is one op of the table: M rows and N columns of the result, K inner.
type Product struct {
	Kind    Kind
	M, N, K int
}

// String is the kind and MxNxK.
func (p Product) String() string { return fmt.Sprintf("%s %dx%dx%d", p.Kind, p.M, p.N, p.K) }

// Narrow reports a side so short that no vector is filled: the heads of the actor and critic.
func (p Product) Narrow() bool { return min(p.N, p.K) < 8 || p.Kind == GradW && p.M < 8 }

// Desc is the descriptor, with arguments still at 0 or absent.
func (p Product) Desc() kernels.Desc {
	d := kernels.Desc{Op: kernels.OpGemm}
	m, n, k := int64(p.M), int64(p.N), int64(p.K)
	d.Dim = [kernels.MaxDims]int64{m, n, k, k, n, n, 1}
	d.Arg[3] = kernels.Absent // aux
	switch p.Kind {
	case Forward:
		d.Fn = kernels.FnReLU
		return d
	case GradX:
		d.Flags, d.Dim[kernels.GemmLDB] = kernels.FlagTransB, k
	case GradW:
		d.Flags, d.Dim[kernels.GemmLDA] = kernels.FlagTransA, m
	}
	d.Arg[2] = kernels.Absent // bias
	return d
}

// layers are inputs and outputs of the layers of small actors and critics.
var layers = [][2]int{{32, 64}, {64, 64}, {64, 16}, {32, 128}, {128, 128}, {128, 16}, {39, 64}, {128, 64}, {64, 5}}

// Products is the table: every layer at three numbers of rows, forward, dX and dW, then single
// sizes: large, long, and with few rows.
func Products() []Product {
	var list []Product
	for _, rows := range []int{256, 4096, 7680} {
		for _, l := range layers {
			list = append(list, Layer(rows, l[0], l[1])...)
		}
	}
	return append(list,
		Product{Forward, 1024, 1024, 1024}, Product{Forward, 32768, 64, 64}, Product{Forward, 8192, 128, 128},
		Product{Forward, 30, 64, 64}, Product{Forward, 1, 128, 128})
}

// Layer is the three products of one layer.
func Layer(rows, in, out int) []Product {
	return []Product{{Forward, rows, out, in}, {GradX, rows, in, out}, {GradW, in, out, rows}}
}

// GeometricMean of positive numbers; 0 for none.
func GeometricMean(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Log(v)
	}
	return math.Exp(sum / float64(len(x)))
}
