package kernels

import "fmt"

// Convolutions of images.
//
// With [FlagWinograd] a convolution of 3x3 taps and strides of 1 has the form F(2x2, 3x3) (Winograd 1980; Lavin & Gray 2016,
// arXiv 1509.09308, section 4.1): 16 multiplications for 2x2 pixels of the result instead of 36. The result is cut into tiles
// of 2x2 pixels from its first pixel on; the last row and column of tiles may reach beyond it. Each of these transforms is
// applied first along y, then along x:
//
//	V of d, the 4x4 pixels under a tile:  d0-d2, d1+d2, d2-d1, d3-d1
//	U of g, the 3x3 taps:                 g0, ((g0+g2)+g1)/2, ((g0+g2)-g1)/2, g2
//	Y of 4x4 sums:                        (m0+m1)+m2, (m1-m2)+m3
//
// In OpConv and OpConvGradX the 16 sums of a tile are product sums of V and U over the channels of the image that is read, and
// Y is in place of the product sum of the direct form. OpConvGradX reads dy under the turned taps w[2-ky,2-kx,c,f]. OpConvGradW
// multiplies V of x by Z of dy, adds over the tiles of all images in blocks of [WinogradBlock], and takes W of the total:
//
//	Z of the 2x2 pixels of a tile:  y0, y0+y1, y0-y1, y1
//	W of 4x4 sums:                  u0+(u1+u2)/2, (u1-u2)/2, (u1+u2)/2+u3
//
// Pixels outside of an image are zeros, which take part. The form is one of fp32: a backend that rounds factors
// ([Options.Precision]) takes the direct form.
const (
	// OpConv: y[B,OY,OX,F] = f(sum over ky, kx, c of x[b, oy strideY + ky - padY, ox strideX + kx - padX, c]
	// w[ky,kx,c,F] + bias[F]), OY and OX by [ConvOut]. The product sum ascends in (ky, kx, c); outside of x
	// there are zeros, which take part. acc (after the bias, before f). Scalar: parameters of f.
	// Arg: x[B,Y,X,C], w[KY,KX,C,F], bias?, y. Dim: B, Y, X, C, KY, KX, F, strideY, strideX, padY, padX, end.
	OpConv Op = 23

	// OpConvGradX: dx[B,Y,X,C], the gradient of OpConv by x without f. The product sum at (y, x) takes the
	// taps with y + padY - ky a multiple of strideY, and x likewise, in descending (ky, kx), each with
	// ascending f; outside of dy there are zeros, which take part. acc. With FlagFnGrad the result is then
	// multiplied by f'(aux) as in OpGemm; aux has the layout of dx. Scalar[0]: slope of LeakyReLU.
	// Arg: dy, w, aux?, dx. Dim as OpConv.
	OpConvGradX Op = 24

	// OpConvGradW: dw[KY,KX,C,F], the gradient of OpConv by w without f. The sum over the pixels of y is
	// fused multiply-add in ascending order inside blocks, the block sums are added in ascending order. A
	// block is max(1, BlockK/OX) rows out of the B*OY rows of all images, cut into pieces of BlockK columns
	// if OX > BlockK. Zeros outside of x take part. acc. Arg: x, dy, dw. Dim as OpConv.
	OpConvGradW Op = 25
)

var convOps = family{
	OpConv: {
		Name: "conv", Dims: convDims, Accumulates: true, Flops: convFlops,
		Args:  []ArgSpec{in("x", convX), in("w", convW), opt("bias", dim(ConvF)), out("y", convY)},
		Check: (*Desc).checkConv,
		Rows:  uncut,
	},
	OpConvGradX: {
		Name: "convgradx", Dims: convDims, Accumulates: true, Flops: convFlops,
		Args:  []ArgSpec{in("dy", convY), in("w", convW), opt("aux", convX), out("dx", convX)},
		Check: (*Desc).checkConv,
		Rows:  uncut,
	},
	OpConvGradW: {
		Name: "convgradw", Dims: convDims, Accumulates: true, Flops: convFlops,
		Args:  []ArgSpec{in("x", convX), in("dy", convY), out("dw", convW)},
		Check: (*Desc).checkConv,
		Rows:  uncut,
		Terms: termsOf([]int{2}, prod(ConvY, ConvX, ConvC), convImageY),
	},
}

// Indices into Desc.Dim of the convolutions. An image is NHWC: batch, rows, columns, channels.
const (
	ConvB       = iota // images
	ConvY              // rows of x
	ConvX              // columns of x
	ConvC              // channels of x
	ConvKY             // rows of the kernel, at least 1
	ConvKX             // columns of the kernel, at least 1
	ConvF              // channels of y
	ConvStrideY        // at least 1
	ConvStrideX
	ConvPadY // rows of zeros on either side
	ConvPadX
	ConvEnd // more rows and columns of zeros, only below and to the right
)

// WinogradTaps is the number of rows and columns of a kernel that FlagWinograd allows.
const WinogradTaps = 3

var convDims = []string{"B", "Y", "X", "C", "KY", "KX", "F", "strideY", "strideX", "padY", "padX", "end"}

// ConvOut is the length of the output of a convolution along one axis: n inputs with pad
// zeros on either side and end more after them, under a kernel of length k that moves by stride.
func ConvOut(n, k, stride, pad, end int64) int64 {
	n += 2*pad + end
	if n < k || stride < 1 {
		return 0
	}
	return (n-k)/stride + 1
}

// ConvOutput is the number of rows and columns of y.
func (d *Desc) ConvOutput() (rows, columns int64) {
	return ConvOut(d.Dim[ConvY], d.Dim[ConvKY], d.Dim[ConvStrideY], d.Dim[ConvPadY], d.Dim[ConvEnd]),
		ConvOut(d.Dim[ConvX], d.Dim[ConvKX], d.Dim[ConvStrideX], d.Dim[ConvPadX], d.Dim[ConvEnd])
}

var (
	convX = prod(ConvB, ConvY, ConvX, ConvC)
	convW = prod(ConvKY, ConvKX, ConvC, ConvF)
)

func convY(d *Desc) int64 { return mul(d.Dim[ConvB], convImageY(d)) }

// convImageY is the size of an image of y.
func convImageY(d *Desc) int64 {
	rows, columns := d.ConvOutput()
	return mul(rows, columns, d.Dim[ConvF])
}

// convFlops counts those of the direct form, so that rates of both forms compare.
func convFlops(d *Desc) int64 { return mul(2, convY(d), d.Dim[ConvKY], d.Dim[ConvKX], d.Dim[ConvC]) }

// checkConv checks the dimensions, flags and function of a convolution or of a gradient of one.
func (d *Desc) checkConv() error {
	for _, i := range []int{ConvKY, ConvKX, ConvStrideY, ConvStrideX} {
		if d.Dim[i] < 1 {
			return fmt.Errorf("%s: dimension %s is %d, must be positive", d.Op, convDims[i], d.Dim[i])
		}
	}
	known := FlagAccumulate
	if d.Has(FlagWinograd) {
		known |= FlagWinograd
		if d.Dim[ConvKY] != WinogradTaps || d.Dim[ConvKX] != WinogradTaps || d.Dim[ConvStrideY] != 1 || d.Dim[ConvStrideX] != 1 {
			return fmt.Errorf("%s: Winograd's form needs 3x3 taps and strides of 1, not %dx%d and %d, %d", d.Op,
				d.Dim[ConvKY], d.Dim[ConvKX], d.Dim[ConvStrideY], d.Dim[ConvStrideX])
		}
	}
	switch {
	case d.Op == OpConvGradX && d.Has(FlagFnGrad):
		known |= FlagFnGrad
		if !d.Fn.fromOutput() || d.Arg[2] == Absent {
			return fmt.Errorf("%s: the gradient of %s needs aux, and a function whose derivative follows from its output", d.Op, d.Fn)
		}
	case d.Op != OpConv && d.Fn != FnIdentity:
		return fmt.Errorf("%s has no function %s", d.Op, d.Fn)
	}
	return d.checkFlags(known)
}

// fromOutput reports that f' is computed from the output of f.
func (f Fn) fromOutput() bool { return f <= FnSigmoid && f != FnAffine }
