package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func convOps[T Float]() family[T] {
	return family[T]{
		kernels.OpConv:      (*op[T]).conv,
		kernels.OpConvGradX: (*op[T]).convGradX,
		kernels.OpConvGradW: (*op[T]).convGradW,
	}
}

// axis is one direction of a convolution.
type axis struct{ in, out, taps, stride, pad int }

// at returns the input under tap k of output o; ok is false in the padding.
func (a axis) at(o, k int) (i int, ok bool) {
	i = o*a.stride + k - a.pad
	return i, i >= 0 && i < a.in
}

// meets lists the taps that read input i, in descending order, and the output of each. Outputs may
// be out of range.
func (a axis) meets(i int) (taps, outputs []int) {
	for k := a.taps - 1; k >= 0; k-- {
		if o := i + a.pad - k; o%a.stride == 0 {
			taps, outputs = append(taps, k), append(outputs, o/a.stride)
		}
	}
	return taps, outputs
}

// axes are the directions y and x.
func (o *op[T]) axes() (y, x axis) {
	rows, columns := o.ConvOutput()
	y = axis{o.dim(kernels.ConvY), int(rows), o.dim(kernels.ConvKY), o.dim(kernels.ConvStrideY), o.dim(kernels.ConvPadY)}
	x = axis{o.dim(kernels.ConvX), int(columns), o.dim(kernels.ConvKX), o.dim(kernels.ConvStrideX), o.dim(kernels.ConvPadX)}
	return y, x
}

// patch returns the inputs [KY,KX,C] of output (oy, ox) in image b of x, with zeros outside the image.
func (o *op[T]) patch(x []T, b, oy, ox int) []T {
	ay, ax := o.axes()
	c := o.dim(kernels.ConvC)
	p := make([]T, ay.taps*ax.taps*c)
	for ky := range ay.taps {
		for kx := range ax.taps {
			iy, okY := ay.at(oy, ky)
			ix, okX := ax.at(ox, kx)
			if okY && okX {
				copy(p[(ky*ax.taps+kx)*c:][:c], x[((b*ay.in+iy)*ax.in+ix)*c:])
			}
		}
	}
	return p
}

// conv: t = product sum over (ky, kx, c); t = t + bias; t = y + t with accumulate; y = f(t).
func (o *op[T]) conv() {
	if o.Has(kernels.FlagWinograd) {
		o.winogradConv()
		return
	}
	x, w, bias, y := o.arg(0), o.arg(1), o.arg(2), o.arg(3)
	ay, ax := o.axes()
	f, params := o.dim(kernels.ConvF), o.params()
	for p := range o.dim(kernels.ConvB) * ay.out * ax.out {
		a := o.patch(x, p/(ay.out*ax.out), p/ax.out%ay.out, p%ax.out)
		for j := range f {
			o.finishConv(&y[p*f+j], productSum(len(a), a, 1, from(w, j), f), bias, j, params)
		}
	}
}

// finishConv stores the result of the product sum t of channel j.
func (o *op[T]) finishConv(y *T, t T, bias []T, j int, params [2]T) {
	if bias != nil {
		t += bias[j]
	}
	if o.accumulates() {
		t = *y + t
	}
	*y = apply(o.Fn, t, params)
}

// convGradX: t = product sum over the taps that read the pixel, descending, and over f; t = dx + t
// with accumulate; then dx = t, or t f'(aux) with FlagFnGrad.
func (o *op[T]) convGradX() {
	if o.Has(kernels.FlagWinograd) {
		o.winogradGradX()
		return
	}
	w, aux, dx := o.arg(1), o.arg(2), o.arg(3)
	ay, ax := o.axes()
	c, f, params := o.dim(kernels.ConvC), o.dim(kernels.ConvF), o.params()
	for p := range o.dim(kernels.ConvB) * ay.in * ax.in {
		a, taps := o.seen(p/(ay.in*ax.in), p/ax.in%ay.in, p%ax.in)
		b := make([]T, len(a))
		for j := range c {
			for i, tap := range taps {
				copy(b[i*f:(i+1)*f], w[(tap*c+j)*f:])
			}
			o.finishGradX(dx, productSum(len(a), a, 1, b, 1), p*c+j, aux, params)
		}
	}
}

// finishGradX stores the result of the product sum t at dx[i].
func (o *op[T]) finishGradX(dx []T, t T, i int, aux []T, params [2]T) {
	if o.accumulates() {
		t = dx[i] + t
	}
	if o.Has(kernels.FlagFnGrad) {
		t = T(t * slope(o.Fn, 0, aux[i], params))
	}
	dx[i] = t
}

// seen lists the taps that read pixel (iy, ix) of image b, and the gradients dy[taps,F] of their outputs.
func (o *op[T]) seen(b, iy, ix int) (a []T, taps []int) {
	dy := o.arg(0)
	ay, ax := o.axes()
	f := o.dim(kernels.ConvF)
	tapsY, outY := ay.meets(iy)
	tapsX, outX := ax.meets(ix)
	for i, oy := range outY {
		for j, ox := range outX {
			taps = append(taps, tapsY[i]*ax.taps+tapsX[j])
			pixel := make([]T, f)
			if oy >= 0 && oy < ay.out && ox >= 0 && ox < ax.out {
				copy(pixel, dy[((b*ay.out+oy)*ax.out+ox)*f:])
			}
			a = append(a, pixel...)
		}
	}
	return a, taps
}

// convGradW: t = the first block sum of pixels plus the others in ascending order; then dw = t, or
// dw + t with accumulate.
func (o *op[T]) convGradW() {
	if o.Has(kernels.FlagWinograd) {
		o.winogradGradW()
		return
	}
	dw := o.arg(2)
	ay, ax := o.axes()
	total := make([]T, len(dw))
	rows := max(1, kernels.BlockK/max(1, ax.out))
	for r := 0; r < o.dim(kernels.ConvB)*ay.out; r += rows {
		for x := 0; x < ax.out; x += kernels.BlockK {
			s := make([]T, len(dw))
			for row := r; row < min(r+rows, o.dim(kernels.ConvB)*ay.out); row++ {
				for column := x; column < min(x+kernels.BlockK, ax.out); column++ {
					o.addPixel(s, row, column)
				}
			}
			for i := range total {
				if r == 0 && x == 0 {
					total[i] = s[i]
				} else {
					total[i] += s[i]
				}
			}
		}
	}
	for i := range dw {
		o.put(&dw[i], total[i])
	}
}

// addPixel adds the products of one pixel of y to s[KY,KX,C,F]. row is the index among the rows of all images.
func (o *op[T]) addPixel(s []T, row, column int) {
	ay, ax := o.axes()
	f := o.dim(kernels.ConvF)
	dy := o.arg(1)[(row*ax.out+column)*f:][:f]
	for i, x := range o.patch(o.arg(0), row/ay.out, row%ay.out, column) {
		for j := range dy {
			s[i*f+j] = fma(x, dy[j], s[i*f+j])
		}
	}
}
