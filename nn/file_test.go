package nn_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// everyLayer is a network with a layer of every kind.
func everyLayer() *nn.Params {
	p, id := nn.NewParams("net"), op.Identity
	p.Sequential("first", "last")
	nn.NewLinear(p, "first", 2, 3, id, nn.Zeros)
	nn.NewLinearNoBias(p, "last", 3, 2, id, nn.Zeros)
	p.Matrix("query.w", 2, 2, nn.Zeros)
	nn.NewGroupedLinear(p, "own", [3]int{2, 2, 3}, id, nn.Zeros)
	nn.NewConv2D(p, "conv", [4]int{1, 3, 2, 2}, op.Window{}, id, nn.Zeros)
	nn.NewConv1D(p, "line", [3]int{3, 1, 2}, op.Window{}, id, nn.Zeros)
	nn.NewGroupNorm(p, "norm", 4, 2, id)
	nn.NewEmbedding(p, "classes", 3, 2, nn.Zeros)
	return p
}

// The indices below are written out by hand: w[in, out] of memory is weight[out, in] of a file, w[y, x, in, out] is
// weight[out, in, y, x], and the weights of each agent follow each other in both.
func TestExportHasTheOrderOfPyTorch(t *testing.T) {
	p := everyLayer()
	flat := make([]float32, p.Len())
	for i := range flat {
		flat[i] = float32(i)
	}
	got := p.Export("a", flat)
	want := []checkpoint.Tensor{
		{Name: "a.0.weight", Shape: []int{3, 2}, Data: []float32{0, 3, 1, 4, 2, 5}},
		{Name: "a.0.bias", Shape: []int{3}, Data: []float32{16, 17, 18}},
		{Name: "a.2.weight", Shape: []int{2, 3}, Data: []float32{32, 34, 36, 33, 35, 37}},
		{Name: "a.query.weight", Shape: []int{2, 2}, Data: []float32{48, 50, 49, 51}},
		{Name: "a.own.weight", Shape: []int{2, 3, 2}, Data: []float32{64, 67, 65, 68, 66, 69, 70, 73, 71, 74, 72, 75}},
		{Name: "a.own.bias", Shape: []int{2, 3}, Data: []float32{80, 81, 82, 83, 84, 85}},
		{Name: "a.conv.weight", Shape: []int{2, 2, 1, 3}, Data: []float32{96, 100, 104, 98, 102, 106, 97, 101, 105, 99, 103, 107}},
		{Name: "a.conv.bias", Shape: []int{2}, Data: []float32{112, 113}},
		{Name: "a.line.weight", Shape: []int{2, 1, 3}, Data: []float32{128, 130, 132, 129, 131, 133}},
		{Name: "a.line.bias", Shape: []int{2}, Data: []float32{144, 145}},
		{Name: "a.norm.weight", Shape: []int{4}, Data: []float32{160, 161, 162, 163}},
		{Name: "a.norm.bias", Shape: []int{4}, Data: []float32{176, 177, 178, 179}},
		{Name: "a.classes.weight", Shape: []int{3, 2}, Data: []float32{192, 193, 194, 195, 196, 197}},
	}
	if len(got) != len(want) {
		t.Fatalf("%d tensors, want %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Name != w.Name || !slices.Equal(g.Shape, w.Shape) || !slices.Equal(g.Data, w.Data) {
			t.Errorf("%v, want %v", g, w)
		}
	}
}

// Import gives back every bit, those of NaN and of -0 too.
func TestImportIsTheInverseOfExport(t *testing.T) {
	p := everyLayer()
	s := &checkpoint.State{Tensors: p.Export("a", make([]float32, p.Len()))}
	bits := uint32(0x7fc00001)
	for _, x := range s.Tensors {
		for i := range x.Data {
			x.Data[i] = math.Float32frombits(bits)
			bits = bits*1664525 + 1013904223
		}
	}
	flat, err := p.Import("a", s)
	if err != nil {
		t.Fatal(err)
	}
	for i, again := range p.Export("a", flat) {
		want := s.Tensors[i]
		if !slices.EqualFunc(again.Data, want.Data, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Errorf("%s has changed", want.Name)
		}
	}
	for i, x := range s.Tensors {
		less := &checkpoint.State{Tensors: slices.Delete(slices.Clone(s.Tensors), i, i+1)}
		if _, err := p.Import("a", less); err == nil || !strings.Contains(err.Error(), x.Name) {
			t.Errorf("without %s: error %v", x.Name, err)
		}
	}
}
