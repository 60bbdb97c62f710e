package machine

import (
	"errors"
	"fmt"
	"strings"

	G "gorgonia.org/gorgonia"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/nn/op"
)

// nativeBin maps gorgonia's own pointwise operators to ours. Its keys are the first word of an
// operator's String. Grad, for example, adds gradients with "+".
var nativeBin = map[string]kernels.Bin{"+": kernels.BinAdd, "-": kernels.BinSub, "⊙": kernels.BinMul, "÷": kernels.BinDiv}

// native lowers the few ops of gorgonia that our graphs contain: scalar constants and pointwise
// operators.
func (l *lowering) native(n *G.Node, kids []*G.Node, in []op.Val) error {
	if c, ok := n.Op().(interface{ Value() G.Value }); ok && len(kids) == 0 {
		v, err := constant(c.Value())
		if err != nil {
			return err
		}
		l.of[n] = []op.Val{l.add(val{n: int64(elements(n.Shape())), uniform: true, c: v})}
		return nil
	}
	sign, _, _ := strings.Cut(n.Op().String(), " ")
	bin, ok := nativeBin[sign]
	if !ok || len(kids) != 2 || len(in) != 2 || fmt.Sprintf("%T", n.Op()) != "gorgonia.elemBinOp" {
		return errors.New("the machine does not know this op; use package nn/op")
	}
	d, ok := op.BinaryDesc(bin, kids[0].Shape(), kids[1].Shape(), n.Shape())
	if !ok {
		return fmt.Errorf("shapes %v and %v do not fit", kids[0].Shape(), kids[1].Shape())
	}
	l.of[n] = l.results([]int64{int64(elements(n.Shape()))})
	l.Emit(d, in[0], in[1], l.of[n][0])
	return nil
}

// constant is the value of a scalar constant.
func constant(v G.Value) (float32, error) {
	switch x := v.(type) {
	case *G.F32:
		return float32(*x), nil
	case *G.F64:
		return float32(*x), nil
	}
	return 0, fmt.Errorf("constant of type %T; only float scalars are supported", v)
}
