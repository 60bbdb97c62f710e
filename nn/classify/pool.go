package classify

import (
	"fmt"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// canPool is an error unless a pooled network can halve samples of a shape after each of its convolutions but the last.
func canPool(shape []int) error {
	const by = 4
	for _, n := range shape[:len(shape)-1] {
		if n%by != 0 {
			return fmt.Errorf("classify: samples %v for a pooled network; allowed: lengths that are multiples of %d", shape, by)
		}
	}
	return nil
}

// halved is the largest of every two by two pixels of x[B,Y,X,C], or of every two times of x[B,T,C].
func halved(x *nn.Node) *nn.Node {
	s := x.Shape()
	last := len(s) - 1
	to := append([]int{}, s...)
	to[last-1] /= 2
	x = largest(op.Reshape(x, size(to)/s[last], 2*s[last]))
	if last == 3 {
		to[1] /= 2
		line := to[2] * to[3]
		x = largest(op.Reshape(x, to[0]*to[1], 2*line))
	}
	return op.Reshape(x, to...)
}

// largest is the larger of both halves of each row.
func largest(x *nn.Node) *nn.Node {
	half := x.Shape()[1] / 2
	return op.Max(op.Columns(x, 0, half), op.Columns(x, half, 2*half))
}

// highest is the largest over all pixels, [B,C], of x[B,...,C].
func highest(x *nn.Node) *nn.Node {
	s := x.Shape()
	c, pixels := s[len(s)-1], size(s[1:len(s)-1])
	x = op.Reshape(x, s[0], pixels*c)
	for ; pixels > 1; pixels /= 2 {
		pairs := pixels / 2
		y := largest(op.Columns(x, 0, 2*pairs*c))
		if pixels%2 == 1 {
			first := op.Max(op.Columns(y, 0, c), op.Columns(x, 2*pairs*c, pixels*c)) // the last pixel joins the first pair
			if pairs == 1 {
				return first
			}
			y = op.Concat(first, op.Columns(y, c, pairs*c))
		}
		x = y
	}
	return x
}

func size(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
