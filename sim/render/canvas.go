package render

import (
	"image"
	"image/color"
	"math"

	"github.com/gmel-go/gmel/internal/palette"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
)

// canvas draws in units of pixels; y points downwards. Shapes are antialiased.
type canvas struct {
	to     *vgimg.Canvas
	height float64
	fonts  *font.Cache
}

// dpi makes one pixel equal one point, the unit of vg.
const dpi = 72

func newCanvas(width, height int) *canvas {
	return &canvas{
		to:     vgimg.NewWith(vgimg.UseWH(vg.Length(width), vg.Length(height)), vgimg.UseDPI(dpi)),
		height: float64(height), fonts: font.NewCache(liberation.Collection()),
	}
}

func (c *canvas) image() image.Image { return c.to.Image() }

func (c *canvas) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(c.height - y)}
}

// pen is a line's width in pixels and its colour. A width of 0 draws nothing.
type pen struct {
	width float64
	color color.Color
	dash  bool
}

func (c *canvas) stroke(p vg.Path, with pen) {
	if with.width <= 0 {
		return
	}
	c.to.SetLineWidth(vg.Length(with.width))
	c.to.SetColor(with.color)
	if with.dash {
		c.to.SetLineDash([]vg.Length{5, 3}, 0)
		defer c.to.SetLineDash(nil, 0)
	}
	c.to.Stroke(p)
}

func (c *canvas) line(x0, y0, x1, y1 float64, with pen) {
	var p vg.Path
	p.Move(c.point(x0, y0))
	p.Line(c.point(x1, y1))
	c.stroke(p, with)
}

// disc draws a filled circle with an edge on its circumference.
func (c *canvas) disc(x, y, r float64, fill color.Color, edge pen) {
	var p vg.Path
	p.Move(c.point(x+r, y))
	p.Arc(c.point(x, y), vg.Length(r), 0, 2*math.Pi)
	p.Close()
	c.to.SetColor(fill)
	c.to.Fill(p)
	c.stroke(p, edge)
}

// box draws a filled rectangle with its upper left corner at x, y.
func (c *canvas) box(x, y, width, height float64, fill color.Color, edge pen) {
	var p vg.Path
	p.Move(c.point(x, y))
	p.Line(c.point(x+width, y))
	p.Line(c.point(x+width, y+height))
	p.Line(c.point(x, y+height))
	p.Close()
	c.to.SetColor(fill)
	c.to.Fill(p)
	c.stroke(p, edge)
}

// cross draws an X in a square of side 2r.
func (c *canvas) cross(x, y, r float64, with pen) {
	c.line(x-r, y-r, x+r, y+r, with)
	c.line(x-r, y+r, x+r, y-r, with)
}

// Anchors of a text, as fractions of its width.
const (
	left   = 0
	middle = 0.5
	right  = 1
)

// text is a size in pixels, a colour and an anchor.
type text struct {
	size   float64
	color  color.Color
	anchor float64
}

func (c *canvas) write(x, y float64, t text, words string) {
	face := c.face(t.size)
	c.to.SetColor(t.color)
	c.to.FillString(face, c.point(x-t.anchor*float64(face.Width(words)), y), words)
}

func (c *canvas) face(size float64) font.Face {
	return c.fonts.Lookup(font.Font{Typeface: palette.Typeface, Variant: palette.Variant}, vg.Length(size))
}
