package render

import (
	"bytes"
	"image/color"
	"image/png"
	"math"
	"testing"
)

// A pair has the IEDs and ESs of both worlds, each in its hall, and neither hall reaches into the other.
func TestDrawPair(t *testing.T) {
	a, b := yard(), yard()
	b.IEDs[1].State = Failed
	img := DrawPair(a, b)
	left, right := pairLayout(a)
	if got := img.Bounds(); got.Dx() != left.width || got.Dy() != left.height {
		t.Errorf("%v, want %d x %d", got, left.width, left.height)
	}
	for _, at := range []struct {
		l    layout
		s    *Scene
		n    int
		want color.RGBA
	}{{left, a, 1, blue}, {right, b, 1, vermillion}, {left, a, 2, green}, {right, b, 2, green}} {
		x, y := at.l.at(at.s.IEDs[at.n].X, at.s.IEDs[at.n].Y)
		if got := color.RGBAModel.Convert(img.At(int(x), int(y))); got != at.want {
			t.Errorf("IED %d: %v, want %v", at.n, got, at.want)
		}
	}
	if end, _ := left.at(a.WidthM, 0); end+pairBetween > right.left {
		t.Errorf("the left hall ends at %g, the right one begins at %g", end, right.left)
	}
}

// For all sizes, both halls and the legend are inside of the picture, and the halls are above what is written below.
func TestPairLayout(t *testing.T) {
	for _, size := range [][2]float64{{300, 150}, {60, 600}, {600, 6}} {
		s := yard()
		s.WidthM, s.DepthM = size[0], size[1]
		l, r := pairLayout(s)
		end, bottom := r.at(s.WidthM, 0)
		if end > float64(r.width) || r.panelX+panelWidth > float64(r.width) || bottom >= r.below(s) {
			t.Errorf("%v: the right hall ends at (%g, %g) of %d x %d", size, end, bottom, r.width, r.height)
		}
		legend := float64(l.height - 5*legendLine)
		if table := l.below(s) + float64(l.lines(s))*panelLine; table > legend {
			t.Errorf("%v: the table ends at %g, the legend begins at %g", size, table, legend)
		}
	}
}

// Two policies in the same worlds: two cameras, one picture.
func TestPictureBeside(t *testing.T) {
	s := paper(t, "time: {slots: 6}")
	o := Options{Title: "test", Panel: "greedy", Slot: 5}
	a, _ := watch(t, s, "greedy", o)
	b, _ := watch(t, s, "local", o)
	data, err := a.PictureBeside(b)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	l, _ := pairLayout(&a.taken[0])
	if math.Abs(float64(img.Bounds().Dx()-l.width)) > 0 {
		t.Errorf("%v", img.Bounds())
	}
	for i, n := range a.taken[0].IEDs { // the same places and tasks, whatever the policy does
		if m := b.taken[0].IEDs[i]; m.X != n.X || m.Y != n.Y || (m.State == Idle) != (n.State == Idle) {
			t.Errorf("IED %d: %+v beside %+v", i, n, m)
		}
	}
	if _, err := a.PictureBeside(NewCamera(s, o)); err == nil {
		t.Error("a camera that has seen nothing is drawn")
	}
}
