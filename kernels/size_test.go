package kernels_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

func wantRefusal(t *testing.T, p *kernels.Program, part string) {
	t.Helper()
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want %q, of\n%s", err, part, p)
	}
}

// Every op refuses sizes whose product would overflow an int64 to a small number.
func TestSizesDoNotOverflow(t *testing.T) {
	const outside = "lies outside the arena"
	big := int64(1) << 32
	for _, c := range []struct {
		op   kernels.Op
		want string
		dims []int64
	}{
		{kernels.OpFill, "at most 2^48", []int64{math.MaxInt64}},
		{kernels.OpFill, outside, []int64{1 << 48}},
		{kernels.OpGemm, outside, []int64{big, 2, 2, big, 2, 2, 1}},
		{kernels.OpGemm, outside, []int64{2, 2, 2, 2, 2, 2, big, big, 0, 8, 0}},
		{kernels.OpBinary, outside, []int64{big, big, 0, 0, 0, 0}},
		{kernels.OpSumRows, outside, []int64{big, big}},
		{kernels.OpSumCols, outside, []int64{big + 1, 1, big}},
		{kernels.OpCopy, outside, []int64{5, 1, 1 << 48, 1 << 48}},
		{kernels.OpAttention, outside, []int64{1 << 16, 1 << 16, 1 << 16, 1 << 16}},
		{kernels.OpConv, outside, []int64{1, 1, 1, big, 1, 1, big, 1, 1, 0, 0}},
		{kernels.OpConv, outside, []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1 << 31, 1 << 31}},
		{kernels.OpUpsample, outside, []int64{1, 1, 1, 1, big}},
		{kernels.OpSinusoid, outside, []int64{1, 1 << 48}},
		{kernels.OpGroupNormParamGrad, outside, []int64{big, big / 2}},
	} {
		d := kernels.Desc{Op: c.op}
		copy(d.Dim[:], c.dims)
		wantRefusal(t, &kernels.Program{Descs: []kernels.Desc{d}, Arena: 1000}, c.want)
	}
}

// A longer dimension never makes an argument shorter, up to the largest that are allowed, so
// no length wraps around. Convolutions are left out: a longer kernel has a shorter output.
func TestLengthsGrowWithDimensions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, op := range kernels.Ops() {
		spec, _ := kernels.SpecOf(op)
		for range 300 {
			d := kernels.Desc{Op: op}
			for i := range spec.Dims {
				d.Dim[i] = 1 << r.IntN(49)
			}
			if op == kernels.OpConv || op == kernels.OpConvGradX || op == kernels.OpConvGradW || len(spec.Dims) == 0 {
				continue
			}
			longer, i := d, r.IntN(len(spec.Dims))
			longer.Dim[i] = min(2*d.Dim[i], 1<<48)
			for _, a := range spec.Args {
				if n := a.Len(&d); n < 1 || n > a.Len(&longer) {
					t.Errorf("%s %s of %v has %d floats, of %v %d", op, a.Name, d.Dim, n, longer.Dim, a.Len(&longer))
				}
			}
		}
	}
}

func TestOffsetsDoNotOverflow(t *testing.T) {
	for want, spoil := range map[string]func(p *kernels.Program){
		"argument y at 9223372036854775807 lies outside the arena":                         func(p *kernels.Program) { p.Descs[1].Arg[0] = math.MaxInt64 },
		"argument y at -9223372036854775808 lies outside the arena":                        func(p *kernels.Program) { p.Descs[3].Arg[0] = math.MinInt64 },
		"argument y [0, 1152921504606846978) lies outside the arena":                       func(p *kernels.Program) { p.Steps[1].Iteration[0] = math.MaxInt64 / 3 * 2 },
		"loop of 2147483648 iterations with 2147483648 segments: the product must be belo": func(p *kernels.Program) { p.Descs[0].Dim[1], p.Descs[0].Dim[2] = 1<<31, 1<<31 },
		"an arena of -1 floats and local memory of 3, allowed are 0 to 2^48":               func(p *kernels.Program) { p.Arena = -1 },
		"local memory of 9223372036854775807, allowed are":                                 func(p *kernels.Program) { p.Local = math.MaxInt64 },
	} {
		p := tiled()
		spoil(p)
		wantRefusal(t, p, want)
	}
}

// The elements of a product must not overlap: threads would write them in any order.
func TestProductsDoNotOverlap(t *testing.T) {
	gemm := func(dims ...int64) *kernels.Program {
		d := kernels.Desc{Op: kernels.OpGemm, Arg: [kernels.MaxArgs]int64{0, 0, kernels.Absent, kernels.Absent, 0}}
		copy(d.Dim[:], dims)
		return &kernels.Program{Descs: []kernels.Desc{d}, Arena: 1000}
	}
	wantRefusal(t, gemm(2, 3, 1, 1, 3, 2, 1), "rows of C overlap: ldc is 2, N is 3")
	wantRefusal(t, gemm(2, 3, 1, 1, 3, 4, 2, 2, 3, 6), "groups of C overlap: strideC is 6 for [2, 3] with ldc 4")
	wantRefusal(t, gemm(2, 3, 1, 1, 3, 3, 2, 2, 3, 0), "groups of C overlap")
	for _, p := range []*kernels.Program{gemm(2, 3, 1, 1, 3, 4, 2, 2, 3, 7), gemm(2, 3, 1, 1, 3, 6, 2, 2, 3, 3), gemm(1, 3, 1, 1, 3, 0, 1)} {
		if err := p.Validate(); err != nil {
			t.Error(err)
		}
	}
	p := gemm(1, 3, 1, 1, 3, 0, 1)
	p.Descs[0].Flags = 1 << 16
	wantRefusal(t, p, "gemm: unknown flags")
}
