package fewshot

import (
	"math"
	"slices"
)

// plane is a channel of an image.
type plane struct {
	h, w int
	v    []float64
	step int // from pixel to pixel
}

func newPlane(h, w int) plane { return plane{h, w, make([]float64, h*w), 1} }

// at interpolates between pixels; it is 0 outside.
func (p plane) at(y, x float64) float64 {
	i, j := int(math.Floor(y)), int(math.Floor(x))
	if i < 0 || j < 0 || i > p.h-1 || j > p.w-1 || y > float64(p.h-1) || x > float64(p.w-1) {
		return 0
	}
	fy, fx := y-float64(i), x-float64(j)
	pixel := func(i, j int) float64 { return p.v[(min(i, p.h-1)*p.w+min(j, p.w-1))*p.step] }
	return pixel(i, j)*(1-fy)*(1-fx) + pixel(i+1, j)*fy*(1-fx) + pixel(i, j+1)*(1-fy)*fx + pixel(i+1, j+1)*fy*fx
}

// box is the mean over the pixels up to r away in each direction; outside is the reflection at the border pixel.
func (p plane) box(r int) plane {
	across, out := newPlane(p.h, p.w), newPlane(p.h, p.w)
	n := float64(2*r + 1)
	for i := range p.v {
		for d := -r; d <= r; d++ {
			across.v[i] += p.v[i/p.w*p.w+reflected(i%p.w+d, p.w)] / n
		}
	}
	for i := range p.v {
		for d := -r; d <= r; d++ {
			out.v[i] += across.v[reflected(i/p.w+d, p.h)*p.w+i%p.w] / n
		}
	}
	return out
}

func reflected(i, n int) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	return max(0, i)
}

// least is the smallest deviation of a defect from its background, in parts of the range of values: 6 of 255 grey levels.
const least = 6. / 255

// defect is a soft mask of what deviates from the median by more than 2.5 robust deviations: 1.48 times the median
// deviation. Means over 3 by 3 pixels are compared, and the mask is widened by up to two pixels.
func (p plane) defect(span float64) plane {
	away := p.box(1)
	middle := median(away.v)
	for i, v := range away.v {
		away.v[i] = math.Abs(v - middle)
	}
	limit := max(2.5*(1.48*median(away.v)+span/255), least*span)
	mask := away.box(1)
	for i, v := range mask.v {
		mask.v[i] = 0
		if v > limit {
			mask.v[i] = 1
		}
	}
	soft := mask.box(2)
	for i, v := range soft.v {
		soft.v[i] = min(1, 2.5*v)
	}
	return soft
}

func (p plane) sum() (sum float64) {
	for _, v := range p.v {
		sum += v
	}
	return sum
}

// centre is the mean place, weighed by the values.
func (p plane) centre() (y, x float64) {
	total := p.sum()
	for i, v := range p.v {
		y += v * float64(i/p.w) / total
		x += v * float64(i%p.w) / total
	}
	return y, x
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
