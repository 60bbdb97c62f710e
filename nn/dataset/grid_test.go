package dataset

import (
	"image"
	"image/color"
	"testing"
)

func TestGrid(t *testing.T) {
	one := func(w, h int, v byte) image.Image {
		m := image.NewGray(image.Rect(5, 5, 5+w, 5+h)) // bounds need not begin at 0
		for i := range m.Pix {
			m.Pix[i] = v
		}
		return m
	}
	grid := Grid([]image.Image{one(2, 3, 10), one(2, 3, 20), one(1, 1, 30)}, 2).(*image.Gray)
	want := []byte{
		10, 10, 255, 255, 20, 20,
		10, 10, 255, 255, 20, 20,
		10, 10, 255, 255, 20, 20,
		255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255,
		30, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255, 255,
	}
	if grid.Bounds() != image.Rect(0, 0, 6, 8) || string(grid.Pix) != string(want) {
		t.Errorf("grid of %v:\n%v\nwant\n%v", grid.Bounds(), grid.Pix, want)
	}
	if b := Grid(nil, 3).Bounds(); !b.Empty() {
		t.Errorf("the grid of nothing has the bounds %v", b)
	}
	if b := Grid([]image.Image{one(2, 2, 0)}, 5).Bounds(); b != image.Rect(0, 0, 2, 2) {
		t.Errorf("one image has a grid of %v, want its own size", b)
	}
}

func TestPicture(t *testing.T) {
	s := &Set{
		Shape: []int{1, 2, 3}, Low: -1, High: 1, Class: []int{0},
		Values: []float32{-1, 0, 1, -7, 7, .5},
	}
	p, err := s.Picture(0)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := p.At(0, 0), p.At(1, 0); a != (color.NRGBA{0, 128, 255, 255}) || b != (color.NRGBA{0, 255, 191, 255}) {
		t.Errorf("pixels %v %v, want 0 128 255 and 0 255 191", a, b)
	}
	s.Shape = []int{2, 3}
	if _, err := s.Picture(0); err == nil {
		t.Error("a window of sensors became a picture")
	}
}
