package op

import (
	"fmt"

	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/gmel-go/gmel/kernels"
)

// gemm is the descriptor of a product with contiguous operands.
func gemm(m, n, k int, transA, transB bool) kernels.Desc {
	d := kernels.Desc{Op: kernels.OpGemm}
	lda, ldb := k, n
	if transA {
		d.Flags |= kernels.FlagTransA
		lda = m
	}
	if transB {
		d.Flags |= kernels.FlagTransB
		ldb = k
	}
	d.Dim = [kernels.MaxDims]int64{int64(m), int64(n), int64(k), int64(lda), int64(ldb), int64(n), 1}
	return d
}

// Linear is f(x[M,K] w[K,N] + b[N]) as one fused gemm; b may be nil. It returns [M,N].
func Linear(x, w, b *G.Node, f Act) *G.Node {
	if f.Fn != kernels.FnIdentity && !f.fromOutput() {
		return Apply(Linear(x, w, b, Identity), f)
	}
	m, kx := matrix("Linear", x, w, b)
	kw, n := matrix("Linear", w, x, b)
	if kx != kw || b != nil && !same(b.Shape(), tensor.Shape{n}) {
		fault("Linear", "x[M,K], w[K,N], b[N]", x, w, b)
	}
	k := &kernel{name: "linear " + f.String(), out: []tensor.Shape{{m, n}}, wrt: []bool{true, true}}
	d := gemm(m, n, kx, false, false)
	d.Fn, d.Scalar[0] = f.Fn, f.A
	k.lower = func(e Emitter, in, out []Val) {
		bias := None
		if len(in) == 3 {
			bias = in[2]
		}
		e.Emit(d, in[0], in[1], bias, None, out[0])
	}
	k.grad = func(in G.Nodes, y, dy *G.Node) G.Nodes {
		dz := applyGrad(f, nil, y, dy)
		g := G.Nodes{MatMul(dz, in[1], false, true), MatMul(in[0], dz, true, false)}
		if len(in) == 3 {
			g = append(g, SumCols(dz))
		}
		return g
	}
	if b == nil {
		return k.apply(x, w)
	}
	k.wrt = append(k.wrt, true)
	return k.apply(x, w, b)
}

// MatMul is A[M,K] B[K,N], where A is a or its transpose and B is b or its transpose.
func MatMul(a, b *G.Node, transA, transB bool) *G.Node {
	m, ka := matrix("MatMul", a, b)
	kb, n := matrix("MatMul", b, a)
	if transA {
		m, ka = ka, m
	}
	if transB {
		kb, n = n, kb
	}
	if ka != kb {
		fault(fmt.Sprintf("MatMul(transA=%t, transB=%t)", transA, transB), "equal inner dimensions", a, b)
	}
	k := &kernel{name: fmt.Sprintf("matmul %t %t", transA, transB), out: []tensor.Shape{{m, n}}, wrt: []bool{true, true}}
	d := gemm(m, n, ka, transA, transB)
	k.lower = func(e Emitter, in, out []Val) { e.Emit(d, in[0], in[1], None, None, out[0]) }
	k.grad = func(in G.Nodes, _, dc *G.Node) G.Nodes {
		return matmulGrad(in[0], in[1], dc, transA, transB)
	}
	return k.apply(a, b)
}

// matmulGrad returns the gradients for C = op(A) op(B): dop(A) = dC op(B)^T, dop(B) = op(A)^T dC.
func matmulGrad(a, b, dc *G.Node, transA, transB bool) G.Nodes {
	var da, db *G.Node
	if transA {
		da = MatMul(b, dc, transB, true)
	} else {
		da = MatMul(dc, b, false, !transB)
	}
	if transB {
		db = MatMul(dc, a, true, transA)
	} else {
		db = MatMul(a, dc, !transA, false)
	}
	return G.Nodes{da, db}
}
