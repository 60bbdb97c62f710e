package run

import (
	"fmt"
	"image"
	"image/color"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
)

// view is how samples are seen when they are compared: images as grey values, windows standardised.
type view struct {
	standard     dataset.Standard
	flipX, flipY bool // the network has seen mirror images
}

// subject is a sample that is compared.
type subject struct {
	forms    [][]float64 // its values, and those of its mirror images that the network has seen
	features []float64
}

// viewOf is the view of a run.
func viewOf(c *Config, d *Description) view {
	return view{standard: d.Standard, flipX: c.Data.FlipX, flipY: c.Data.FlipY}
}

// subjects are rows of a set.
func (v view) subjects(set *dataset.Set, rows []int, w quality.Watch) ([]subject, error) {
	all := make([]subject, len(rows))
	if len(set.Shape) == 2 {
		quality.Each(len(rows), w, func(i int) { all[i] = v.window(set, rows[i]) })
		return all, nil
	}
	list, err := pictures(set, rows)
	if err != nil {
		return nil, err
	}
	quality.Each(len(rows), w, func(i int) { all[i] = v.image(list[i]) })
	return all, nil
}

// forms is the number of forms in which a sample of a shape is compared.
func (v view) forms(shape []int) int {
	n := 1
	if v.flipX {
		n *= 2
	}
	if v.flipY && len(shape) == 3 {
		n *= 2
	}
	return n
}

// window shows a window in the units of the network.
func (v view) window(set *dataset.Set, row int) subject {
	x := make([]float32, set.Size())
	v.standard.Apply(x, set.Sample(row))
	s := quality.Sequence{Times: set.Shape[0], Channels: set.Shape[1]}
	for _, value := range x {
		s.Values = append(s.Values, float64(value))
	}
	forms := [][]float64{s.Values}
	if v.flipX {
		forms = append(forms, s.Reversed().Values)
	}
	return subject{forms: forms, features: quality.SequenceFeatures(s)}
}

func (v view) image(p image.Image) (s subject) {
	g := grey(p)
	s.features = quality.Features(g)
	for _, x := range []bool{false, true} {
		for _, y := range []bool{false, true} {
			if (v.flipX || !x) && (v.flipY || !y) {
				s.forms = append(s.forms, g.Mirrored(x, y).Values)
			}
		}
	}
	return s
}

func grey(p image.Image) quality.Image {
	b := p.Bounds()
	g := quality.Image{Height: b.Dy(), Width: b.Dx()}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			g.Values = append(g.Values, float64(color.GrayModel.Convert(p.At(x, y)).(color.Gray).Y))
		}
	}
	return g
}

// manyChannels is the most channels of windows that are compared: the time goes with their third power.
const manyChannels = 64

// measurable is an error if the samples have no features.
func measurable(shape []int) error {
	if len(shape) == 2 && (shape[0] < quality.Smallest || shape[1] > manyChannels) {
		return fmt.Errorf("the quality of windows of %d times and %d channels is not measured; allowed: 0, or windows of at least %d times and at most %d channels",
			shape[0], shape[1], quality.Smallest, manyChannels)
	}
	return nil
}
