package render

import "math"

// Sizes of a picture in pixels.
const (
	headHeight  = 62  // title and counts
	axisWidth   = 58  // scale to the left of the hall
	axisHeight  = 40  // scale below the hall
	panelWidth  = 276 // panel to the right of the hall: servers, legend
	gap         = 22  // between hall and panel, and at the edges
	mostWidth   = 844 // largest width of the hall
	mostDepth   = 660
	leastWidth  = 420 // least width of the hall's column, for the title
	panelLines  = 16  // with more GPUs, the panel has a summary
	panelLine   = 19  // height of a line of the panel
	legendLine  = 21
	legendItems = 11 // largest number of items without those of models
)

// layout holds the positions and sizes in a picture.
type layout struct {
	width, height int
	left, top     float64 // upper left corner of the hall
	scale         float64 // pixel/m
	depthM        float64 // of the hall
	radius        float64 // radius of an IED
	side          float64 // side of an ES's square
	summed        bool    // there are too many GPUs for a line each
	panelX        float64
}

func newLayout(s *Scene) layout {
	l := hallLayout(s, mostWidth, mostDepth)
	l.left, l.top = axisWidth, headHeight
	l.panelX = axisWidth + max(l.scale*s.WidthM, leastWidth) + gap
	l.width = int(l.panelX + panelWidth + gap)
	items := legendItems + min(len(s.Models), len(modelColors))
	panel := float64((l.lines(s)+2)*panelLine + items*legendLine)
	l.height = int(headHeight + max(l.scale*s.DepthM+axisHeight, panel) + 8)
	return l
}

// hallLayout has the sizes in a hall that is drawn in at most so many pixels.
func hallLayout(s *Scene, mostWidth, mostDepth float64) layout {
	l := layout{scale: min(mostWidth/s.WidthM, mostDepth/s.DepthM), depthM: s.DepthM}
	apart := func(n int) float64 { return l.scale * math.Sqrt(s.WidthM*s.DepthM/float64(n)) }
	l.radius = min(max(0.12*apart(len(s.IEDs)), 1.5), 7)
	l.side = min(max(0.14*apart(len(s.Servers)), 4), 22)
	l.summed = s.gpus() > panelLines
	return l
}

// lines is the number of lines of the table of ESs, or of its summary.
func (l *layout) lines(s *Scene) int {
	if l.summed {
		return 3
	}
	return s.gpus()
}

// at returns the pixel of a position in the hall. The hall's y points upwards, as on a map.
func (l *layout) at(x, y float64) (px, py float64) {
	return l.left + l.scale*x, l.top + l.scale*(l.depthM-y)
}

// named reports whether the squares of ESs have room for a number.
func (l *layout) named() bool { return l.side >= 15 }

// detailed reports whether ESs have room for bars and models.
func (l *layout) detailed() bool { return l.side >= 5.5 }

// tick returns the distance in m between the marks of a scale: 1, 2 or 5 times a power of ten, and at
// least 70 pixels.
func (l *layout) tick() float64 {
	least := 70 / l.scale
	unit := math.Pow(10, math.Floor(math.Log10(least)))
	for _, n := range []float64{1, 2, 5} {
		if n*unit >= least {
			return n * unit
		}
	}
	return 10 * unit
}
