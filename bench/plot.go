package bench

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/gmel-go/gmel/internal/palette"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Colours of bars by threads and of goals.
var (
	oneThread   = palette.Sky
	manyThreads = palette.Blue
	goalColour  = palette.Vermillion
)

// bar is one ratio in the picture.
type bar struct {
	label   string
	ratio   float64
	goal    float64
	threads int
}

// bars lists the rows' ratios, the first row on top.
func bars(rows []Row) (list []bar) {
	for _, r := range rows {
		for _, d := range r.Peers {
			if d.Error != "" {
				continue
			}
			label := fmt.Sprintf("%s %s, %s, %d thr.", r.Name, r.Shape, short(d.Peer), r.Threads)
			list = append(list, bar{label, d.Ratio, d.Goal, r.Threads})
		}
	}
	slices.Reverse(list) // the axis goes up
	return list
}

// plotRatios draws the time of every peer over ours as a bar, with the goals as marks.
func plotRatios(rows []Row) ([]byte, error) {
	list := bars(rows)
	p := plot.New()
	p.Title.Text, p.X.Label.Text = "time of the peer over ours (right of 1: ours is faster)", "ratio, logarithmic"
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.ConstantTicks(ratioTicks())
	p.Add(plotter.NewGrid())
	var names []string
	for i, b := range list {
		names = append(names, b.label)
		if err := b.draw(p, float64(i)); err != nil {
			return nil, fmt.Errorf("bench: plot: %w", err)
		}
	}
	p.NominalY(names...)
	p.X.Min, p.X.Max = min(0.5, p.X.Min), max(4, 1.6*p.X.Max)
	height := vg.Length(len(list))*0.75*vg.Centimeter + 4*vg.Centimeter
	img := vgimg.NewWith(vgimg.UseWH(24*vg.Centimeter, height), vgimg.UseDPI(110))
	p.Draw(draw.Crop(draw.New(img), 4*vg.Millimeter, -4*vg.Millimeter, 4*vg.Millimeter, -4*vg.Millimeter))
	var out bytes.Buffer
	if _, err := (vgimg.PngCanvas{Canvas: img}).WriteTo(&out); err != nil {
		return nil, fmt.Errorf("bench: plot: %w", err)
	}
	return out.Bytes(), nil
}

func ratioTicks() (ticks []plot.Tick) {
	for _, x := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		ticks = append(ticks, plot.Tick{Value: x, Label: fmt.Sprint(x)})
	}
	return ticks
}

func (b bar) draw(p *plot.Plot, y float64) error {
	line, err := plotter.NewLine(plotter.XYs{{X: 1, Y: y}, {X: b.ratio, Y: y}})
	if err != nil {
		return err
	}
	line.Width, line.Color = 9, manyThreads
	if b.threads == 1 {
		line.Color = oneThread
	}
	number, err := plotter.NewLabels(plotter.XYLabels{XYs: plotter.XYs{{X: max(1, b.ratio), Y: y}}, Labels: []string{fmt.Sprintf("%.2f", b.ratio)}})
	if err != nil {
		return err
	}
	number.Offset = vg.Point{X: 6, Y: -4}
	p.Add(line, number)
	if b.goal == 0 {
		return nil
	}
	mark, err := plotter.NewLine(plotter.XYs{{X: b.goal, Y: y - 0.4}, {X: b.goal, Y: y + 0.4}})
	if err != nil {
		return err
	}
	mark.Width, mark.Color = 2, goalColour
	p.Add(mark)
	return nil
}
