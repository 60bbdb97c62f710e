package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func gatherOps[T Float]() family[T] {
	return family[T]{
		kernels.OpGatherRows:  (*op[T]).gatherRows,
		kernels.OpScatterRows: (*op[T]).scatterRows,
	}
}

func (o *op[T]) gatherRows() {
	table, idx, y, n := o.arg(0), o.arg(1), o.arg(2), o.dim(1)
	for i := range idx {
		to := row(y, i, n)
		if r, ok := index(idx[i], o.dim(2)); ok {
			copy(to, row(table, r, n))
			continue
		}
		for j := range to {
			to[j] = nan[T]()
		}
	}
}

func (o *op[T]) scatterRows() {
	x, idx, table, n := o.arg(0), o.arg(1), o.arg(2), o.dim(1)
	for i := range idx {
		r, ok := index(idx[i], o.dim(2))
		if !ok {
			continue
		}
		for j := range n {
			o.put(&table[r*n+j], x[i*n+j])
		}
	}
}
