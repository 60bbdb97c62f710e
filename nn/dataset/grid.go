package dataset

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
)

// Picture is a row of a set of images: values from Low (black) to High (white), clipped to that range and rounded to
// bytes.
func (s *Set) Picture(row int) (image.Image, error) {
	return picture(s.Sample(row), s.Shape, s.Low, s.High)
}

// picture turns values of shape [Y, X, 1] or [Y, X, 3] into an image.
func picture(values []float32, shape []int, low, high float32) (image.Image, error) {
	if len(shape) != 3 || shape[2] != 1 && shape[2] != 3 {
		return nil, fmt.Errorf("dataset: a sample of shape %v is no picture; allowed: [Y, X, 1] or [Y, X, 3]", shape)
	}
	at := func(i int) byte { return level(values[i], low, high) }
	bounds := image.Rect(0, 0, shape[1], shape[0])
	if shape[2] == 1 {
		p := image.NewGray(bounds)
		for i := range p.Pix {
			p.Pix[i] = at(i)
		}
		return p, nil
	}
	p := image.NewNRGBA(bounds)
	for i := range shape[0] * shape[1] {
		p.SetNRGBA(i%shape[1], i/shape[1], color.NRGBA{at(3 * i), at(3*i + 1), at(3*i + 2), 255})
	}
	return p, nil
}

// level is a value as a byte. NaN is black.
func level(v, low, high float32) byte {
	if high <= low {
		return 0
	}
	t := float64((float64(v) - float64(low)) / (float64(high) - float64(low)) * 255)
	if !(t > 0) {
		return 0
	}
	return byte(math.Floor(min(255, t) + .5))
}

// gap is the width of the lines between the images of a grid, in pixels.
const gap = 2

// Grid lays images out row by row, columns in a row, on white with white lines between them. A cell is as large as
// the largest image. The grid of no images is empty.
func Grid(images []image.Image, columns int) image.Image {
	columns = max(1, min(columns, len(images)))
	var cell image.Point
	for _, m := range images {
		cell.X, cell.Y = max(cell.X, m.Bounds().Dx()), max(cell.Y, m.Bounds().Dy())
	}
	rows := (len(images) + columns - 1) / columns
	sheet := canvas(images, image.Rect(0, 0, columns*(cell.X+gap)-gap, max(0, rows*(cell.Y+gap)-gap)))
	draw.Draw(sheet, sheet.Bounds(), image.White, image.Point{}, draw.Src)
	for i, m := range images {
		at := image.Pt(i%columns*(cell.X+gap), i/columns*(cell.Y+gap))
		draw.Draw(sheet, image.Rectangle{Min: at, Max: at.Add(m.Bounds().Size())}, m, m.Bounds().Min, draw.Src)
	}
	return sheet
}

// canvas is grey if all images are.
func canvas(images []image.Image, bounds image.Rectangle) draw.Image {
	for _, m := range images {
		if m.ColorModel() != color.GrayModel {
			return image.NewNRGBA(bounds)
		}
	}
	return image.NewGray(bounds)
}
