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
	recalled, covered, precise := make([]bool, len(real)), make([]bool, len(real)), make([]bool, len(generated))
	eachRow(len(real), func(i int) {
		for j, g := range generated {
			d := distance(real[i], g)
			covered[i] = covered[i] || d < radiusOfReal[i]
			recalled[i] = recalled[i] || d < radiusOfGenerated[j]
		}
	})
	eachRow(len(generated), func(j int) {
		for i, r := range real {
			precise[j] = precise[j] || distance(r, generated[j]) < radiusOfReal[i]
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

func radii(points [][]float64) []float64 {
	radius := make([]float64, len(points))
	eachRow(len(points), func(i int) {
		var all []float64
		for _, q := range points {
			all = append(all, distance(points[i], q))
		}
		slices.Sort(all)
		radius[i] = all[min(nearest, len(all)-1)] // all[0] is the point itself
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
func NewArchive(training [][]float64) *Archive {
	own := make([]float64, len(training))
	eachRow(len(training), func(i int) {
		own[i] = min(toNearest(training[:i], training[i]), toNearest(training[i+1:], training[i]))
	})
	slices.Sort(own)
	return &Archive{training, quantile(own, .01), quantile(own, .5)}
}

// Memory compares images with those of training. An image is given in all its forms, such as its mirror images, and the nearest one counts.
func (a *Archive) Memory(images [][][]float64) (m Memory) {
	away := make([]float64, len(images))
	eachRow(len(images), func(i int) {
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
