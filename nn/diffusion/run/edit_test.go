package run

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gmel-go/gmel/nn/dataset"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/train"
)

// gallery is a run with images to edit.
type gallery struct {
	t         *testing.T
	run       string
	dir       string
	white     image.Rectangle // of mask.png
	different *image.Gray     // image.png but for what is white
}

func newGallery(t *testing.T) *gallery {
	t.Helper()
	dir := t.TempDir()
	g := &gallery{t: t, run: filepath.Join(dir, "run"), dir: dir, white: image.Rect(2, 3, 6, 7)}
	if _, err := Start(t.Context(), load(t, small("data.held_out=0", "train.sample_every=0", "train.threads=1")), train.Options{Out: g.run}); err != nil {
		t.Fatal(err)
	}
	m, mask := image.NewGray(image.Rect(0, 0, 8, 8)), image.NewGray(image.Rect(0, 0, 8, 8))
	g.different = image.NewGray(m.Rect)
	for i := range m.Pix {
		at := image.Pt(i%8, i/8)
		m.Pix[i] = uint8(40 + 3*i)
		g.different.Pix[i] = m.Pix[i]
		if at.In(g.white) {
			mask.Pix[i], g.different.Pix[i] = 255, 255-m.Pix[i]
		}
	}
	g.save("image.png", m)
	g.save("mask.png", mask)
	g.save("different.png", g.different)
	return g
}

func (g *gallery) path(name string) string { return filepath.Join(g.dir, name) }

func (g *gallery) save(name string, m image.Image) {
	g.t.Helper()
	data, err := encode(m)
	if err != nil {
		g.t.Fatal(err)
	}
	if err := os.WriteFile(g.path(name), data, 0o666); err != nil {
		g.t.Fatal(err)
	}
}

// draw draws three samples of a class.
func (g *gallery) draw(sampler string, e Edit, gif bool) (*Drawn, error) {
	return Draw(g.t.Context(), g.run, SampleOptions{
		Sample: Sample{Sampler: sampler, Steps: 6, Count: 3, Guidance: 1}, Class: "patches", Seed: 4, Edit: e, GIF: gif, Threads: 1,
		Progress: func(int, int) {}, Notice: func(text string) {
			if sampler != consistency { // for which the run is not tuned
				g.t.Error(text)
			}
		},
	})
}

func (g *gallery) values(sampler string, e Edit) []float32 {
	g.t.Helper()
	d, err := g.draw(sampler, e, false)
	if err != nil {
		g.t.Fatal(err)
	}
	return d.Set.Values
}

// pixels are those of an image in the folder, as often as there are samples.
func (g *gallery) pixels(name string) []float32 {
	g.t.Helper()
	v, err := dataset.Image(g.path(name), dataset.Images{Height: 8, Width: 8, Channels: 1})
	if err != nil {
		g.t.Fatal(err)
	}
	return slices.Repeat(v, 3)
}

func distance(a, b []float32) (sum float64) {
	for i := range a {
		sum += math.Abs(float64(a[i]-b[i])) / float64(len(a))
	}
	return sum
}

// The smaller the strength, the nearer to the image, with every sampler. With 1 the image has no part.
func TestStrength(t *testing.T) {
	g := newGallery(t)
	m := g.pixels("image.png")
	for _, sampler := range diffusion.Samplers() {
		before := 0.0
		for _, strength := range []float64{0.15, 0.5, 0.8} {
			d := distance(g.values(sampler, Edit{Image: g.path("image.png"), Strength: strength}), m)
			if !(d > before) {
				t.Errorf("%s: at strength %g the distance is %g, with a smaller one %g", sampler, strength, d, before)
			}
			before = d
		}
		if got := g.values(sampler, Edit{Image: g.path("image.png"), Strength: 1}); !slices.Equal(got, g.values(sampler, Edit{})) {
			t.Errorf("%s: at strength 1 the samples are not those from noise alone", sampler)
		}
	}
	d := distance(g.values("heun", Edit{Image: g.path("image.png"), Strength: 0.15}), m)
	if d > 20 {
		t.Errorf("at strength .15 grey values change by %g on average", d)
	}
	if got := g.values("heun", Edit{Image: g.path("image.png")}); !slices.Equal(got, g.values("heun", Edit{Image: g.path("image.png"), Strength: DefaultStrength})) {
		t.Error("the default strength is another one")
	}
}

// What is black in the mask stays, to the byte. What is white is drawn anew: what it was has no part.
func TestMask(t *testing.T) {
	g := newGallery(t)
	for sampler, resample := range map[string]int{"ddpm": 3, "heun": 2, "ddim": 1, "ipndm": 1, "unipc": 1, "dpm++": 1} {
		e := Edit{Image: g.path("image.png"), Mask: g.path("mask.png"), Resample: resample}
		d, err := g.draw(sampler, e, false)
		if err != nil {
			t.Fatal(err)
		}
		for row := range 3 {
			p, err := d.Set.Picture(row)
			if err != nil {
				t.Fatal(err)
			}
			changed := 0
			for i := range 64 {
				at := image.Pt(i%8, i/8)
				got := p.(*image.Gray).GrayAt(at.X, at.Y)
				if want := (color.Gray{uint8(40 + 3*i)}); got != want && !at.In(g.white) {
					t.Fatalf("%s: known pixel %v is %v, want %v", sampler, at, got, want)
				} else if got != want {
					changed++
				}
			}
			if changed < 8 {
				t.Errorf("%s: only %d of 16 pixels were drawn anew", sampler, changed)
			}
		}
		e.Image = g.path("different.png")
		if !slices.Equal(d.Set.Values, g.values(sampler, e)) {
			t.Errorf("%s: the samples depend on what is drawn anew", sampler)
		}
	}
	e := Edit{Image: g.path("image.png"), Mask: g.path("mask.png"), Strength: 0.15}
	if d := distance(g.values("heun", e), g.pixels("image.png")); d > 10 {
		t.Errorf("with a mask and strength .15 grey values change by %g on average", d)
	}
}

// Another size and colours become those of the set.
func TestImageIsFitted(t *testing.T) {
	g := newGallery(t)
	m := image.NewNRGBA(image.Rect(0, 0, 32, 16))
	for i := range 32 * 16 {
		m.SetNRGBA(i%32, i/32, color.NRGBA{200, 100, 50, 255})
	}
	g.save("wide.png", m)
	v := g.values("ddim", Edit{Image: g.path("wide.png"), Strength: 0.15})
	const grey = 124 // by ITU-R BT.601
	if d := distance(v, slices.Repeat([]float32{grey}, len(v))); d > 20 {
		t.Errorf("an image of grey value %d changes by %g on average", grey, d)
	}
}

func TestEditRefused(t *testing.T) {
	g := newGallery(t)
	g.save("small.png", image.NewGray(image.Rect(0, 0, 4, 4)))
	g.save("black.png", image.NewGray(image.Rect(0, 0, 8, 8)))
	own := g.path("image.png")
	for want, e := range map[string]Edit{
		"--strength: 1.5 is not allowed":                        {Image: own, Strength: 1.5},
		"--strength: 0.5 is not allowed; allowed: with --init":  {Strength: 0.5},
		"is not allowed; allowed: with --init alone: it says w": {Mask: g.path("mask.png")},
		"--resample: 2 is not allowed; allowed: with --mask":    {Image: own, Resample: 2},
		"--init: open": {Image: g.path("nowhere.png")},
		"small.png has 4 by 4 pixels, and the image 8 by 8":                    {Image: own, Mask: g.path("small.png")},
		"black.png: after it is fitted to the samples it is all of one colour": {Image: own, Mask: g.path("black.png")},
	} {
		if _, err := g.draw("heun", e, false); !train.IsUsage(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	e := Edit{Image: own, Mask: g.path("mask.png")}
	if _, err := g.draw("ipndm", e, false); !train.IsUsage(err) || !strings.Contains(err.Error(), "--resample 5 with the sampler ipndm, which remembers") {
		t.Errorf("error %v", err)
	}
}

// A frame for each step, the last of which is the grid. Nothing is drawn otherwise for it.
func TestGIF(t *testing.T) {
	g := newGallery(t)
	for _, e := range []Edit{{}, {Image: g.path("image.png"), Mask: g.path("mask.png"), Resample: 2}} {
		d, err := g.draw("heun", e, true)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(d.Set.Values, g.values("heun", e)) {
			t.Error("other samples than without the film")
		}
		film, err := gif.DecodeAll(bytes.NewReader(d.GIF))
		if err != nil {
			t.Fatal(err)
		}
		grid, err := png.Decode(bytes.NewReader(d.Grid))
		if err != nil {
			t.Fatal(err)
		}
		if len(film.Image) != 6 || film.LoopCount != 0 || film.Delay[5] <= film.Delay[0] {
			t.Fatalf("%d frames, delays %v, loops %d", len(film.Image), film.Delay, film.LoopCount)
		}
		last, _ := encode(film.Image[5])
		shown, err := png.Decode(bytes.NewReader(last))
		if err != nil {
			t.Fatal(err)
		}
		for i := range grid.Bounds().Dx() * grid.Bounds().Dy() {
			x, y := i%grid.Bounds().Dx(), i/grid.Bounds().Dx()
			if a, b := color.GrayModel.Convert(grid.At(x, y)), color.GrayModel.Convert(shown.At(x, y)); a != b {
				t.Fatalf("pixel %d, %d is %v in the last frame, %v in the grid", x, y, b, a)
			}
		}
		if bytes.Equal(film.Image[0].Pix, film.Image[5].Pix) {
			t.Error("the first frame is the last one")
		}
	}
}
