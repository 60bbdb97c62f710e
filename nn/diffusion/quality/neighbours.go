package quality

import (
	"math"
	"slices"
)

// nearest is the neighbour whose distance is the radius of a point.
const nearest = 5

// Reference is the points of real images, with what every comparison needs of them.
type Reference struct {
	points [][]float64
	radius []float64
	kernel []float64 // sums of KID; nil before the first one
}

// NewReference prepares comparisons with points.
func NewReference(points [][]float64, w Watch) *Reference {
	return &Reference{points: points, radius: radii(points, w)}
}

// Points returns the points.
func (r *Reference) Points() [][]float64 { return r.points }

// Support compares where two sets of points lie.
type Support struct {
	Precision float64 // share of generated points within the radius of a real one
	Recall    float64 // share of real points within the radius of a generated one
	Coverage  float64 // share of real points with a generated one in their radius
}

// Support is precision and recall of Kynkaanniemi et al., arXiv 1904.06991, and coverage of Naeem et al., arXiv 2002.09797.
// The radius of a point is the distance to its fifth neighbour of its own set, or the last one of a smaller set.
func (r *Reference) Support(generated [][]float64, w Watch) Support {
	radius := radii(generated, w.Part(0, 1./3))
	recalled, covered, precise := make([]bool, len(r.points)), make([]bool, len(r.points)), make([]bool, len(generated))
	Each(len(r.points), w.Part(1./3, 2./3), func(i int) {
		for j, g := range generated {
			d := distance(r.points[i], g)
			covered[i] = covered[i] || d < r.radius[i]
			recalled[i] = recalled[i] || d < radius[j]
		}
	})
	Each(len(generated), w.Part(2./3, 1), func(j int) {
		for i, real := range r.points {
			precise[j] = precise[j] || distance(real, generated[j]) < r.radius[i]
		}
	})
	return Support{Precision: shareOf(precise), Recall: shareOf(recalled), Coverage: shareOf(covered)}
}

func shareOf(list []bool) (sum float64) {
	for _, yes := range list {
		sum += share(yes, len(list))
	}
	return sum
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

func radii(points [][]float64, w Watch) []float64 {
	radius := make([]float64, len(points))
	Each(len(points), w, func(i int) {
		least := make([]float64, 0, nearest+2) // ascending; the first is that of the point itself
		for _, q := range points {
			d := distance(points[i], q)
			at, _ := slices.BinarySearch(least, d)
			if at <= nearest {
				least = slices.Insert(least, at, d)[:min(len(least)+1, nearest+1)]
			}
		}
		radius[i] = least[len(least)-1]
	})
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

// Archive is the pixels of the images of training.
type Archive struct {
	images        [][]float64
	limit, median float64 // of the distances from an image to the nearest other one: 1 % are below limit
}

// NewArchive compares at least two images of training with each other.
func NewArchive(training [][]float64, w Watch) *Archive {
	own := make([]float64, len(training))
	Each(len(training), w, func(i int) {
		own[i] = min(toNearest(training[:i], training[i]), toNearest(training[i+1:], training[i]))
	})
	slices.Sort(own)
	return &Archive{training, quantile(own, .01), quantile(own, .5)}
}

// Memory compares images with those of training. An image is given in all its forms, such as its mirror images, and the nearest one counts.
func (a *Archive) Memory(images [][][]float64, w Watch) (m Memory) {
	away := make([]float64, len(images))
	Each(len(images), w, func(i int) {
		away[i] = math.Inf(1)
		for _, p := range images[i] {
			away[i] = min(away[i], toNearest(a.images, p))
		}
	})
	for _, d := range away {
		m.Copies += share(d < a.limit, len(images))
	}
	slices.Sort(away)
	m.Ratio = quantile(away, .5) / a.median
	return m
}

// toNearest leaves a point once it is farther away than the nearest so far.
func toNearest(points [][]float64, p []float64) float64 {
	nearest := math.Inf(1) // squared
	for _, q := range points {
		sum := 0.0
		for from := 0; from < len(p) && sum < nearest; from += 32 {
			for j := from; j < min(from+32, len(p)); j++ {
				sum += (q[j] - p[j]) * (q[j] - p[j])
			}
		}
		nearest = min(nearest, sum)
	}
	return math.Sqrt(nearest)
}
