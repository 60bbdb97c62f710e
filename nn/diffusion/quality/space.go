package quality

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// components is the most directions of a Space.
const components = 32

// Space is that of the largest principal components of the features of real images, each with deviation 1 over them.
type Space struct {
	mean, scale []float64
	axes        [][]float64 // [components][features]
}

// NewSpace fits a space to the features of at least two images.
func NewSpace(real [][]float64) (*Space, error) {
	if len(real) < 2 {
		return nil, errors.New("quality: a space needs two images")
	}
	n := len(real[0])
	s := &Space{mean: make([]float64, n), scale: make([]float64, n)}
	for j := range n {
		column := make([]float64, len(real))
		for i := range real {
			column[i] = real[i][j]
		}
		s.mean[j], s.scale[j] = moments(column)
		s.scale[j] += 1e-3 // a feature that does not vary is not divided by zero
	}
	scaled := make([][]float64, len(real))
	for i, f := range real {
		scaled[i] = s.scaled(f)
	}
	c := covariance(scaled, float64(len(real)))
	var e mat.EigenSym
	if !e.Factorize(c, true) {
		return nil, errors.New("quality: the covariance of the features has no eigenvectors")
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	values := e.Values(nil) // ascending
	for k := n - 1; k >= max(0, n-components) && values[k] > 1e-9*values[n-1]; k-- {
		axis := make([]float64, n)
		for j := range axis {
			axis[j] = vectors.At(j, k) / math.Sqrt(values[k])
		}
		s.axes = append(s.axes, axis)
	}
	if len(s.axes) == 0 {
		return nil, errors.New("quality: all images have the same features")
	}
	return s, nil
}

func (s *Space) scaled(f []float64) []float64 {
	z := make([]float64, len(f))
	for j := range f {
		z[j] = (f[j] - s.mean[j]) / s.scale[j]
	}
	return z
}

// Of places features in the space.
func (s *Space) Of(features []float64) []float64 {
	z := s.scaled(features)
	point := make([]float64, len(s.axes))
	for k, axis := range s.axes {
		for j := range axis {
			point[k] += axis[j] * z[j]
		}
	}
	return point
}

// covariance is the sum of products of deviations, divided by n.
func covariance(points [][]float64, n float64) *mat.SymDense {
	d := len(points[0])
	mean := meanOf(points)
	c := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			sum := 0.0
			for _, p := range points {
				sum += (p[i] - mean[i]) * (p[j] - mean[j])
			}
			c.SetSym(i, j, sum/n)
		}
	}
	return c
}

func meanOf(points [][]float64) []float64 {
	mean := make([]float64, len(points[0]))
	for _, p := range points {
		for j := range p {
			mean[j] += p[j] / float64(len(points))
		}
	}
	return mean
}

// Frechet is the squared Frechet distance between normal distributions with the means and covariances of two sets of
// points, at least two in each (Heusel et al., arXiv 1706.08500, equation 6).
func Frechet(a, b [][]float64) (float64, error) {
	ma, mb := meanOf(a), meanOf(b)
	ca, cb := covariance(a, float64(len(a)-1)), covariance(b, float64(len(b)-1))
	distance := 0.0
	for j := range ma {
		distance += (ma[j] - mb[j]) * (ma[j] - mb[j])
	}
	root, err := squareRoot(ca)
	if err != nil {
		return 0, err
	}
	var left, product mat.Dense
	left.Mul(root, cb)
	product.Mul(&left, root)
	d := len(ma)
	symmetric := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			symmetric.SetSym(i, j, (product.At(i, j)+product.At(j, i))/2)
		}
	}
	middle, err := squareRoot(symmetric)
	if err != nil {
		return 0, err
	}
	return distance + mat.Trace(ca) + mat.Trace(cb) - 2*mat.Trace(middle), nil
}

// squareRoot is that of a positive semidefinite matrix.
func squareRoot(c *mat.SymDense) (*mat.Dense, error) {
	var e mat.EigenSym
	if !e.Factorize(c, true) {
		return nil, errors.New("quality: a covariance has no eigenvectors")
	}
	var v, scaled, root mat.Dense
	e.VectorsTo(&v)
	values := e.Values(nil)
	scaled.Apply(func(_, j int, x float64) float64 { return x * math.Sqrt(max(0, values[j])) }, &v)
	root.Mul(&scaled, v.T())
	return &root, nil
}
