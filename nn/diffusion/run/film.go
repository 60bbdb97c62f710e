package run

import (
	"bytes"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"image/gif"
	"math"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/train"
)

// film collects samples as they come out of the noise: a frame for each step of the sampler. A frame has x itself, scaled to
// the deviation of the data. So it begins as noise with the contrast of an image, and the last frame is the sample.
type film struct {
	data   *Description
	frames []frame
}

// frame is after one evaluation, which ends a step.
type frame struct {
	evaluation int
	scale      float32
	pictures   []image.Image // of the samples so far
}

// maxFilm bounds the pixels of all frames.
const maxFilm = 1 << 28

// begin finds the evaluations that end a step: those after which the sampler goes to another level, and not back.
func (f *film) begin(plan diffusion.Plan, samples int) error {
	f.frames = nil
	for i, e := range plan {
		if e.Back != (diffusion.Back{}) || i+1 < len(plan) && plan[i+1].To == e.To {
			continue
		}
		deviation := math.Hypot(e.To.Alpha*dataset.Deviation, e.To.Sigma)
		f.frames = append(f.frames, frame{evaluation: i, scale: float32(dataset.Deviation / deviation)})
	}
	if n := len(f.frames) * samples * f.data.Shape[0] * f.data.Shape[1]; n > maxFilm {
		return train.Usagef("--gif: %d steps of %d samples have %d pixels; allowed: up to %d, by fewer steps or samples", len(f.frames), samples, n, maxFilm)
	}
	return nil
}

// watch returns what keeps the first n samples of a batch.
func (f *film) watch(n int) func(evaluation int, x []float32) error {
	if f == nil {
		return nil
	}
	at := 0
	return func(evaluation int, x []float32) error {
		if at == len(f.frames) || f.frames[at].evaluation != evaluation {
			return nil
		}
		here := &f.frames[at]
		at++
		set := f.data.set()
		set.Values = make([]float32, n*set.Size())
		for i := range set.Values {
			set.Values[i] = x[i] * here.scale
		}
		f.data.Standard.Back(set.Values, set.Values)
		set.Class = make([]int, n)
		shown, err := pictures(set, set.Rows())
		here.pictures = append(here.pictures, shown...)
		return err
	}
}

// Times in hundredths of a second.
const (
	filmTime            = 300 // of all frames but the last
	shortTime, longTime = 2, 20
	lastTime            = 200
)

// gif is an animation of grids, which begins anew at its end.
func (f *film) gif(columns int) ([]byte, error) {
	all := &gif.GIF{}
	for _, here := range f.frames {
		all.Image = append(all.Image, paletted(dataset.Grid(here.pictures, columns)))
		all.Delay = append(all.Delay, max(shortTime, min(longTime, filmTime/len(f.frames))))
	}
	all.Delay[len(all.Delay)-1] = lastTime
	var b bytes.Buffer
	err := gif.EncodeAll(&b, all)
	return b.Bytes(), err
}

// paletted has at most 256 colours: every grey, or those to which colours are dithered.
func paletted(m image.Image) *image.Paletted {
	if g, ok := m.(*image.Gray); ok {
		greys := make(color.Palette, 256)
		for i := range greys {
			greys[i] = color.Gray{uint8(i)}
		}
		return &image.Paletted{Pix: g.Pix, Stride: g.Stride, Rect: g.Rect, Palette: greys}
	}
	p := image.NewPaletted(m.Bounds(), palette.Plan9)
	draw.FloydSteinberg.Draw(p, m.Bounds(), m, m.Bounds().Min)
	return p
}
