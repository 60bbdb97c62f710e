//go:build emu

package emu

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/gmel-go/gmel/kernels"
)

// product is C[m,n] = A[m,k] B[k,n].
func product(m, n, k int64) kernels.Desc {
	return kernels.Desc{
		Op: kernels.OpGemm, Dim: [kernels.MaxDims]int64{m, n, k, k, n, n, 1},
		Arg: [kernels.MaxArgs]int64{0, m * k, kernels.Absent, kernels.Absent, m*k + k*n},
	}
}

// convolution has 3x3 taps over images of size x size pixels that keep their size. Its factors follow each other, then its result.
func convolution(op kernels.Op, images, size, channels, filters int64) kernels.Desc {
	d := kernels.Desc{Op: op, Dim: [kernels.MaxDims]int64{images, size, size, channels, 3, 3, filters, 1, 1, 1, 1}}
	x, w, y := images*size*size*channels, 9*channels*filters, images*size*size*filters
	switch op {
	case kernels.OpConv:
		d.Arg = [kernels.MaxArgs]int64{0, x, kernels.Absent, x + w}
	case kernels.OpConvGradX:
		d.Arg = [kernels.MaxArgs]int64{0, y, kernels.Absent, y + w}
	case kernels.OpConvGradW:
		d.Arg = [kernels.MaxArgs]int64{0, x, x + y}
	}
	return d
}

var tileOf = regexp.MustCompile(`(?:pipelined|streaming)<(\d+), (\d+),`)

// The rates of docs/design/gpu.md give each size in bf16 this tile on an H200. Blocks of terms side by side have launches of their own.
func TestTileOfEachSize(t *testing.T) {
	for _, x := range []struct {
		op         kernels.Desc
		tile       string
		sideBySide bool
	}{
		{product(8192, 8192, 8192), "128 x 128", false},
		{product(30720, 128, 128), "128 x 128", false},
		{product(30720, 64, 64), "64 x 64", false},
		{product(4096, 64, 64), "64 x 64", false},
		{product(30720, 16, 128), "128 x 16", false},
		{product(30720, 5, 64), "128 x 16", false},
		{product(128, 128, 30720), "128 x 128", true},
		{product(1024, 1024, 1024), "64 x 64", false},
		{product(64, 64, 7680), "64 x 64", true},
		{convolution(kernels.OpConv, 64, 32, 32, 32), "64 x 32", false},
		{convolution(kernels.OpConv, 64, 32, 16, 16), "128 x 16", false},
		{convolution(kernels.OpConv, 64, 16, 64, 64), "128 x 64", false},
		{convolution(kernels.OpConv, 64, 8, 64, 64), "128 x 16", false},
		{convolution(kernels.OpConv, 64, 32, 16, 1), "128 x 16", false},
		{convolution(kernels.OpConv, 1, 32, 32, 32), "128 x 16", false},
		{convolution(kernels.OpConvGradX, 64, 32, 32, 32), "64 x 32", false},
		{convolution(kernels.OpConvGradX, 64, 16, 64, 64), "128 x 64", false},
		{convolution(kernels.OpConvGradW, 64, 32, 32, 32), "64 x 32", true},
		{convolution(kernels.OpConvGradW, 64, 16, 64, 64), "128 x 64", true},
		{convolution(kernels.OpConvGradW, 64, 8, 64, 64), "128 x 64", true},
	} {
		p := &kernels.Program{Name: "one", Arena: 1 << 40, Descs: []kernels.Desc{x.op}}
		launches, err := Launches(p, kernels.BF16)
		if err != nil {
			t.Fatal(err)
		}
		tile, times := "none", 0 // launches with it; a convolution rounds its factors in one
		for _, l := range launches {
			if m := tileOf.FindStringSubmatch(l.Kernel); m != nil {
				tile, times = fmt.Sprintf("%s x %s", m[1], m[2]), times+1
			}
		}
		if x.op.Op != kernels.OpGemm {
			times--
		}
		sideBySide := times > 1
		if tile != x.tile || sideBySide != x.sideBySide {
			t.Errorf("%s has the tile %s, blocks side by side: %t; want %s, %t", p.Describe(0), tile, sideBySide, x.tile, x.sideBySide)
		}
	}
}

// Small images take Winograd's form in one launch, as choose_at_once counts it for an H200; large batches and many channels in three.
func TestWinogradAtOnce(t *testing.T) {
	for _, x := range []struct {
		images, size, channels, filters int64
		launches                        int
	}{
		{1, 32, 16, 16, 1}, {1, 16, 32, 32, 1}, {1, 8, 64, 32, 3}, {16, 32, 16, 16, 1}, {16, 16, 32, 32, 1},
		{64, 32, 16, 16, 3}, {64, 16, 32, 32, 3}, {1, 32, 128, 128, 3}, {1, 8, 260, 32, 4},
	} {
		for _, op := range []kernels.Op{kernels.OpConv, kernels.OpConvGradX} {
			d := convolution(op, x.images, x.size, x.channels, x.filters)
			if op == kernels.OpConvGradX {
				d = convolution(op, x.images, x.size, x.filters, x.channels)
			}
			d.Flags = kernels.FlagWinograd
			launches, err := Launches(&kernels.Program{Name: "one", Arena: 1 << 40, Descs: []kernels.Desc{d}}, kernels.FP32)
			if err != nil {
				t.Fatal(err)
			}
			if len(launches) != x.launches {
				t.Errorf("%s of %d images %dx%d, %d to %d channels: %d launches, want %d", op, x.images, x.size, x.size, x.channels, x.filters, len(launches), x.launches)
			}
		}
	}
}
