package machine

import (
	"slices"

	"github.com/gmel-go/gmel/kernels"
)

// plainGemm reports whether the op is a gemm without epilogue that writes a whole temporary.
func (l *listing) plainGemm(at int) bool {
	in := l.code[at]
	d := &in.d
	return d.Op == kernels.OpGemm && d.Fn == kernels.FnIdentity && in.args[2].s == nil && !d.Has(kernels.FlagFnGrad) &&
		d.Dim[kernels.GemmGroups] == 1 && d.Dim[kernels.GemmLDC] == d.Dim[kernels.GemmN] && l.arg(at, 4).whole()
}

// splitColumns splits a product if only copies of ranges of its columns read it, as in the gradient
// of a concatenation. Each range becomes a product of its own.
func (l *listing) splitColumns() bool {
	for g, in := range l.code {
		if in.d.Op != kernels.OpGemm || !l.plainGemm(g) || in.d.Has(kernels.FlagAccumulate) {
			continue
		}
		copies, ok := l.columnCopies(g)
		if !ok {
			continue
		}
		var parts []*instr
		for _, c := range copies {
			parts = append(parts, in.columns(l.arg(c, 0).from, l.code[c]))
		}
		l.remove(copies...)
		l.code = slices.Replace(l.code, g, g+1, parts...)
		return true
	}
	return false
}

// columnCopies lists the copies that read the product of op g; ok is false if another op reads it.
func (l *listing) columnCopies(g int) (copies []int, ok bool) {
	d := &l.code[g].d
	uses := l.uses[l.code[g].args[4].s]
	for _, u := range uses[1:] {
		c := &l.code[u.at].d
		column := c.Op == kernels.OpCopy && !c.Has(kernels.FlagAccumulate) && c.Dim[0] == d.Dim[kernels.GemmM] &&
			c.Dim[2] == d.Dim[kernels.GemmN] && u.from+c.Dim[1] <= d.Dim[kernels.GemmN]
		if !column || l.touched(l.arg(u.at, 1), g, u.at, false) {
			return nil, false
		}
		copies = append(copies, u.at)
	}
	return copies, len(copies) > 0
}

// columns returns the product that computes only the columns that the copy c reads, from column j.
func (in *instr) columns(j int64, c *instr) *instr {
	part := *in
	part.d.Dim[kernels.GemmN], part.d.Dim[kernels.GemmLDC] = c.d.Dim[1], c.d.Dim[3]
	if in.d.Has(kernels.FlagTransB) {
		j *= in.d.Dim[kernels.GemmLDB]
	}
	part.args[1].off += j
	part.args[4] = c.args[1]
	return &part
}

// slopeArg returns the positions of the argument for the output of f and of the result, if op at may
// multiply its result by f'. Such an op is a product or the gradient of a convolution that writes a
// whole temporary.
func (l *listing) slopeArg(at int) (aux, result int, ok bool) {
	d := &l.code[at].d
	if d.Op == kernels.OpConvGradX {
		return 2, 3, !d.Has(kernels.FlagFnGrad) && l.arg(at, 3).whole()
	}
	return 3, 4, l.plainGemm(at)
}

// gradEpilogue moves the multiplication by f'(y) into the epilogue of the product that makes dy, if
// nothing else reads dy.
func (l *listing) gradEpilogue() bool {
	for k, in := range l.code {
		if in.d.Op != kernels.OpUnaryGrad || in.d.Has(kernels.FlagAccumulate) || !knowsSlope(in.d.Fn) {
			continue
		}
		y, dy, dx := l.arg(k, 1), l.arg(k, 2), l.arg(k, 3)
		if !dy.whole() || !dx.whole() || l.uses[dx.s][0].at != k || dx.s == dy.s {
			continue
		}
		uses := l.uses[dy.s]
		n := len(uses)
		// The product must be the last op to write dy, and this op the only one to read it afterwards.
		if n < 2 || uses[n-1].at != k || uses[n-1].arg != 2 || uses[n-2].at == k {
			continue
		}
		w := uses[n-2].at
		product := l.code[w]
		aux, result, ok := l.slopeArg(w)
		if !ok || product.args[result].s != dy.s || l.touched(y, w, k, true) {
			continue
		}
		product.d.Flags |= kernels.FlagFnGrad
		product.d.Fn, product.d.Scalar[0] = in.d.Fn, in.d.Scalar[0]
		product.args[aux] = in.args[1]
		l.rename(dx.s, loc{s: dy.s})
		l.remove(k)
		return true
	}
	return false
}

// knowsSlope reports whether a gemm can compute the slope of f from the output of f.
func knowsSlope(f kernels.Fn) bool {
	switch f {
	case kernels.FnReLU, kernels.FnLeakyReLU, kernels.FnTanh, kernels.FnSigmoid:
		return true
	}
	return false
}
