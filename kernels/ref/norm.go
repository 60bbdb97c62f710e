package ref

import (
	"github.com/gmel-go/gmel/kernels"
)

func normOps[T Float]() family[T] {
	return family[T]{
		kernels.OpGroupNorm:          (*op[T]).groupNorm,
		kernels.OpGroupNormGrad:      (*op[T]).groupNormGrad,
		kernels.OpGroupNormParamGrad: (*op[T]).groupNormParamGrad,
		kernels.OpLayerNorm:          (*op[T]).layerNorm,
		kernels.OpLayerNormGrad:      (*op[T]).layerNormGrad,
	}
}

// norm is one channel of one sample of [kernels.OpGroupNorm].
type norm[T Float] struct {
	x          []T // begins at the channel's first element
	p, c       int // number of rows, distance between rows
	mean, rstd T
	a, b       T // coefficients of fma(x - mean, a, b)
}

// rowSum adds p terms in chunks of kernels.ChunkRows rows. add adds term i to a sum.
func rowSum[T Float](p int, add func(sum T, i int) T) T {
	var total T
	for from := 0; from < p; from += kernels.ChunkRows {
		var s T
		for i := from; i < min(from+kernels.ChunkRows, p); i++ {
			s = add(s, i)
		}
		if from == 0 {
			total = s
		} else {
			total += s
		}
	}
	return total
}

func (n *norm[T]) sum() T {
	return rowSum(n.p, func(s T, i int) T { return s + n.x[i*n.c] })
}

func (n *norm[T]) squares() T {
	return rowSum(n.p, func(s T, i int) T { return fma(n.x[i*n.c]-n.mean, n.x[i*n.c]-n.mean, s) })
}

// inOrder adds f of a group's channels, in order, to f of its first channel.
func inOrder[T Float](channels []norm[T], f func(n *norm[T]) T) T {
	var total T
	for i := range channels {
		if i == 0 {
			total = f(&channels[i])
		} else {
			total += f(&channels[i])
		}
	}
	return total
}

// normGroup returns the channels of group g of sample b, without their statistics and coefficients.
func (o *op[T]) normGroup(b, g int) []norm[T] {
	p, c := o.dim(1), o.dim(2)
	width := c / o.dim(3)
	channels := make([]norm[T], width)
	for i := range channels {
		channels[i] = norm[T]{x: from(o.arg(0), b*p*c+g*width+i), p: p, c: c}
	}
	return channels
}

// lines sets mean, rstd, a and b. The arguments gamma, beta and film begin at number first.
func (o *op[T]) lines(channels []norm[T], b, g, first int, mean, rstd T) {
	gamma, beta, film, c := o.arg(first), o.arg(first+1), o.arg(first+2), o.dim(2)
	for i := range channels {
		j := g*len(channels) + i
		scale, shift := T(1), T(0)
		if film != nil {
			scale, shift = 1+film[b*2*c+j], film[b*2*c+c+j]
		}
		n := &channels[i]
		n.mean, n.rstd = mean, rstd
		n.a = T(gamma[j]*rstd) * scale
		n.b = fma(beta[j], scale, shift)
	}
}

// groupNorm: see [kernels.OpGroupNorm].
func (o *op[T]) groupNorm() {
	y, stats, c := o.arg(4), o.arg(5), o.dim(2)
	for i := range o.dim(0) * o.dim(3) {
		b, g := i/o.dim(3), i%o.dim(3)
		channels := o.normGroup(b, g)
		count := T(max(1, o.dim(1)*len(channels)))
		mean := inOrder(channels, (*norm[T]).sum) / count
		for j := range channels {
			channels[j].mean = mean
		}
		rstd := 1 / sqrt(inOrder(channels, (*norm[T]).squares)/count+o.scalar(0))
		stats[2*i], stats[2*i+1] = mean, rstd
		o.lines(channels, b, g, 1, mean, rstd)
		for j := range channels {
			channels[j].apply(o.Fn, from(y, b*o.dim(1)*c+g*len(channels)+j))
		}
	}
}

func (n *norm[T]) apply(f kernels.Fn, y []T) {
	for i := range n.p {
		y[i*n.c] = apply(f, fma(n.x[i*n.c]-n.mean, n.a, n.b), [2]T{})
	}
}

// groupNormGrad: see [kernels.OpGroupNormGrad]. It computes slopes from the input.
func (o *op[T]) groupNormGrad() {
	stats, dy, dx, sums, c := o.arg(1), o.arg(5), o.arg(6), o.arg(7), o.dim(2)
	for i := range o.dim(0) * o.dim(3) {
		b, g := i/o.dim(3), i%o.dim(3)
		channels := o.normGroup(b, g)
		o.lines(channels, b, g, 2, stats[2*i], stats[2*i+1])
		first, at := g*len(channels), b*o.dim(1)*c+g*len(channels)
		s0, s1 := sums[b*2*c+first:], sums[b*2*c+c+first:]
		var u1, u2 T
		for j := range channels {
			s0[j], s1[j] = channels[j].gradSums(o.Fn, from(dy, at+j))
			u1, u2 = fma(channels[j].a, s0[j], u1), fma(channels[j].a, s1[j], u2)
		}
		count := T(max(1, o.dim(1)*len(channels)))
		for j := range channels {
			o.groupNormDX(&channels[j], from(dy, at+j), from(dx, at+j), [2]T{u1 / count, u2 / count * stats[2*i+1]})
		}
	}
}

// grad is the gradient e of row i.
func (n *norm[T]) grad(f kernels.Fn, dy []T, i int) T {
	v := fma(n.x[i*n.c]-n.mean, n.a, n.b)
	return T(dy[i*n.c] * slope(f, v, v, [2]T{}))
}

func (n *norm[T]) gradSums(f kernels.Fn, dy []T) (s0, s1 T) {
	s0 = rowSum(n.p, func(s T, i int) T { return s + n.grad(f, dy, i) })
	s1 = rowSum(n.p, func(s T, i int) T { return fma(n.grad(f, dy, i), n.x[i*n.c]-n.mean, s) })
	return s0, n.rstd * s1
}

func (o *op[T]) groupNormDX(n *norm[T], dy, dx []T, u [2]T) {
	for i := range n.p {
		o.put(&dx[i*n.c], fma(n.grad(o.Fn, dy, i), n.a, -fma(n.x[i*n.c]-n.mean, u[1], u[0])))
	}
}

// groupNormParamGrad: see [kernels.OpGroupNormParamGrad].
func (o *op[T]) groupNormParamGrad() {
	sums, gamma, beta, film := o.arg(0), o.arg(1), o.arg(2), o.arg(3)
	dgamma, dbeta, dfilm, c := o.arg(4), o.arg(5), o.arg(6), o.dim(1)
	for j := range c {
		var sum0, sum1 T
		for b := range o.dim(0) {
			scale, at := T(1), b*2*c+j
			if film != nil {
				scale = 1 + film[at]
			}
			sum0, sum1 = fma(scale, sums[at], sum0), fma(scale, sums[at+c], sum1)
			if dfilm != nil {
				dfilm[at] = fma(gamma[j], sums[at+c], T(beta[j]*sums[at]))
				dfilm[at+c] = sums[at]
			}
		}
		dgamma[j], dbeta[j] = sum1, sum0
	}
}
