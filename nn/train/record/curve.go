package record

import (
	"bytes"
	"fmt"
	"image/color"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gmel-go/gmel/internal/disk"
	"github.com/gmel-go/gmel/internal/palette"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Series is one line of a panel.
type Series struct {
	Name      string
	X, Y      []float64
	Low, High []float64 // a band around Y; nil for none
	Dashed    bool      // for constant levels
}

// Panel is one plot of a picture.
type Panel struct {
	Title, XLabel string
	Log           bool // axes are logarithmic where all numbers are above 0
	Series        []Series
}

// Sizes of the picture; the legend has its own column, where it hides no curve.
const (
	panelWidth  = 14 * vg.Centimeter
	panelHeight = 10 * vg.Centimeter
	padding     = 4 * vg.Millimeter

	legendPadding = 1 * vg.Millimeter // between entries
)

// Curve replaces the picture at path by the panels, side by side, with one legend. It is an SVG if the path ends so,
// else a PNG. Series of one name have one colour in all panels; after the eighth name colours begin again, dotted.
func Curve(path string, panels []Panel) error {
	row, names := make([]*plot.Plot, len(panels)), newNames()
	for i, p := range panels {
		var err error
		if row[i], err = p.plot(names); err != nil {
			return fmt.Errorf("record: curve: %w", err)
		}
	}
	width, legendWidth := vg.Length(len(panels))*panelWidth, names.width()
	img := canvas(path, width+legendWidth)
	all := draw.New(img)
	tiles := draw.Tiles{Rows: 1, Cols: len(panels), PadX: padding, PadTop: padding, PadRight: padding, PadLeft: padding, PadBottom: padding}
	canvases := plot.Align([][]*plot.Plot{row}, tiles, draw.Crop(all, 0, -legendWidth, 0, 0))
	for i, p := range row {
		p.Draw(canvases[0][i])
	}
	names.legend.Top, names.legend.Left = true, true
	names.legend.Draw(draw.Crop(all, width, 0, 0, -10*vg.Millimeter))
	var out bytes.Buffer
	if _, err := img.WriteTo(&out); err != nil {
		return fmt.Errorf("record: curve: %w", err)
	}
	return disk.Write(path, out.Bytes())
}

// canvas is what the format of a path draws on.
func canvas(path string, width vg.Length) vg.CanvasWriterTo {
	if strings.EqualFold(filepath.Ext(path), ".svg") {
		return vgsvg.New(width, panelHeight)
	}
	return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, panelHeight), vgimg.UseDPI(120))}
}

// names are the series of all panels in the order in which they first appear.
type names struct {
	index  map[string]int
	legend plot.Legend
	listed []string // in the legend
}

func newNames() *names {
	n := &names{index: map[string]int{}, legend: plot.NewLegend()}
	n.legend.TextStyle.Font.Typeface, n.legend.TextStyle.Font.Variant = palette.Typeface, palette.Variant
	n.legend.Padding = legendPadding
	return n
}

// style is that of a name: a colour, and dots where all colours are taken.
func (n *names) style(name string, dashed bool) draw.LineStyle {
	i, known := n.index[name]
	if !known {
		i = len(n.index)
		n.index[name] = i
	}
	s := draw.LineStyle{Color: palette.Series[i%len(palette.Series)], Width: vg.Points(1.5)}
	switch {
	case dashed:
		s.Dashes, s.Width = []vg.Length{vg.Points(4), vg.Points(3)}, vg.Points(1)
	case i >= len(palette.Series):
		s.Dashes = []vg.Length{vg.Points(1.5), vg.Points(1.5)}
	}
	return s
}

// list adds a line to the legend if its name is new there.
func (n *names) list(name string, line *plotter.Line) {
	if !slices.Contains(n.listed, name) {
		n.legend.Add(name, line)
		n.listed = append(n.listed, name)
	}
}

// width is that of the legend, with its longest name.
func (n *names) width() vg.Length {
	var longest vg.Length
	for _, name := range n.listed {
		longest = max(longest, n.legend.TextStyle.Width(" "+name))
	}
	return n.legend.ThumbnailWidth + longest + padding
}

func (p Panel) plot(names *names) (*plot.Plot, error) {
	out := plot.New()
	out.Title.Text, out.X.Label.Text = p.Title, p.XLabel
	for _, s := range []*text.Style{&out.Title.TextStyle, &out.X.Label.TextStyle, &out.X.Tick.Label, &out.Y.Tick.Label} {
		s.Font.Typeface, s.Font.Variant = palette.Typeface, palette.Variant
	}
	out.Add(plotter.NewGrid())
	for _, s := range p.Series {
		style := names.style(s.Name, s.Dashed)
		points := s.points()
		if len(points) == 0 {
			continue
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
		line.LineStyle = style
		if band := s.band(); band != nil {
			area, err := plotter.NewPolygon(band)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.Name, err)
			}
			area.Color, area.LineStyle.Width = faint(line.Color), 0
			out.Add(area)
		}
		out.Add(line)
		names.list(s.Name, line)
	}
	if p.Log {
		logarithmic(&out.X)
		logarithmic(&out.Y)
	}
	return out, nil
}

// logarithmic changes an axis whose range is above 0. A range of one number becomes wider here, because plot would have it
// begin at 0.
func logarithmic(a *plot.Axis) {
	if !(a.Min > 0) {
		return
	}
	if a.Min == a.Max {
		a.Min, a.Max = a.Min/2, 2*a.Max
	}
	a.Scale, a.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
}

// points leaves out values that cannot be drawn.
func (s Series) points() plotter.XYs {
	var xy plotter.XYs
	for i := range s.X {
		p := plotter.XY{X: s.X[i], Y: s.Y[i]}
		if plotter.CheckFloats(p.X, p.Y) == nil {
			xy = append(xy, p)
		}
	}
	return xy
}

// band is the outline between Low and High; nil for none.
func (s Series) band() plotter.XYs {
	var above, below plotter.XYs
	for i := range s.Low {
		if plotter.CheckFloats(s.X[i], s.Low[i], s.High[i]) == nil {
			above = append(above, plotter.XY{X: s.X[i], Y: s.High[i]})
			below = append(below, plotter.XY{X: s.X[i], Y: s.Low[i]})
		}
	}
	slices.Reverse(below)
	return append(above, below...)
}

// faint is a colour through which others can be seen.
func faint(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	return color.NRGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 50}
}
