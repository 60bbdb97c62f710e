package ref

import "github.com/gmel-go/gmel/kernels"

// The transforms of Winograd's form along one direction; kernels.OpConv has their formulas.

func winogradV[T Float](d []T) []T { return []T{d[0] - d[2], d[1] + d[2], d[2] - d[1], d[3] - d[1]} }

func winogradU[T Float](g []T) []T {
	s := g[0] + g[2]
	return []T{g[0], (s + g[1]) / 2, (s - g[1]) / 2, g[2]}
}

func winogradY[T Float](m []T) []T { return []T{m[0] + m[1] + m[2], m[1] - m[2] + m[3]} }

func winogradZ[T Float](y []T) []T { return []T{y[0], y[0] + y[1], y[0] - y[1], y[1]} }

func winogradW[T Float](u []T) []T {
	half := (u[1] + u[2]) / 2
	return []T{u[0] + half, (u[1] - u[2]) / 2, half + u[3]}
}

// bothWays applies f along the columns of a[n,n] and then along the rows of the result, which is [m,m].
func bothWays[T Float](f func([]T) []T, n int, a []T) []T {
	var turned []T // [n,m]
	for x := range n {
		column := make([]T, n)
		for y := range n {
			column[y] = a[y*n+x]
		}
		turned = append(turned, f(column)...)
	}
	m := len(turned) / n
	var all []T
	for y := range m {
		row := make([]T, n)
		for x := range n {
			row[x] = turned[x*m+y]
		}
		all = append(all, f(row)...)
	}
	return all
}

const (
	winogradIn   = 4                       // rows and columns of pixels that a tile reads
	winogradOut  = 2                       // those of the result in it
	winogradSums = winogradIn * winogradIn // sums of a tile
)

// picture is images [B,Y,X,C] with zeros around them.
type picture[T Float] struct {
	data     []T
	y, x, c  int
	outside  []T // [C] zeros
	tileRows int // of the result that is cut into tiles
	tileCols int
}

func newPicture[T Float](data []T, y, x, c, outY, outX int) picture[T] {
	half := func(n int) int { return (n + winogradOut - 1) / winogradOut }
	return picture[T]{data, y, x, c, make([]T, c), half(outY), half(outX)}
}

// pixel is the channels of a pixel of image b.
func (p picture[T]) pixel(b, y, x int) []T {
	if y < 0 || y >= p.y || x < 0 || x >= p.x {
		return p.outside
	}
	return p.data[((b*p.y+y)*p.x+x)*p.c:][:p.c]
}

// transformed applies f to the n x n pixels from (y, x) on, channel by channel: [sums,C].
func (p picture[T]) transformed(f func([]T) []T, n, b, y, x int) []T {
	all := make([]T, winogradSums*p.c)
	for c := range p.c {
		d := make([]T, n*n)
		for i := range d {
			d[i] = p.pixel(b, y+i/n, x+i%n)[c]
		}
		for i, v := range bothWays(f, n, d) {
			all[i*p.c+c] = v
		}
	}
	return all
}

// taps are the transformed taps [sums,C,F] of a kernel whose tap (ky, kx) from channel c to f is at(ky, kx, c, f).
func winogradTaps[T Float](c, f int, at func(ky, kx, c, f int) T) []T {
	const n = kernels.WinogradTaps
	all := make([]T, winogradSums*c*f)
	for i := range c * f {
		var g []T
		for k := range n * n {
			g = append(g, at(k/n, k%n, i/f, i%f))
		}
		for s, u := range bothWays(winogradU[T], n, g) {
			all[s*c*f+i] = u
		}
	}
	return all
}

// eachSum calls put with pixel (b, y, x) and channel j of the result [outY,outX,F] and its sum. The first output reads the
// pixels of p from (firstY, firstX) on.
func (p picture[T]) eachSum(u []T, f, batch, firstY, firstX int, put func(b, y, x, j int, t T)) {
	for t := range batch * p.tileRows * p.tileCols {
		b, y, x := t/(p.tileRows*p.tileCols), t/p.tileCols%p.tileRows*winogradOut, t%p.tileCols*winogradOut
		v := p.transformed(winogradV[T], winogradIn, b, y+firstY, x+firstX)
		for j := range f {
			m := make([]T, winogradSums)
			for i := range m {
				m[i] = productSum(p.c, v[i*p.c:], 1, from(u, i*p.c*f+j), f)
			}
			for i, sum := range bothWays(winogradY[T], winogradIn, m) {
				put(b, y+i/winogradOut, x+i%winogradOut, j, sum)
			}
		}
	}
}

func (o *op[T]) winogradConv() {
	w, bias, y, params := o.arg(1), o.arg(2), o.arg(3), o.params()
	ay, ax := o.axes()
	c, f := o.dim(kernels.ConvC), o.dim(kernels.ConvF)
	u := winogradTaps(c, f, func(ky, kx, c0, j int) T { return w[((ky*ax.taps+kx)*c+c0)*f+j] })
	p := newPicture(o.arg(0), ay.in, ax.in, c, ay.out, ax.out)
	p.eachSum(u, f, o.dim(kernels.ConvB), -ay.pad, -ax.pad, func(b, oy, ox, j int, t T) {
		if oy < ay.out && ox < ax.out {
			o.finishConv(&y[((b*ay.out+oy)*ax.out+ox)*f+j], t, bias, j, params)
		}
	})
}

func (o *op[T]) winogradGradX() {
	w, aux, dx, params := o.arg(1), o.arg(2), o.arg(3), o.params()
	ay, ax := o.axes()
	c, f := o.dim(kernels.ConvC), o.dim(kernels.ConvF)
	const last = kernels.WinogradTaps - 1
	u := winogradTaps(f, c, func(ky, kx, j, c0 int) T { return w[(((last-ky)*ax.taps+last-kx)*c+c0)*f+j] })
	p := newPicture(o.arg(0), ay.out, ax.out, f, ay.in, ax.in)
	p.eachSum(u, c, o.dim(kernels.ConvB), ay.pad-last, ax.pad-last, func(b, y, x, j int, t T) {
		if y < ay.in && x < ax.in {
			o.finishGradX(dx, t, ((b*ay.in+y)*ax.in+x)*c+j, aux, params)
		}
	})
}

// winogradGradW: t = W of the first block sum of tiles plus the others in ascending order; then dw = t, or dw + t with
// accumulate.
func (o *op[T]) winogradGradW() {
	dw := o.arg(2)
	c, f := o.dim(kernels.ConvC), o.dim(kernels.ConvF)
	total := o.winogradTotal()
	for i := range c * f {
		m := make([]T, winogradSums)
		for s := range m {
			m[s] = total[s*c*f+i]
		}
		for k, t := range bothWays(winogradW[T], winogradIn, m) {
			o.put(&dw[k*c*f+i], t)
		}
	}
}

// winogradTotal is the sums [sums,C,F] over all tiles.
func (o *op[T]) winogradTotal() []T {
	ay, ax := o.axes()
	c, f := o.dim(kernels.ConvC), o.dim(kernels.ConvF)
	x := newPicture(o.arg(0), ay.in, ax.in, c, ay.out, ax.out)
	dy := newPicture(o.arg(1), ay.out, ax.out, f, ay.out, ax.out)
	total, tiles := make([]T, winogradSums*c*f), o.dim(kernels.ConvB)*x.tileRows*x.tileCols
	for first := 0; first < tiles; first += kernels.WinogradBlock {
		s := make([]T, len(total))
		for t := first; t < min(first+kernels.WinogradBlock, tiles); t++ {
			b, row, column := t/(x.tileRows*x.tileCols), t/x.tileCols%x.tileRows*winogradOut, t%x.tileCols*winogradOut
			v := x.transformed(winogradV[T], winogradIn, b, row-ay.pad, column-ax.pad)
			z := dy.transformed(winogradZ[T], winogradOut, b, row, column)
			addProducts(s, v, z, c, f)
		}
		for i := range total {
			store(&total[i], s[i], first > 0)
		}
	}
	return total
}

// addProducts adds v[sums,C] z[sums,F] to s[sums,C,F].
func addProducts[T Float](s, v, z []T, c, f int) {
	for i := range s {
		at := i / (c * f)
		s[i] = fma(v[at*c+i/f%c], z[at*f+i%f], s[i])
	}
}
