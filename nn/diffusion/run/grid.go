package run

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/gmel-go/gmel/nn/dataset"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// grid is a PNG of all samples in rows: pictures of images, or plots of windows after the name of their class.
func (d *Description) grid(samples *dataset.Set, columns int) ([]byte, error) {
	if len(samples.Shape) == 3 {
		list, err := pictures(samples, samples.Rows())
		if err != nil {
			return nil, err
		}
		return encode(dataset.Grid(list, columns))
	}
	var list []image.Image
	low, high := d.Standard.Range()
	for row, class := range samples.Class {
		p, err := samples.Plot(row, low, high)
		if err != nil {
			return nil, err
		}
		if row%columns == 0 {
			list = append(list, label(samples.Classes[class], p.Bounds()))
		}
		list = append(list, p)
	}
	return encode(dataset.Grid(list, columns+1))
}

// label is a text in lines of a fixed width, in the middle of a picture.
func label(text string, size image.Rectangle) image.Image {
	p := image.NewNRGBA(size)
	draw.Draw(p, size, image.White, image.Point{}, draw.Src)
	face := basicfont.Face7x13
	letters := []rune(text)
	wide := max(1, size.Dx()/face.Advance)
	lines := (len(letters) + wide - 1) / wide
	for i := range lines {
		some := letters[i*wide : min(len(letters), (i+1)*wide)]
		down := (size.Dy()-lines*face.Height)/2 + i*face.Height + face.Ascent
		pen := font.Drawer{Dst: p, Src: image.NewUniform(color.Black), Face: face, Dot: fixed.P(0, down)}
		pen.DrawString(string(some))
	}
	return p
}

// pictures are the rows of a set of images as pictures.
func pictures(set *dataset.Set, rows []int) (list []image.Image, err error) {
	for _, row := range rows {
		p, err := set.Picture(row)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

func encode(p image.Image) ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, p); err != nil {
		return nil, fmt.Errorf("the picture: %w", err)
	}
	return b.Bytes(), nil
}
