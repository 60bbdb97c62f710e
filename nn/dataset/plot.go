package dataset

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
)

// Range is the lowest and the highest value of a plot, for each channel: six deviations around the mean.
func (st Standard) Range() (low, high []float32) {
	const away = 3 * Deviation
	for c, mean := range st.Mean {
		reach := float32(away * st.Scale[c])
		low, high = append(low, mean-reach), append(high, mean+reach)
	}
	return low, high
}

// inks are the colours of channels, in turn: those of Okabe and Ito, "Color universal design", 2002, which the
// colour-blind tell apart, without black and yellow.
var inks = []color.NRGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {86, 180, 233, 255}, {230, 159, 0, 255}}

var (
	paper = color.NRGBA{246, 246, 246, 255}
	rule  = color.NRGBA{222, 222, 222, 255}
)

// Plot is a row of a set of windows as lines over time, a band for each channel, the first one on top. A band is from low
// to high of its channel, [C]; values outside lie on its border.
func (s *Set) Plot(row int, low, high []float32) (image.Image, error) {
	if len(s.Shape) != 2 {
		return nil, fmt.Errorf("dataset: a sample of shape %v is no window; allowed: [T, C]", s.Shape)
	}
	times, channels := s.Shape[0], s.Shape[1]
	width, band := max(64, min(2*times, 192)), max(16, min(96/channels, 48))
	p := image.NewNRGBA(image.Rect(0, 0, width, band*channels))
	draw.Draw(p, p.Bounds(), image.NewUniform(paper), image.Point{}, draw.Src)
	values := s.Sample(row)
	for c := range channels {
		top := c * band
		if c > 0 {
			line(p, image.Pt(0, top), image.Pt(width-1, top), rule)
		}
		at := func(t int) image.Point {
			down := float64((1 - inside(values[t*channels+c], low[c], high[c])) * float64(band-3))
			return image.Pt(t*(width-1)/max(1, times-1), top+1+int(math.Floor(down+.5)))
		}
		for t := range times {
			line(p, at(max(0, t-1)), at(t), inks[c%len(inks)])
		}
	}
	return p, nil
}

// inside is where a value is between two others, 0 to 1. NaN is 0.
func inside(v, low, high float32) float64 {
	share := float64((float64(v) - float64(low)) / (float64(high) - float64(low)))
	if !(share > 0) {
		return 0
	}
	return min(1, share)
}

// line draws a line one pixel wide (Bresenham, "Algorithm for computer control of a digital plotter", 1965).
func line(p *image.NRGBA, a, b image.Point, ink color.NRGBA) {
	dx, dy, stepX, stepY := b.X-a.X, b.Y-a.Y, 1, 1
	if dx < 0 {
		dx, stepX = -dx, -1
	}
	if dy < 0 {
		dy, stepY = -dy, -1
	}
	for off := dx - dy; ; {
		p.SetNRGBA(a.X, a.Y, ink)
		if a == b {
			return
		}
		twice := 2 * off
		if twice > -dy {
			off, a.X = off-dy, a.X+stepX
		}
		if twice < dx {
			off, a.Y = off+dx, a.Y+stepY
		}
	}
}
