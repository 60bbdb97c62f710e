package render

import (
	"image"
	"image/color"
)

// shades is the number of shades from a colour to white, for antialiasing.
const shades = 20

// film converts pictures to frames of a GIF. Its 256 colours are the colours of the style, their
// shades to white, and greys. Every frame after the first holds only the changes.
type film struct {
	palette color.Palette
	nearest map[color.RGBA]uint8
	last    *image.Paletted // the previous picture, complete
}

func newFilm() *film {
	f := &film{nearest: map[color.RGBA]uint8{}}
	for _, c := range []color.RGBA{ink, blue, green, vermillion, purple, sky, yellow, orange, dim} {
		for n := range shades {
			f.palette = append(f.palette, blend(c, white, float64(n)/shades))
		}
	}
	f.palette = append(f.palette, white, ground, faint)
	greys := same - len(f.palette) // white numbers on black
	for n := range greys {
		grey := uint8(255 * n / greys)
		f.palette = append(f.palette, color.RGBA{grey, grey, grey, 255})
	}
	f.palette = append(f.palette, transparent)
	return f
}

// same is the index of a pixel that keeps its colour.
const same = 255

// blend mixes two colours; part is the share of to.
func blend(from, to color.RGBA, part float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(float64(a) + part*(float64(b)-float64(a)) + 0.5) }
	return color.RGBA{mix(from.R, to.R), mix(from.G, to.G), mix(from.B, to.B), 255}
}

// develop returns the next frame. All pictures must have the same size.
func (f *film) develop(img image.Image) *image.Paletted {
	next := f.reduce(img)
	last := f.last
	f.last = next
	if last == nil {
		return next
	}
	out := image.NewPaletted(next.Rect, f.palette)
	changed := image.Rectangle{}
	for at, index := range next.Pix {
		if out.Pix[at] = same; index != last.Pix[at] {
			out.Pix[at] = index
			x, y := at%next.Stride, at/next.Stride
			changed = changed.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	if changed.Empty() {
		changed = image.Rect(0, 0, 1, 1) // a GIF cannot hold an empty frame
	}
	return out.SubImage(changed).(*image.Paletted)
}

// reduce maps every pixel to the nearest colour of the palette.
func (f *film) reduce(img image.Image) *image.Paletted {
	out := image.NewPaletted(img.Bounds(), f.palette)
	last, index := color.RGBA{}, uint8(same)
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA); c != last {
				last, index = c, f.index(c)
			}
			out.Pix[y*out.Stride+x] = index
		}
	}
	return out
}

// index returns the palette entry nearest to an opaque colour.
func (f *film) index(c color.RGBA) uint8 {
	i, known := f.nearest[c]
	if !known {
		i = uint8(f.palette[:same].Index(c))
		f.nearest[c] = i
	}
	return i
}
