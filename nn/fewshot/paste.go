package fewshot

import (
	"math"
	"math/rand/v2"

	"github.com/gmel-go/gmel/nn/dataset"
)

// How defects are pasted.
const (
	mostTurn      = math.Pi / 12 // either way
	smallest      = 0.7          // factors of the size, evenly in their logarithm
	largest       = 1.3
	contrastNoise = 0.15 // deviation of the logarithm of the contrast
	reach         = 0.4  // of the size: how far from the middle the defect's centre lies
)

// paste makes images of each rare class: a defect of one of the k images, mirrored, turned, scaled and moved, on the background of
// another image, every other time of one of a class that is not rare.
func (m *material) paste() *dataset.Set {
	set, made := m.task.Set, m.set(paste)
	made.Class = m.wanted()
	made.Values = make([]float32, len(made.Class)*set.Size())
	var scarce, plenty []int
	for _, row := range m.rows {
		if m.task.isRare(set.Class[row]) {
			scarce = append(scarce, row)
		} else {
			plenty = append(plenty, row)
		}
	}
	for n, class := range made.Class {
		r := m.dice(n)
		own := m.of(class)
		grounds := scarce
		if n%2 == 1 {
			grounds = plenty
		}
		defect, ground := newPhoto(set, own[r.IntN(len(own))]), newPhoto(set, grounds[r.IntN(len(grounds))])
		pasted := ground.cleaned(r).with(defect, r)
		for i, v := range pasted.values {
			made.Sample(n)[i] = float32(max(float64(set.Low), min(float64(set.High), v)))
		}
	}
	return made
}

// photo is an image with the mask of its defect.
type photo struct {
	h, w, c int
	values  []float64 // [h, w, c]
	middle  []float64 // [c] median
	mask    plane     // 1: defect, 0: background
}

func newPhoto(set *dataset.Set, row int) *photo {
	p := &photo{h: set.Shape[0], w: set.Shape[1], c: set.Shape[2]}
	grey := newPlane(p.h, p.w)
	for i, v := range set.Sample(row) {
		p.values = append(p.values, float64(v))
		grey.v[i/p.c] += float64(v) / float64(p.c)
	}
	for channel := range p.c {
		var all []float64
		for i := channel; i < len(p.values); i += p.c {
			all = append(all, p.values[i])
		}
		p.middle = append(p.middle, median(all))
	}
	p.mask = grey.defect(float64(set.High - set.Low))
	return p
}

// attempts are the rolled copies from which a defect is filled.
const attempts = 6

// cleaned is the image without its defect: it is filled from copies of the image that are rolled by an eighth to seven eighths
// of the size, and what they do not cover with the median.
func (p *photo) cleaned(r *rand.Rand) *photo {
	out := *p
	out.values = append([]float64{}, p.values...)
	need := append([]float64{}, p.mask.v...)
	part := func(n int) int { return max(1, n/8) + r.IntN(max(1, n-2*(n/8))) }
	for range attempts {
		down, across := part(p.h), part(p.w)
		for i := range need {
			from := (i/p.w+down)%p.h*p.w + (i%p.w+across)%p.w
			use := need[i] * (1 - p.mask.v[from])
			for c := range p.c {
				out.values[i*p.c+c] += use * (p.values[from*p.c+c] - out.values[i*p.c+c])
			}
			need[i] *= p.mask.v[from]
		}
	}
	for i, n := range need {
		for c := range p.c {
			out.values[i*p.c+c] += n * (p.middle[c] - out.values[i*p.c+c])
		}
	}
	return &out
}

// with is the image with the defect of another one.
func (p *photo) with(defect *photo, r *rand.Rand) *photo {
	mask := defect.mask
	if mask.sum() < 1 {
		mask = newPlane(p.h, p.w) // no part stands out, so the whole image is the defect
		for i := range mask.v {
			mask.v[i] = 1
		}
	}
	move := newMove(mask, r)
	contrast := math.Exp(contrastNoise * r.NormFloat64())
	out := *p
	out.values = append([]float64{}, p.values...)
	for i := range mask.v {
		y, x := move.from(i/p.w, i%p.w)
		m := mask.at(y, x)
		if m == 0 {
			continue
		}
		for c := range p.c {
			v := defect.channel(c).at(y, x) - defect.middle[c]
			out.values[i*p.c+c] += m * (p.middle[c] + contrast*v - out.values[i*p.c+c])
		}
	}
	return &out
}

// channel is one channel of an image.
func (p *photo) channel(c int) plane { return plane{p.h, p.w, p.values[c:], p.c} }

// move says from where in a defect each pixel is taken.
type move struct {
	centre, to   [2]float64 // of the mask, and where it goes
	cos, sin     float64    // of the turn, over the scale
	flipY, flipX bool
	h, w         int
}

func newMove(mask plane, r *rand.Rand) *move {
	m := &move{h: mask.h, w: mask.w, flipY: r.IntN(2) == 1, flipX: r.IntN(2) == 1}
	m.centre[0], m.centre[1] = mask.centre()
	scale := math.Exp(math.Log(smallest) + r.Float64()*math.Log(largest/smallest))
	turn := mostTurn * (2*r.Float64() - 1)
	m.cos, m.sin = math.Cos(turn)/scale, math.Sin(turn)/scale
	for i, n := range []int{mask.h, mask.w} {
		m.to[i] = float64(n-1)/2 + reach*float64(n)*(2*r.Float64()-1)
	}
	return m
}

// from is the place in the defect of a pixel.
func (m *move) from(row, column int) (y, x float64) {
	dy, dx := float64(row)-m.to[0], float64(column)-m.to[1]
	y, x = m.cos*dy+m.sin*dx, m.cos*dx-m.sin*dy
	if m.flipY {
		y = -y
	}
	if m.flipX {
		x = -x
	}
	return m.centre[0] + y, m.centre[1] + x
}
