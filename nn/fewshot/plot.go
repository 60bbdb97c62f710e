package fewshot

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"

	"github.com/gmel-go/gmel/internal/palette"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Sizes of the picture.
const (
	panelWidth = 13 * vg.Centimeter
	lineHeight = 7 * vg.Millimeter
	edges      = 3 * vg.Centimeter // titles and axes, of both together
	dotsPer    = 120               // dots per inch
)

// leastShown is the least difference that the picture has.
const leastShown = -0.15

// Picture draws the arms with their intervals as a PNG: on the left the corrected rare F1, on the right its difference to the
// bar.
func (t *Table) Picture() ([]byte, error) {
	left, right := newPanel("rare F1, corrected"), newPanel("difference to the bar")
	rows := slices.Clone(t.Arms)
	if t.Harm != nil {
		for _, r := range t.Harm.Arms {
			r.Arm = fmt.Sprintf("%s, k = %d", r.Arm, t.Harm.K)
			rows = append(rows, r)
		}
	}
	var names []string
	slices.Reverse(rows) // the first arm is the highest
	for at, r := range rows {
		names = append(names, r.Arm)
		ink := palette.Blue
		if r.Minus == nil {
			ink = palette.Vermillion
		}
		if err := left.mark(at, r.Corrected, ink); err != nil {
			return nil, err
		}
		difference := &Interval{} // of the bar
		if r.Minus != nil {
			difference = r.Minus.Corrected
		}
		if difference == nil {
			continue // an oracle
		}
		if err := right.mark(at, *difference, ink); err != nil {
			return nil, err
		}
	}
	left.NominalY(names...)
	right.NominalY(make([]string, len(names))...)
	if err := right.zero(len(rows)); err != nil {
		return nil, err
	}
	if right.X.Min < leastShown { // arms far below would hide the others
		right.X.Min = leastShown
		right.Title.Text = fmt.Sprintf("difference to the bar, from %g on", leastShown)
	}
	for _, p := range []panel{left, right} {
		p.Y.Min, p.Y.Max = -0.5, float64(len(rows))-0.5
		margin := (p.X.Max - p.X.Min) / 40 // so that an interval at the edge does not look cut off
		p.X.Min, p.X.Max = p.X.Min-margin, p.X.Max+margin
	}
	return asPNG(left, right, len(rows))
}

// panel is a plot of intervals.
type panel struct{ *plot.Plot }

func newPanel(title string) panel {
	p := panel{plot.New()}
	p.Title.Text = title
	for _, s := range []*text.Style{&p.Title.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font.Typeface, s.Font.Variant = palette.Typeface, palette.Variant
	}
	p.Add(plotter.NewGrid())
	return p
}

// mark draws an interval in a line of the panel.
func (p panel) mark(at int, i Interval, ink color.Color) error {
	y := float64(at)
	line, err := plotter.NewLine(plotter.XYs{{X: i.Low, Y: y}, {X: i.High, Y: y}})
	if err != nil {
		return err
	}
	dot, err := plotter.NewScatter(plotter.XYs{{X: i.Mean, Y: y}})
	if err != nil {
		return err
	}
	line.Color, line.Width = ink, vg.Points(2)
	dot.GlyphStyle = draw.GlyphStyle{Color: ink, Radius: vg.Points(3.5), Shape: draw.CircleGlyph{}}
	p.Add(line, dot)
	return nil
}

// zero draws where arms are as good as the bar.
func (p panel) zero(lines int) error {
	line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: -0.5}, {X: 0, Y: float64(lines) - 0.5}})
	if err != nil {
		return err
	}
	line.Color, line.Dashes = palette.Grey, []vg.Length{vg.Points(3), vg.Points(3)}
	p.Add(line)
	return nil
}

func asPNG(left, right panel, lines int) ([]byte, error) {
	width, height := 2*panelWidth, edges+vg.Length(lines)*lineHeight
	img := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPer))}
	tiles := draw.Tiles{Rows: 1, Cols: 2, PadX: vg.Centimeter / 2, PadTop: vg.Centimeter / 3, PadRight: vg.Centimeter / 2, PadLeft: vg.Centimeter / 3, PadBottom: vg.Centimeter / 3}
	places := plot.Align([][]*plot.Plot{{left.Plot, right.Plot}}, tiles, draw.New(img))
	left.Draw(places[0][0])
	right.Draw(places[0][1])
	var out bytes.Buffer
	_, err := img.WriteTo(&out)
	return out.Bytes(), err
}
