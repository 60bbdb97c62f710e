package dataset

import (
	"encoding/json"
	"os"
	"testing"
)

// Pillow's box and bilinear filters (testdata/golden.py). Pillow rounds after each axis, so a byte may differ by one.
func TestResizeAsPillow(t *testing.T) {
	type golden struct {
		Width, Height int
		Pixels        []int
	}
	var g struct {
		golden
		Resized []golden
	}
	text, err := os.ReadFile("testdata/resize.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &g); err != nil {
		t.Fatal(err)
	}
	p := rgb{g.Width, g.Height, nil}
	for _, v := range g.Pixels {
		p.pix = append(p.pix, byte(v))
	}
	if len(g.Resized) != 5 {
		t.Fatalf("%d golden images, want 5", len(g.Resized))
	}
	for _, want := range g.Resized {
		got := p.resize(want.Width, want.Height)
		for i, v := range want.Pixels {
			if d := int(got.pix[i]) - v; d < -1 || d > 1 {
				t.Fatalf("%d by %d: byte %d is %d, want %d", want.Width, want.Height, i, got.pix[i], v)
			}
		}
	}
}

// From 3 to 2 pixels, each output covers one and a half inputs: (2 30 + 60) / 3 and (60 + 2 120) / 3.
func TestResizeByParts(t *testing.T) {
	p := rgb{3, 1, []byte{30, 30, 30, 60, 60, 60, 120, 120, 120}}
	if got := p.resize(2, 1).pix; got[0] != 40 || got[3] != 100 {
		t.Errorf("%v, want 40 and 100", got)
	}
	if got := columns(1, 10, 11).resize(1, 1).pix[0]; got != 11 {
		t.Errorf("10 and 11 become %d, want 11: halves are rounded up", got)
	}
}

// A constant image stays constant in any size: the weights add up.
func TestResizeKeepsConstants(t *testing.T) {
	for n := 1; n < 20; n++ {
		for m := 1; m < 20; m++ {
			p := rgb{n, m, make([]byte, 3*n*m)}
			for i := range p.pix {
				p.pix[i] = 201
			}
			for _, v := range p.resize(m, n).pix {
				if v != 201 {
					t.Fatalf("%d by %d to %d by %d: %d", n, m, m, n, v)
				}
			}
		}
	}
}

// columns is an image of height h whose columns have these grey values.
func columns(h int, values ...byte) rgb {
	p := rgb{len(values), h, nil}
	for range h {
		for _, v := range values {
			p.pix = append(p.pix, v, v, v)
		}
	}
	return p
}

func TestFit(t *testing.T) {
	wide := columns(2, 10, 20, 30, 40)
	for _, c := range []struct {
		fit  Fit
		want []byte // first row
	}{
		{Crop, []byte{20, 30}},
		{Stretch, []byte{15, 35}},
		{Pad, []byte{15, 35}},
	} {
		o := Images{Height: 2, Width: 2, Fit: c.fit}
		got := o.fit(wide)
		if got.w != 2 || got.h != 2 || got.pix[0] != c.want[0] || got.pix[3] != c.want[1] {
			t.Errorf("%s: %v, want %v", c.fit, got, c.want)
		}
	}
	o := Images{Height: 3, Width: 3, Fit: Pad} // 1 by 3: the middle line is repeated above and below
	tall := rgb{3, 1, []byte{1, 1, 1, 2, 2, 2, 3, 3, 3}}
	got := o.fit(tall)
	for i, v := range got.pix {
		if int(v) != i/3%3+1 {
			t.Fatalf("padded: %v", got.pix)
		}
	}
	o.Fit = Crop // a very flat image still has one pixel
	if got := o.fit(columns(1, make([]byte, 50)...)); got.w != 3 || got.h != 3 {
		t.Errorf("cropped to %d by %d", got.w, got.h)
	}
}
