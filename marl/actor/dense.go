package actor

import (
	"math"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
)

// dense is a layer y = f(x W + b) with the matrix in the order in which it is read, and in the type in which it is multiplied.
type dense struct {
	weight []float64 // [in, out], each a float32
	bias   []float32 // [out]
	slope  float32   // of f below 0; 1 makes f the identity
}

func newDense(l Layer, slope float32) dense {
	in, out := l.In(), l.Out()
	d := dense{weight: make([]float64, in*out), bias: l.Bias, slope: slope}
	for o := range out {
		for i := range in {
			d.weight[i*out+o] = float64(l.Weight[o*in+i])
		}
	}
	return d
}

// apply writes y [out] for x [in]. Each number of y is a chain of fused multiply-adds in the order of x, in blocks of
// kernels.BlockK terms; so the layer can add one row of the matrix after another to all of y. Nothing else here adds to a
// product, so there is nothing more that a compiler could fuse.
func (d *dense) apply(x, y, block []float32) {
	block = block[:len(y)]
	for from := 0; from < len(x); from += kernels.BlockK {
		to := block
		if from == 0 {
			to = y
		}
		clear(to)
		for k := from; k < min(from+kernels.BlockK, len(x)); k++ {
			addRow(x[k], d.weight[k*len(y):], to)
		}
		if from > 0 {
			for j, v := range block {
				y[j] += v
			}
		}
	}
	for j, v := range y {
		if v += d.bias[j]; !(v > 0) {
			v = d.slope * v
		}
		y[j] = v
	}
}

// addRow makes to[j] = a row[j] + to[j], rounded once as ref.FMA does, which the compiler would not put into the loop. The
// product is exact in float64, so it does not matter whether Go fuses it with the sum.
func addRow(a float32, row []float64, to []float32) {
	row = row[:len(to)]
	x := float64(a)
	for j, w := range row {
		sum := x*w + float64(to[j])
		v := float32(sum)
		if u := math.Float64bits(sum); u&(1<<29-1) == 1<<28 || u<<1 < 0x381<<53 { // in the middle of two float32, or subnormal
			v = ref.FMA(a, float32(w), to[j])
		}
		to[j] = v
	}
}
