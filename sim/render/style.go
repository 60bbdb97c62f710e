package render

import (
	"image/color"
	"math"

	"github.com/gmel-go/gmel/internal/palette"
)

// Colours of a picture. Failures also have their own shape.
var (
	transparent = color.RGBA{}

	white  = color.RGBA{255, 255, 255, 255}
	ink    = color.RGBA{20, 20, 20, 255}
	dim    = color.RGBA{110, 110, 110, 255}
	shade  = color.RGBA{190, 200, 210, 255}
	faint  = color.RGBA{228, 228, 228, 255}
	ground = color.RGBA{250, 250, 248, 255}

	blue       = palette.Blue
	green      = palette.Green
	vermillion = palette.Vermillion
	purple     = palette.Purple
	sky        = palette.Sky
	yellow     = palette.Yellow
	orange     = palette.Orange
)

// stateStyle is the look of each state of an IED and its name in the legend.
var stateStyle = [states]struct {
	fill  color.RGBA
	label string
}{
	Idle:       {white, "no task"},
	Local:      {blue, "computed by itself"},
	Offloading: {green, "offloaded to a server"},
	Cloud:      {ink, "offloaded to the cloud"},
	Failed:     {vermillion, "failed"},
	Waiting:    {dim, "with a task"},
}

// modelColors are the colours of the first models. All further models share the last.
var modelColors = []color.RGBA{sky, yellow, purple, orange, ink, dim}

func modelColor(k int) color.RGBA { return modelColors[min(k, len(modelColors)-1)] }

// linkPen makes lines wide for high rates, on a logarithmic scale over two decades.
func (l *layout) linkPen(n *IED, top float64) pen {
	p := pen{width: l.linkWidth(n.RateBps, top), color: green}
	switch n.State {
	case Failed:
		p.color, p.dash = vermillion, true
	case Cloud:
		p.color = ink
	}
	return p
}

func (l *layout) linkWidth(rate, top float64) float64 {
	part := 1 + math.Log10(max(rate/top, 1e-2))/2
	return (0.7 + 3.3*part) * min(1, l.radius/5)
}
