package kernels

import "fmt"

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
)

var convDims = []string{"B", "Y", "X", "C", "KY", "KX", "F", "strideY", "strideX", "padY", "padX"}

// ConvOut is the length of the output of a convolution along one axis: n inputs with pad
// zeros on either side, under a kernel of length k that moves by stride.
func ConvOut(n, k, stride, pad int64) int64 {
	if n+2*pad < k || stride < 1 {
		return 0
	}
	return (n+2*pad-k)/stride + 1
}

// ConvOutput is the number of rows and columns of y.
func (d *Desc) ConvOutput() (rows, columns int64) {
	return ConvOut(d.Dim[ConvY], d.Dim[ConvKY], d.Dim[ConvStrideY], d.Dim[ConvPadY]),
		ConvOut(d.Dim[ConvX], d.Dim[ConvKX], d.Dim[ConvStrideX], d.Dim[ConvPadX])
}

var (
	convX = prod(ConvB, ConvY, ConvX, ConvC)
	convW = prod(ConvKY, ConvKX, ConvC, ConvF)
)

func convY(d *Desc) int64 {
	rows, columns := d.ConvOutput()
	return mul(d.Dim[ConvB], rows, columns, d.Dim[ConvF])
}

func convFlops(d *Desc) int64 { return mul(2, convY(d), d.Dim[ConvKY], d.Dim[ConvKX], d.Dim[ConvC]) }

// checkConv checks what only convolutions know; op is one of them.
func (d *Desc) checkConv() error {
	for _, i := range []int{ConvKY, ConvKX, ConvStrideY, ConvStrideX} {
		if d.Dim[i] < 1 {
			return fmt.Errorf("%s: dimension %s is %d, must be positive", d.Op, convDims[i], d.Dim[i])
		}
	}
	known := FlagAccumulate
	switch {
	case d.Op == OpConvGradX && d.Has(FlagFnGrad):
		known |= FlagFnGrad
		if !d.Fn.fromOutput() || d.Arg[2] == Absent {
			return fmt.Errorf("%s: the gradient of %s needs aux, and a function that is known from its output", d.Op, d.Fn)
		}
	case d.Op != OpConv && d.Fn != FnIdentity:
		return fmt.Errorf("%s has no function %s", d.Op, d.Fn)
	}
	if d.Flags&^known != 0 {
		return fmt.Errorf("%s: unknown flags %04b", d.Op, d.Flags)
	}
	return nil
}

// fromOutput reports that f' follows from the output of f.
func (f Fn) fromOutput() bool { return f <= FnSigmoid && f != FnAffine }
