package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// Upsample repeats every pixel of x[B,Y,X,C] factor times in both directions (nearest
// neighbour). It returns [B, factor Y, factor X, C].
func Upsample(x *G.Node, factor int) *G.Node {
	s := image("Upsample", x, factor)
	return upsample(x, s, factor, 1)
}

// AvgPool is the mean of each factor x factor window of x[B,Y,X,C]. It returns
// [B, Y/factor, X/factor, C]; factor must divide Y and X.
func AvgPool(x *G.Node, factor int) *G.Node {
	s := image("AvgPool", x, factor)
	if s[1]%factor != 0 || s[2]%factor != 0 {
		fault(fmt.Sprintf("AvgPool(%d)", factor), "whole windows", x)
	}
	small := tensor.Shape{s[0], s[1] / factor, s[2] / factor, s[3]}
	return pool(x, small, factor, 1/float32(factor*factor))
}

func image(name string, x *G.Node, factor int) tensor.Shape {
	if x.Dims() != 4 || factor < 1 {
		fault(fmt.Sprintf("%s(%d)", name, factor), "an image x[B,Y,X,C]", x)
	}
	return x.Shape().Clone()
}

func imageDesc(op kernels.Op, small tensor.Shape, factor int, scale float32) kernels.Desc {
	d := kernels.Desc{Op: op, Scalar: [kernels.MaxScalars]float32{scale}}
	for i, n := range small {
		d.Dim[i] = int64(n)
	}
	d.Dim[4] = int64(factor)
	return d
}

// upsample and pool are each other's adjoints; small is the shape of the smaller image.
func upsample(x *G.Node, small tensor.Shape, factor int, scale float32) *G.Node {
	large := tensor.Shape{small[0], small[1] * factor, small[2] * factor, small[3]}
	k := &kernel{name: fmt.Sprintf("upsample %d *%g", factor, scale), out: []tensor.Shape{large}, wrt: []bool{true}}
	d := imageDesc(kernels.OpUpsample, small, factor, scale)
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], out[0]) }
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{pool(dy, small, factor, scale)} }
	return k.apply(x)
}

func pool(x *G.Node, small tensor.Shape, factor int, scale float32) *G.Node {
	k := &kernel{name: fmt.Sprintf("pool %d *%g", factor, scale), out: []tensor.Shape{small}, wrt: []bool{true}}
	d := imageDesc(kernels.OpPool, small, factor, scale)
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], out[0]) }
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{upsample(dy, small, factor, scale)} }
	return k.apply(x)
}
