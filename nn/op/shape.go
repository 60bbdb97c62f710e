package op

import (
	"fmt"
	"slices"
	"strings"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// fault panics with the name of the op and the shapes of its inputs. It leaves out a nil input.
func fault(name, want string, in ...*G.Node) {
	var b strings.Builder
	for _, n := range in {
		if n != nil {
			fmt.Fprintf(&b, " %s%v", n.Name(), []int(n.Shape()))
		}
	}
	if b.Len() == 0 {
		b.WriteString(" none")
	}
	panic(fmt.Sprintf("op: %s wants %s, got%s", name, want, b.String()))
}

// matrix returns the rows and columns of x. It panics unless x has rank 2; the message shows all.
func matrix(name string, x *G.Node, all ...*G.Node) (rows, cols int) {
	s := x.Shape()
	if s.Dims() != 2 {
		fault(name, "a matrix", append([]*G.Node{x}, all...)...)
	}
	return s[0], s[1]
}

// plane returns a shape as rows and columns: the last dimension is the columns. A vector is one row.
func plane(s tensor.Shape) (rows, cols int64) {
	if s.Dims() == 0 {
		return 1, 1
	}
	last := s.Dims() - 1
	return size(s[:last]), int64(s[last])
}

// asMatrix reshapes x to rows and columns.
func asMatrix(x *G.Node) *G.Node {
	rows, cols := plane(x.Shape())
	return Reshape(x, int(rows), int(cols))
}

// same compares shapes. Shape.Eq would treat a column [N,1] and a vector [N] as equal.
func same(a, b tensor.Shape) bool { return slices.Equal(a, b) }

// Reshape gives x another shape with the same number of elements, without moving data.
func Reshape(x *G.Node, shape ...int) *G.Node {
	s := tensor.Shape(append([]int{}, shape...))
	if size(s) != size(x.Shape()) {
		fault(fmt.Sprintf("Reshape to %v", shape), "as many elements", x)
	}
	if same(s, x.Shape()) {
		return x
	}
	back := x.Shape().Clone()
	k := &kernel{name: "reshape", out: []tensor.Shape{s}, wrt: []bool{true}}
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{Reshape(dy, back...)} }
	return k.apply(x)
}

// Col turns a vector [M] into a column [M,1], to broadcast it over columns.
func Col(x *G.Node) *G.Node { return Reshape(x, int(size(x.Shape())), 1) }

// StopGradient returns x, but passes no gradient.
func StopGradient(x *G.Node) *G.Node {
	k := &kernel{name: "stopgradient", out: []tensor.Shape{x.Shape().Clone()}}
	return k.apply(x)
}

// first is output 0 of a tuple node whose other outputs only serve the gradient. The gradient of
// the tuple is therefore that of output 0.
func first(tuple *G.Node) *G.Node {
	k := &kernel{name: "first", out: []tensor.Shape{tuple.Op().(*kernel).out[0].Clone()}, wrt: []bool{true}}
	k.grad = func(_ G.Nodes, _, dy *G.Node) G.Nodes { return G.Nodes{dy} }
	return k.apply(tuple)
}

// part is output i of a tuple node.
func part(tuple *G.Node, i int, shape tensor.Shape) *G.Node {
	t := tuple.Op().(*kernel)
	from := int64(0)
	for _, s := range t.out[:i] {
		from += size(s)
	}
	k := &kernel{name: fmt.Sprintf("part(%d)", i), part: i, from: from, out: []tensor.Shape{shape.Clone()}}
	return k.apply(tuple)
}
