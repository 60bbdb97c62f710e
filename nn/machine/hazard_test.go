package machine

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/gmel-go/gmel/kernels"
	"github.com/gmel-go/gmel/kernels/ref"
	"github.com/gmel-go/gmel/nn/op"
)

const side = 4 // of the square matrices of a soup

// soup is a random sequence of hand-emitted ops. They overwrite persistent tensors, parts of them
// and temporaries in any order, which is the hardest case for a rewrite.
type soup struct {
	t     *rapid.T
	b     *Builder
	fixed []Tensor // persistent, some overlap
	temps []Tensor // written
}

func newSoup(t *rapid.T) *soup {
	l := NewLayout()
	s := &soup{t: t, b: NewBuilder("soup", l)}
	for i := range 3 {
		s.fixed = append(s.fixed, l.Add(fmt.Sprintf("p%d", i), side, side))
	}
	long := l.Add("long", 2*side, side)
	for _, from := range []int{0, side, 2 * side, side * side} {
		s.fixed = append(s.fixed, l.View(fmt.Sprintf("long%d", from), long, from, side, side))
	}
	return s
}

func (s *soup) read() Tensor {
	return rapid.SampledFrom(append(append([]Tensor{}, s.fixed...), s.temps...)).Draw(s.t, "read")
}

// write returns a tensor to write: mostly a new temporary, otherwise an existing tensor.
func (s *soup) write() (out Tensor, fresh bool) {
	if rapid.IntRange(0, 9).Draw(s.t, "fresh") < 7 {
		return s.b.Temp(fmt.Sprintf("t%d", len(s.temps)), side, side), true
	}
	return s.read(), false
}

// overlap reports whether the tensors overlap; an op may not read what its result overlaps.
func overlap(a, b Tensor) bool {
	return a.root == b.root && a.off < b.off+b.Len() && b.off < a.off+a.Len()
}

func (s *soup) step() {
	x, y := s.read(), s.read()
	out, fresh := s.write()
	if overlap(x, out) || overlap(y, out) {
		return
	}
	var d kernels.Desc
	switch rapid.IntRange(0, 8).Draw(s.t, "op") {
	case 0:
		s.b.Copy(x, out)
	case 1:
		s.b.Unary(op.Act{Fn: kernels.FnAffine, A: 0.5, B: 1}, x, out)
	case 2, 3:
		s.b.Binary(kernels.BinAdd, x, y, out)
	case 4:
		d = kernels.Desc{Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{side, side, side, side, side, side, 1}}
		s.b.Op(d, x, y, None, None, out)
	case 5:
		d = kernels.Desc{Op: kernels.OpUnaryGrad, Fn: kernels.FnTanh, Dim: [kernels.MaxDims]int64{side * side}}
		s.b.Op(d, x, x, y, out)
	case 6: // columns of x into columns of out
		s.b.Fill(out, 2)
		d = kernels.Desc{Op: kernels.OpCopy, Dim: [kernels.MaxDims]int64{side, 2, side, side}}
		s.b.Op(d, x, s.b.Part(out, 2, side*side-2))
	case 7: // sums over the items of a batch, with or without accumulation, with or without a bias
		d = kernels.Desc{Op: kernels.OpGemm, Flags: kernels.FlagTransA, Dim: [kernels.MaxDims]int64{side, side, side, side, side, side, 1}}
		bias := None
		if rapid.Bool().Draw(s.t, "bias") {
			bias = s.b.Part(y, 0, side)
		}
		if !fresh && rapid.Bool().Draw(s.t, "add") {
			d.Flags |= kernels.FlagAccumulate
		}
		s.b.Op(d, x, y, bias, None, out)
	case 8:
		s.b.Fill(out, 2)
		d = kernels.Desc{Op: kernels.OpSumCols, Dim: [kernels.MaxDims]int64{side, side, side}, Scalar: [kernels.MaxScalars]float32{0.25}}
		s.b.Op(d, x, s.b.Part(out, side, side))
	}
	if fresh {
		s.temps = append(s.temps, out)
	}
}

// finish copies some temporaries to persistent tensors; the destinations may overlap.
func (s *soup) finish() {
	for _, x := range s.temps {
		if rapid.Bool().Draw(s.t, "keep") {
			s.b.Copy(x, rapid.SampledFrom(s.fixed).Draw(s.t, "place"))
		}
	}
}

// results builds the Program and runs it twice, each time with poisoned scratch memory. It uses
// float64, where the order of a sum makes almost no difference.
func (s *soup) results() []float64 {
	p, err := s.b.Build()
	if err != nil {
		s.t.Fatal(err)
	}
	size := s.b.layout.size
	arena := make([]float64, p.Arena)
	for i := range size {
		arena[i] = math.Sin(float64(i))
	}
	for range 2 {
		for i := size; i < p.Arena; i++ {
			arena[i] = math.NaN()
		}
		if err := ref.Run(p, arena); err != nil {
			s.t.Fatal(err)
		}
	}
	return arena[:size]
}

// A Program writes the same values fused and in loops over tiles as op by op.
func TestFusionRespectsOverwrites(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSoup(t)
		for range rapid.IntRange(1, 25).Draw(t, "ops") {
			s.step()
		}
		s.finish()
		s.b.Tile(rapid.IntRange(0, 3).Draw(t, "tile")) // without Tile, such small work makes no loops
		plain := *s.b
		plain.noFuse, plain.code = true, nil
		for _, in := range s.b.code { // the rewrites change ops in place
			c := *in
			plain.code = append(plain.code, &c)
		}
		want := (&soup{t: t, b: &plain}).results()
		got := s.results()
		top := 1.0
		for _, v := range want {
			top = max(top, math.Abs(v))
		}
		if !(top < 1e100) {
			return // products of products of products
		}
		for i := range want {
			if !(math.Abs(want[i]-got[i]) <= 1e-9*top) {
				t.Fatalf("float %d is %g, want %g", i, got[i], want[i])
			}
		}
	})
}
