package quality

import (
	"math"
	"slices"
)

// nearest is the neighbour whose distance is the radius of a point.
const nearest = 5

// Support compares where two sets of points lie.
type Support struct {
	Precision float64 // share of generated points within the radius of a real one
	Recall    float64 // share of real points within the radius of a generated one
	Coverage  float64 // share of real points with a generated one in their radius
}

// SupportOf is precision and recall of Kynkaanniemi et al., arXiv 1904.06991, and coverage of Naeem et al., arXiv 2002.09797.
// The radius of a point is the distance to its fifth neighbour of its own set, or the last one of a smaller set.
func SupportOf(real, generated [][]float64) Support {
	radiusOfReal, radiusOfGenerated := radii(real), radii(generated)
	precise := make([]bool, len(generated))
	var s Support
	for i, r := range real {
		recalled, covered := false, false
		for j, g := range generated {
			d := distance(r, g)
			precise[j] = precise[j] || d < radiusOfReal[i]
			covered = covered || d < radiusOfReal[i]
			recalled = recalled || d < radiusOfGenerated[j]
		}
		s.Recall += share(recalled, len(real))
		s.Coverage += share(covered, len(real))
	}
	for _, p := range precise {
		s.Precision += share(p, len(generated))
	}
	return s
}

func share(yes bool, n int) float64 {
	if yes {
		return 1 / float64(n)
	}
	return 0
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for j := range a {
		sum += (a[j] - b[j]) * (a[j] - b[j])
	}
	return math.Sqrt(sum)
}

func radii(points [][]float64) []float64 {
	radius := make([]float64, len(points))
	for i, p := range points {
		var all []float64
		for _, q := range points {
			all = append(all, distance(p, q))
		}
		slices.Sort(all)
		radius[i] = all[min(nearest, len(all)-1)] // all[0] is the point itself
	}
	return radius
}

// Memory says whether images are copies of those of training.
type Memory struct {
	// Ratio is the median distance from an image to the nearest image of training, over that between images of training.
	// Near 0: copies; near 1: as unlike as real images are.
	Ratio float64
	// Copies is the share of images that are nearer to one of training than 99 % of those are to each other.
	Copies float64
}

// MemoryOf compares pixels. An image is given in all its forms, such as its mirror images, and the nearest one counts. There
// are at least two images of training.
func MemoryOf(training [][]float64, images [][][]float64) Memory {
	own := make([]float64, len(training))
	for i, p := range training {
		own[i] = min(toNearest(training[:i], p), toNearest(training[i+1:], p))
	}
	slices.Sort(own)
	limit := quantile(own, .01)
	var m Memory
	var away []float64
	for _, forms := range images {
		d := math.Inf(1)
		for _, p := range forms {
			d = min(d, toNearest(training, p))
		}
		away = append(away, d)
		m.Copies += share(d < limit, len(images))
	}
	slices.Sort(away)
	m.Ratio = quantile(away, .5) / quantile(own, .5)
	return m
}

func toNearest(points [][]float64, p []float64) float64 {
	d := math.Inf(1)
	for _, q := range points {
		d = min(d, distance(p, q))
	}
	return d
}
