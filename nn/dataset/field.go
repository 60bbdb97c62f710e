package dataset

import "math"

// What images are drawn with: functions of the unit square. They use +, -, *, / and square roots only, and every
// product that is added to something is rounded first (the conversions below forbid a fused multiply-add). So all
// processors draw the same bytes.

func mix(a, b, t float64) float64 { return a + float64((b-a)*t) }

func dot(ax, ay, bx, by float64) float64 { return float64(ax*bx) + float64(ay*by) }

// ramp rises smoothly from 0 at lo to 1 at hi.
func ramp(lo, hi, v float64) float64 {
	t := min(1, max(0, (v-lo)/(hi-lo)))
	return float64(float64(t*t) * (3 - float64(2*t)))
}

// noise is Perlin's gradient noise: smooth, 0 on average, mostly within -1 and 1.
type noise struct {
	nx, ny   int       // cells
	gradient []float64 // [ny+1, nx+1, 2]
}

func newNoise(d *dice, nx, ny int) *noise {
	n := &noise{nx: nx, ny: ny, gradient: make([]float64, 2*(nx+1)*(ny+1))}
	for i := range n.gradient {
		n.gradient[i] = d.between(-1.6, 1.6)
	}
	return n
}

// at is the noise at a point; outside of the unit square the border continues.
func (n *noise) at(x, y float64) float64 {
	ix, fx := cell(x, n.nx)
	iy, fy := cell(y, n.ny)
	top := mix(n.corner(ix, iy, fx, fy), n.corner(ix+1, iy, fx-1, fy), ramp(0, 1, fx))
	low := mix(n.corner(ix, iy+1, fx, fy-1), n.corner(ix+1, iy+1, fx-1, fy-1), ramp(0, 1, fx))
	return mix(top, low, ramp(0, 1, fy))
}

func (n *noise) corner(ix, iy int, fx, fy float64) float64 {
	g := n.gradient[2*(iy*(n.nx+1)+ix):]
	return dot(g[0], g[1], fx, fy)
}

// cell is the cell of a coordinate and the place inside it.
func cell(x float64, n int) (int, float64) {
	x = float64(min(1, max(0, x)) * float64(n))
	i := min(int(x), n-1)
	return i, x - float64(i)
}

// fractal is noise of several sizes, each half as large and half as strong as the one before.
type fractal []*noise

func newFractal(d *dice, nx, ny, octaves int) fractal {
	f := make(fractal, octaves)
	for i := range f {
		f[i] = newNoise(d, nx<<i, ny<<i)
	}
	return f
}

func (f fractal) at(x, y float64) float64 {
	sum, weight := 0., 1.
	for _, n := range f {
		sum += float64(weight * n.at(x, y))
		weight /= 2
	}
	return sum
}

// mesh is the borders between the cells of scattered points (a Voronoi diagram).
type mesh struct {
	nx, ny int
	points []float64 // [ny+2, nx+2, 2]: one point in each cell, and a rim of cells around the square
}

func newMesh(d *dice, nx, ny int) *mesh {
	m := &mesh{nx: nx, ny: ny}
	for iy := -1; iy <= ny; iy++ {
		for ix := -1; ix <= nx; ix++ {
			x := (float64(ix) + d.between(.1, .9)) / float64(nx)
			y := (float64(iy) + d.between(.1, .9)) / float64(ny)
			m.points = append(m.points, x, y)
		}
	}
	return m
}

// at is the distance to the next border. Only the points of cells nearby can matter.
func (m *mesh) at(x, y float64) float64 {
	jx, _ := cell(x, m.nx)
	jy, _ := cell(y, m.ny)
	best, px, py := math.Inf(1), 0., 0.
	m.near(jx, jy, func(qx, qy float64) {
		if square := dot(qx-x, qy-y, qx-x, qy-y); square < best {
			best, px, py = square, qx, qy
		}
	})
	best = math.Inf(1)
	m.near(jx, jy, func(qx, qy float64) {
		dx, dy := qx-px, qy-py
		if square := dot(dx, dy, dx, dy); square > 0 {
			best = min(best, dot(dx, dy, px-x+float64(dx/2), py-y+float64(dy/2))/math.Sqrt(square))
		}
	})
	return best
}

// near visits the points at most two cells away.
func (m *mesh) near(jx, jy int, visit func(x, y float64)) {
	for iy := max(-1, jy-2); iy <= min(m.ny, jy+2); iy++ {
		for ix := max(-1, jx-2); ix <= min(m.nx, jx+2); ix++ {
			i := 2 * ((iy+1)*(m.nx+2) + ix + 1)
			visit(m.points[i], m.points[i+1])
		}
	}
}
