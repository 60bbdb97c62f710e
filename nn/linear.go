package nn

import (
	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/nn/op"
)

// Linear is a fully connected layer act(x w + b).
type Linear struct {
	W, B *Param // [in, out], [out]; B may be nil
	Act  op.Act
}

// NewLinear adds the parameters name.w and name.b. The bias starts at zero unless init fills biases
// too (KaimingUniform).
func NewLinear(p *Params, name string, in, out int, a op.Act, init Init) *Linear {
	l := NewLinearNoBias(p, name, in, out, a, init)
	bias := Zeros
	if init.bias {
		bias = init
	}
	l.B = p.add(name+".b", bias, in, out)
	return l
}

// NewLinearNoBias adds only the parameter name.w.
func NewLinearNoBias(p *Params, name string, in, out int, a op.Act, init Init) *Linear {
	return &Linear{W: p.Matrix(name+".w", in, out, init), Act: a}
}

// Apply returns act(x[M,in] w + b), [M,out].
func (l *Linear) Apply(bd *Bound, x *G.Node) *G.Node {
	if l.B == nil {
		return op.Linear(x, bd.Node(l.W), nil, l.Act)
	}
	return op.Linear(x, bd.Node(l.W), bd.Node(l.B), l.Act)
}
