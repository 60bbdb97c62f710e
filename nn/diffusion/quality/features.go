package quality

import (
	"math"
	"math/bits"
	"math/cmplx"
	"slices"
)

// Image is a grey image with values from 0 to 255.
type Image struct {
	Values        []float64 // [Height, Width]
	Height, Width int
}

// Mirrored returns the image left to right, top to bottom, or both.
func (m *Image) Mirrored(x, y bool) Image {
	to := Image{Values: make([]float64, 0, len(m.Values)), Height: m.Height, Width: m.Width}
	for row := range m.Height {
		for column := range m.Width {
			i, j := row, column
			if y {
				i = m.Height - 1 - row
			}
			if x {
				j = m.Width - 1 - column
			}
			to.Values = append(to.Values, m.at(i, j))
		}
	}
	return to
}

func (m *Image) at(y, x int) float64 { return m.Values[y*m.Width+x] }

// Smallest is the least height and width of an image that has features.
const Smallest = 8

const (
	directions = 8 // of a gradient
	cells      = 4 // of gradients, in a row and in a column
	bands      = 8 // of the spectrum
	patterns   = 10
	thumbnail  = 8 // rows and columns
)

// Features describes an image of at least Smallest by Smallest pixels.
func Features(m Image) []float64 {
	mean, std := moments(m.Values)
	std++ // a flat image is not divided by zero
	z := Image{Values: make([]float64, len(m.Values)), Height: m.Height, Width: m.Width}
	for i, v := range m.Values {
		z.Values[i] = (v - mean) / std
	}
	f := []float64{mean / 64, math.Log(std)}
	f = append(f, shape(z.Values)...)
	f = append(f, gradients(&m)...)
	f = append(f, spectrum(&z)...)
	f = append(f, local(&m)...)
	return append(f, small(&z)...)
}

func moments(v []float64) (mean, std float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	for _, x := range v {
		std += (x - mean) * (x - mean) / float64(len(v))
	}
	return mean, math.Sqrt(std)
}

// shape is the shape of the histogram: seven quantiles, skewness and kurtosis.
func shape(z []float64) (f []float64) {
	sorted := slices.Sorted(slices.Values(z))
	for _, q := range []float64{.01, .05, .25, .5, .75, .95, .99} {
		f = append(f, quantile(sorted, q))
	}
	third, fourth := 0.0, 0.0
	for _, x := range z {
		third += x * x * x / float64(len(z))
		fourth += x * x * x * x / float64(len(z))
	}
	return append(f, third, fourth/5)
}

// quantile interpolates between neighbours.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-2)
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// gradients are the mean strengths in each direction in each cell, and in the whole image, as logarithms (Dalal and Triggs,
// "Histograms of oriented gradients for human detection", 2005, without their normalisation of blocks).
func gradients(m *Image) []float64 {
	height, width := m.Height/cells, m.Width/cells
	f, all := make([]float64, cells*cells*directions), make([]float64, directions)
	for y := range cells * height {
		for x := range cells * width {
			var gx, gy float64
			if x > 0 && x < m.Width-1 {
				gx = m.at(y, x+1) - m.at(y, x-1)
			}
			if y > 0 && y < m.Height-1 {
				gy = m.at(y+1, x) - m.at(y-1, x)
			}
			angle := math.Atan2(gy, gx)
			if angle < 0 {
				angle += math.Pi
			}
			d := int(angle/math.Pi*directions) % directions
			f[((y/height)*cells+x/width)*directions+d] += math.Hypot(gx, gy) / float64(height*width)
		}
	}
	for i := range f {
		all[i%directions] += f[i] / (cells * cells)
		f[i] = math.Log1p(f[i])
	}
	for _, strength := range all {
		f = append(f, 2*math.Log1p(strength))
	}
	return f
}

// spectrum is the logarithm of the mean power in rings of frequencies from .01 to .5 of the sampling rate.
func spectrum(z *Image) []float64 {
	power := power(z)
	sums, counts := make([]float64, bands), make([]float64, bands)
	for y := range z.Height {
		for x := range z.Width {
			r := math.Hypot(frequency(y, z.Height), frequency(x, z.Width))
			for b := range bands {
				if r >= edge(b) && r < edge(b+1) {
					sums[b] += power[y*z.Width+x]
					counts[b]++
				}
			}
		}
	}
	for b := range sums {
		sums[b] = math.Log(sums[b]/max(1, counts[b]) + 1e-3)
	}
	return sums
}

func edge(b int) float64 { return .01 + float64(b)*(.49/bands) }

// frequency is that of coefficient i of n, -1/2 to 1/2.
func frequency(i, n int) float64 {
	if i >= (n+1)/2 {
		i -= n
	}
	return float64(i) / float64(n)
}

// power is the square of the discrete Fourier transform, rows first.
func power(z *Image) []float64 {
	rows := make([]complex128, len(z.Values))
	turn := turns(z.Width)
	for y := range z.Height {
		for k := range z.Width {
			for x := range z.Width {
				rows[y*z.Width+k] += turn[x*k%z.Width] * complex(z.at(y, x), 0)
			}
		}
	}
	p := make([]float64, len(z.Values))
	turn = turns(z.Height)
	for k := range z.Height {
		for x := range z.Width {
			var sum complex128
			for y := range z.Height {
				sum += turn[y*k%z.Height] * rows[y*z.Width+x]
			}
			p[k*z.Width+x] = real(sum)*real(sum) + imag(sum)*imag(sum)
		}
	}
	return p
}

// turns are the n-th roots of one, clockwise.
func turns(n int) []complex128 {
	t := make([]complex128, n)
	for i := range t {
		t[i] = cmplx.Rect(1, -2*math.Pi*float64(i)/float64(n))
	}
	return t
}

// ring are the neighbours of a pixel, clockwise.
var ring = [8][2]int{{-1, -1}, {-1, 0}, {-1, 1}, {0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}}

// local are the shares of uniform local binary patterns by the number of brighter neighbours, and of all others (Ojala,
// Pietikainen and Maenpaa, 2002). A neighbour is brighter by more than one grey level.
func local(m *Image) []float64 {
	f := make([]float64, patterns)
	each := 4 / float64((m.Height-2)*(m.Width-2))
	for y := 1; y < m.Height-1; y++ {
		for x := 1; x < m.Width-1; x++ {
			code := uint8(0)
			for q, d := range ring {
				if m.at(y+d[0], x+d[1]) > m.at(y, x)+1 {
					code |= 1 << q
				}
			}
			label := patterns - 1
			if bits.OnesCount8(code^bits.RotateLeft8(code, -1)) <= 2 {
				label = bits.OnesCount8(code)
			}
			f[label] += each
		}
	}
	return f
}

// small is a thumbnail: means over the parts of the image.
func small(z *Image) []float64 {
	f := make([]float64, 0, thumbnail*thumbnail)
	for i := range thumbnail {
		for j := range thumbnail {
			sum, n := 0.0, 0.0
			for y := i * z.Height / thumbnail; y < (i+1)*z.Height/thumbnail; y++ {
				for x := j * z.Width / thumbnail; x < (j+1)*z.Width/thumbnail; x++ {
					sum, n = sum+z.at(y, x), n+1
				}
			}
			f = append(f, sum/n)
		}
	}
	return f
}
