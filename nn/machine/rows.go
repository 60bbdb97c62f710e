package machine

import "github.com/gmel-go/gmel/kernels"

// rowView says how an op works on the items of a batch, one after the other: which argument
// moves by how much from item to item.
type rowView struct {
	pitch [kernels.MaxArgs]int64 // floats from item to item; 0: all items share the argument
	dim   int                    // the dimension that is proportional to the number of items
	sum   int                    // the argument that adds up over the items; -1: none
	share bool                   // Scalar[0] is for the whole batch; a part of it gets its share
}

// viewOf is the view of the op in on a batch of items; ok is false where its items depend on each
// other, or are none.
func viewOf(in *instr, items int64) (v rowView, ok bool) {
	d := &in.d
	v.sum = -1
	rows, known := rowOps[d.Op]
	switch {
	case d.Op == kernels.OpGemm:
		ok = v.gemm(d, in.args[2].s != nil)
	case d.Op == kernels.OpBinary:
		ok = v.binary(d)
	case d.Op == kernels.OpCopy:
		ok = v.copy(d)
	case known:
		v.sum, v.share = rows.sum, rows.share
		if v.sum >= 0 && in.args[v.sum].s == nil { // an optional result that nobody asked for
			v.sum = -1
		}
		for arg, dims := range rows.args {
			v.pitch[arg] = product(d, dims)
		}
		ok = true
	}
	n := d.Dim[v.dim]
	if !ok || n == 0 || n%items != 0 {
		return rowView{}, false
	}
	for i := range v.pitch {
		v.pitch[i] *= n / items
	}
	return v, true
}

// rowOp describes an op with Dim[0] rows: the floats of a row of each sliced argument are the
// product of some dimensions.
type rowOp struct {
	args  map[int][]int
	sum   int
	share bool
}

var (
	single = []int{}
	wide   = []int{1}
	token  = []int{1, 2, 3}
)

var rowOps = map[kernels.Op]rowOp{
	kernels.OpUnary:                {args: map[int][]int{0: single, 1: single}, sum: -1},
	kernels.OpUnaryGrad:            {args: map[int][]int{0: single, 1: single, 2: single, 3: single}, sum: -1},
	kernels.OpFill:                 {args: map[int][]int{0: single}, sum: -1},
	kernels.OpSumAll:               {args: map[int][]int{0: single}, sum: 1},
	kernels.OpSumRows:              {args: map[int][]int{0: wide, 1: single}, sum: -1},
	kernels.OpSumCols:              {args: map[int][]int{0: {2}}, sum: 1},
	kernels.OpLogSoftmax:           {args: map[int][]int{0: wide, 1: wide, 2: wide}, sum: -1},
	kernels.OpLogSoftmaxGrad:       {args: map[int][]int{0: wide, 1: wide, 2: wide, 3: wide}, sum: -1},
	kernels.OpArgMax:               {args: map[int][]int{0: wide, 1: single}, sum: -1},
	kernels.OpOneHot:               {args: map[int][]int{0: single, 1: wide}, sum: -1},
	kernels.OpPick:                 {args: map[int][]int{0: wide, 1: single, 2: single}, sum: -1},
	kernels.OpPickGrad:             {args: map[int][]int{0: single, 1: single, 2: wide}, sum: -1},
	kernels.OpGatherRows:           {args: map[int][]int{1: single, 2: wide}, sum: -1},
	kernels.OpAttention:            {args: map[int][]int{0: token, 1: token, 2: token, 3: token}, sum: 4, share: true},
	kernels.OpAttentionGrad:        {args: map[int][]int{0: token, 1: token, 2: token, 3: token, 4: token, 5: token, 6: token}, sum: -1, share: true},
	kernels.OpAttentionPenalty:     {args: map[int][]int{0: token, 1: token}, sum: 2, share: true},
	kernels.OpAttentionPenaltyGrad: {args: map[int][]int{0: token, 1: token, 3: token, 4: token}, sum: -1, share: true},
}

func product(d *kernels.Desc, dims []int) int64 {
	n := int64(1)
	for _, i := range dims {
		n *= d.Dim[i]
	}
	return n
}

// gemm sees rows of C = f(A B + bias), or the terms of C = A^T B, to which every part would add
// a bias.
func (v *rowView) gemm(d *kernels.Desc, biased bool) bool {
	const a, b, aux, c = 0, 1, 3, 4
	switch {
	case d.Dim[kernels.GemmGroups] != 1:
		return false
	case !d.Has(kernels.FlagTransA):
		v.dim = kernels.GemmM
		v.pitch[a], v.pitch[aux], v.pitch[c] = d.Dim[kernels.GemmLDA], d.Dim[kernels.GemmLDC], d.Dim[kernels.GemmLDC]
		return true
	}
	v.dim, v.sum = kernels.GemmK, c
	v.pitch[a], v.pitch[b] = d.Dim[kernels.GemmLDA], d.Dim[kernels.GemmLDB]
	return !biased && !d.Has(kernels.FlagTransB) && d.Fn == kernels.FnIdentity && !d.Has(kernels.FlagFnGrad) &&
		d.Dim[kernels.GemmLDC] == d.Dim[kernels.GemmN]
}

// binary sees the rows, or the elements where there is one row.
func (v *rowView) binary(d *kernels.Desc) bool {
	if d.Dim[0] == 1 {
		v.dim = 1
		v.pitch[0], v.pitch[1], v.pitch[2] = d.Dim[3], d.Dim[5], 1
		return true
	}
	v.pitch[0], v.pitch[1], v.pitch[2] = d.Dim[2], d.Dim[4], d.Dim[1]
	return true
}

func (v *rowView) copy(d *kernels.Desc) bool {
	if d.Dim[0] == 1 {
		v.dim = 1
		v.pitch[0], v.pitch[1] = 1, 1
		return true
	}
	v.pitch[0], v.pitch[1] = d.Dim[2], d.Dim[3]
	return true
}

// part is the op on some of the items of the batch.
func (v *rowView) part(d kernels.Desc, items, batch int64) kernels.Desc {
	d.Dim[v.dim] = d.Dim[v.dim] / batch * items
	if v.share {
		d.Scalar[0] *= float32(items) / float32(batch)
	}
	return d
}
