package kernels

import "fmt"

// The product of matrices.
const (
	// OpGemm: C[G,M,N] = f(A[G,M,K] B[G,K,N] + bias[N]); acc (before the bias).
	// Arg: A, B, bias?, aux?, C. Dim: M, N, K, lda, ldb, ldc, G, strideA, strideB, strideC, strideBias.
	// FlagTransA: A is stored [K,M]; FlagTransB: B is stored [N,K]. With FlagFnGrad the
	// result is multiplied by f'(aux) instead, aux [G,M,N] holding the *output* of f laid out like C
	// (ReLU, LeakyReLU, Tanh, Sigmoid). Scalar[0]: slope of LeakyReLU. With strideBias = 0
	// all groups share the bias.
	OpGemm Op = 1
)

var gemmOps = family{
	OpGemm: {
		Name: "gemm", Dims: []string{"M", "N", "K", "lda", "ldb", "ldc", "G", "strideA", "strideB", "strideC", "strideBias"}, Accumulates: true,
		Args: []ArgSpec{
			in("A", gemmLen(GemmM, GemmK, GemmLDA, GemmStrideA, FlagTransA)), in("B", gemmLen(GemmK, GemmN, GemmLDB, GemmStrideB, FlagTransB)),
			opt("bias", biasLen), opt("aux", gemmLen(GemmM, GemmN, GemmLDC, GemmStrideC, 0)), out("C", gemmLen(GemmM, GemmN, GemmLDC, GemmStrideC, 0)),
		},
		Flops: times(2, prod(GemmM, GemmN, GemmK, GemmGroups)),
		Check: (*Desc).checkGemm,
		Gaps:  gemmGaps,
		Rows:  gemmRows,
	},
}

// Indices into Desc.Dim of OpGemm.
const (
	GemmM = iota
	GemmN
	GemmK
	GemmLDA
	GemmLDB
	GemmLDC
	GemmGroups
	GemmStrideA
	GemmStrideB
	GemmStrideC
	GemmStrideBias
)

func gemmLen(rows, cols, ld, stride int, transposed Flags) func(*Desc) int64 {
	return func(d *Desc) int64 {
		r, c := d.Dim[rows], d.Dim[cols]
		if transposed != 0 && d.Has(transposed) {
			r, c = c, r
		}
		if d.Dim[GemmGroups] == 0 {
			return 0
		}
		return plus(mul(d.Dim[GemmGroups]-1, d.Dim[stride]), strided(r, c, d.Dim[ld], 1))
	}
}

func biasLen(d *Desc) int64 {
	return plus(mul(max(d.Dim[GemmGroups]-1, 0), d.Dim[GemmStrideBias]), d.Dim[GemmN])
}

// checkGemm checks the flags and the function of a product, and that the elements of C do not overlap.
func (d *Desc) checkGemm() error {
	if d.Flags&^(FlagAccumulate|FlagTransA|FlagTransB|FlagFnGrad) != 0 {
		return fmt.Errorf("gemm: unknown flags %04b", d.Flags)
	}
	if d.Has(FlagFnGrad) && (!d.Fn.fromOutput() || d.Arg[3] == Absent) {
		return fmt.Errorf("gemm: the gradient of %s needs aux, and a function whose derivative follows from its output", d.Fn)
	}
	rows, width, pitch, groups, stride := d.Dim[GemmM], d.Dim[GemmN], d.Dim[GemmLDC], d.Dim[GemmGroups], d.Dim[GemmStrideC]
	apart := stride >= strided(rows, width, pitch, 1) || stride >= width && mul(groups, stride) <= pitch // groups after each other, or side by side
	switch {
	case rows > 1 && pitch < width:
		return fmt.Errorf("gemm: rows of C overlap: ldc is %d, N is %d", pitch, width)
	case groups > 1 && !apart:
		return fmt.Errorf("gemm: groups of C overlap: strideC is %d for [%d, %d] with ldc %d", stride, rows, width, pitch)
	}
	return nil
}

// gemmGaps reports floats between the rows or groups of C.
func gemmGaps(d *Desc) bool { return d.Dim[GemmLDC] != d.Dim[GemmN] || d.Dim[GemmGroups] != 1 }

// gemmRows cuts C = f(A B + bias) into rows, or C = A^T B into terms. It does not cut terms with a bias: every part would add it.
func gemmRows(d *Desc) (r Rows, ok bool) {
	const a, b, bias, aux, c = 0, 1, 2, 3, 4
	switch {
	case d.Dim[GemmGroups] != 1:
		return r, false
	case !d.Has(FlagTransA):
		r = Rows{Dim: GemmM, Sum: NoSum}
		r.Pitch[a], r.Pitch[aux], r.Pitch[c] = d.Dim[GemmLDA], d.Dim[GemmLDC], d.Dim[GemmLDC]
		return r, true
	}
	r = Rows{Dim: GemmK, Sum: c}
	r.Pitch[a], r.Pitch[b] = d.Dim[GemmLDA], d.Dim[GemmLDB]
	return r, d.Arg[bias] == Absent && !d.Has(FlagTransB) && d.Fn == FnIdentity && !d.Has(FlagFnGrad) && !gemmGaps(d)
}
