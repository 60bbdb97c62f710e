package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func gemmOps[T Float]() family[T] {
	return family[T]{
		kernels.OpGemm: (*op[T]).gemm,
	}
}

// gemm: t = product sum over k (blocks of kernels.BlockK); t = C + t with accumulate;
// t = t + bias; then C = f(t), or C = t f'(aux) with FlagFnGrad.
func (o *op[T]) gemm() {
	end := o.epilogue()
	bias := end.bias
	for g := range o.dim(kernels.GemmGroups) {
		if bias != nil {
			end.bias = bias[g*o.dim(kernels.GemmStrideBias):]
		}
		o.gemmGroup(g, &end)
	}
}

func (o *op[T]) gemmGroup(g int, end *epilogue[T]) {
	m, n, k := o.dim(kernels.GemmM), o.dim(kernels.GemmN), o.dim(kernels.GemmK)
	rowA, colA, rowB, colB := o.dim(kernels.GemmLDA), 1, o.dim(kernels.GemmLDB), 1
	if o.Has(kernels.FlagTransA) {
		rowA, colA = colA, rowA
	}
	if o.Has(kernels.FlagTransB) {
		rowB, colB = colB, rowB
	}
	a, b := from(o.arg(0), g*o.dim(kernels.GemmStrideA)), from(o.arg(1), g*o.dim(kernels.GemmStrideB))
	ldc, c := o.dim(kernels.GemmLDC), g*o.dim(kernels.GemmStrideC)
	for i := range m {
		for j := range n {
			end.put(c+i*ldc+j, j, productSum(k, from(a, i*rowA), colA, from(b, j*colB), rowB))
		}
	}
}

// from is s[i:]. It is empty if a product with K = 0 has no elements.
func from[T Float](s []T, i int) []T { return s[min(i, len(s)):] }

// epilogue is what follows the product sum.
type epilogue[T Float] struct {
	bias, aux, c     []T
	fn               kernels.Fn
	params           [2]T
	accumulate, grad bool
}

func (o *op[T]) epilogue() epilogue[T] {
	return epilogue[T]{
		bias: o.arg(2), aux: o.arg(3), c: o.arg(4), fn: o.Fn, params: o.params(),
		accumulate: o.accumulates(), grad: o.Has(kernels.FlagFnGrad),
	}
}

// put applies the epilogue to the product sum t of column j and stores it at c[at].
func (e *epilogue[T]) put(at, j int, t T) {
	if e.accumulate {
		t = e.c[at] + t
	}
	if e.bias != nil {
		t += e.bias[j]
	}
	if e.grad {
		e.c[at] = T(t * slope(e.fn, 0, e.aux[at], e.params))
	} else {
		e.c[at] = apply(e.fn, t, e.params)
	}
}
