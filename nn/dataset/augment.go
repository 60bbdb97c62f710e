package dataset

import (
	"fmt"

	"github.com/gmel-go/gmel/kernels/philox"
)

// Augment describes how samples are varied in training. A diffusion model is told what was done to a sample and is
// given zeros when it samples, so that its own samples are not augmented ("non-leaking", EDM, arXiv 2206.00364, appendix
// F.2). Windows have no rows: their time is X.
type Augment struct {
	FlipX, FlipY   bool // mirrored left to right, top to bottom, each with probability 1/2
	ShiftX, ShiftY int  // the most pixels that a sample is moved either way; what comes in from outside is the reflection
}

// AugmentValues is the length of a description.
const AugmentValues = 4

// Check says whether samples of a shape can be varied like this.
func (a Augment) Check(shape []int) error {
	y, x := plane(shape)
	if len(shape) == 2 && (a.FlipY || a.ShiftY != 0) {
		return fmt.Errorf("windows of sensors have no rows to flip or shift; allowed: flips and shifts in time, FlipX and ShiftX")
	}
	if a.ShiftX < 0 || a.ShiftX >= x || a.ShiftY < 0 || a.ShiftY >= y {
		return fmt.Errorf("shifts by up to %d columns and %d rows of samples of %d by %d; allowed: 0 to one less than the size", a.ShiftX, a.ShiftY, x, y)
	}
	return nil
}

// Values draws the description of a variant of a sample, [AugmentValues]: 1 for mirrored left
// to right, 1 for top to bottom, and the shifts to the right and down over their largest. All are 0 if nothing is done.
func (a Augment) Values(seed uint64, variant, row uint32) [AugmentValues]float32 {
	w := philox.Block(philox.Key(seed), [4]uint32{0, variant, row, forAugment})
	return [AugmentValues]float32{flip(a.FlipX, w[0]), flip(a.FlipY, w[1]), shift(a.ShiftX, w[2]), shift(a.ShiftY, w[3])}
}

func flip(on bool, word uint32) float32 {
	if on && word>>31 == 1 {
		return 1
	}
	return 0
}

// shift is one of -most/most, ..., most/most with equal probability.
func shift(most int, word uint32) float32 {
	if most == 0 {
		return 0
	}
	by := int(uint64(word)*uint64(2*most+1)>>32) - most
	return float32(by) / float32(most)
}

// Apply writes the variant that a description makes of another one of the same shape: first mirrored, then moved. It is
// the specification of faster forms.
func (a Augment) Apply(to, from []float32, shape []int, values [AugmentValues]float32) {
	height, width := plane(shape)
	channels := shape[len(shape)-1]
	byX, byY := pixels(values[2], a.ShiftX), pixels(values[3], a.ShiftY)
	for y := range height {
		for x := range width {
			fromX, fromY := mirrored(x-byX, width, values[0]), mirrored(y-byY, height, values[1])
			copy(to[(y*width+x)*channels:][:channels], from[(fromY*width+fromX)*channels:])
		}
	}
}

// Flips is the number of mirror images of a sample, itself included: 1, 2 or 4.
func (a Augment) Flips() int {
	n := 1
	for _, on := range []bool{a.FlipX, a.FlipY} {
		if on {
			n *= 2
		}
	}
	return n
}

// Moves reports that there are shifts.
func (a Augment) Moves() bool { return a.ShiftX > 0 || a.ShiftY > 0 }

// Variants returns n variants of samples [N, shape...]: [n, N, shape...], with their descriptions [n, N, AugmentValues]. The
// first ones are the samples themselves. The others are drawn; without shifts they are the other mirror images, of which
// there must be n with the samples.
func (a Augment) Variants(samples []float32, shape []int, n int, seed uint64) (variants, described []float32) {
	size := 1
	for _, n := range shape {
		size *= n
	}
	rows := len(samples) / size
	variants = make([]float32, n*len(samples))
	for v := range n {
		for row := range rows {
			d := a.variant(seed, v, row)
			described = append(described, d[:]...)
			a.Apply(variants[(v*rows+row)*size:][:size], samples[row*size:][:size], shape, d)
		}
	}
	return variants, described
}

// variant describes variant v of a row.
func (a Augment) variant(seed uint64, v, row int) (d [AugmentValues]float32) {
	switch {
	case v == 0:
	case a.Moves():
		return a.Values(seed, uint32(v), uint32(row))
	case a.FlipX:
		d[0], d[1] = float32(v%2), float32(v/2)
	default:
		d[1] = 1
	}
	return d
}

// plane is rows and columns of a sample; a window has one row.
func plane(shape []int) (y, x int) {
	if len(shape) == 2 {
		return 1, shape[0]
	}
	return shape[0], shape[1]
}

// pixels undoes the division of shift.
func pixels(share float32, most int) int {
	v := float32(share * float32(most))
	if v < 0 {
		return -int(-v + .5)
	}
	return int(v + .5)
}

// mirrored is where a coordinate of 0 to n-1, or at most n-1 outside of it, is from. Outside is the reflection
// at the border pixel, which is not repeated.
func mirrored(i, n int, flip float32) int {
	if i < 0 {
		i = -i
	}
	if i >= n {
		i = 2*(n-1) - i
	}
	if flip == 1 {
		return n - 1 - i
	}
	return i
}
