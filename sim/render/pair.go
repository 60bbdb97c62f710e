package render

import (
	"fmt"
	"image"
)

// Sizes of a picture of two worlds, in pixels.
const (
	pairWidth   = 600 // largest width of a hall
	pairDepth   = 470
	pairHead    = 100 // titles
	pairBelow   = 64  // from the hall to the first line of the table below it
	pairBetween = 30  // between the worlds
	pairColumns = 4   // of the legend
)

// DrawPair returns a picture of two worlds side by side, each under the name of its policy, with one legend. They have the same hall,
// servers and models.
func DrawPair(a, b *Scene) image.Image {
	l, r := pairLayout(a)
	c := newCanvas(l.width, l.height)
	c.write(axisWidth, 28, text{18, ink, left}, fmt.Sprintf("%s: world %d, episode %d, slot %d", a.Title, a.World, a.Episode, a.Slot))
	c.half(a, &l)
	c.half(b, &r)
	c.sharedLegend(a, b, &l)
	return c.image()
}

// pairLayout has the two worlds of a picture.
func pairLayout(s *Scene) (l, r layout) {
	l = hallLayout(s, pairWidth, pairDepth)
	column := max(l.scale*s.WidthM, leastWidth+panelWidth-axisWidth)
	l.left, l.top, l.panelX = axisWidth, pairHead, axisWidth
	l.width = int(2*(axisWidth+column) + pairBetween + gap)
	rows := 1 + (legendItems+min(len(s.Models), len(modelColors))+pairColumns-1)/pairColumns
	l.height = int(l.below(s)) + max(l.lines(s)+1, 4)*panelLine + rows*legendLine
	r = l
	r.left += axisWidth + column + pairBetween
	r.panelX = r.left
	return l, r
}

// below is the base of the first line below the hall.
func (l *layout) below(s *Scene) float64 { return l.top + l.scale*s.DepthM + pairBelow }

// half draws one world, its titles and its numbers.
func (c *canvas) half(s *Scene, l *layout) {
	n := s.count()
	c.write(l.left, pairHead-40, text{18, blue, left}, s.Panel)
	c.write(l.left, pairHead-18, text{13, dim, left}, fmt.Sprintf("this slot: %d of %d IEDs with a task, %d offloaded, %d failed",
		len(s.IEDs)-n[Idle], len(s.IEDs), n[Offloading]+n[Cloud], n[Failed]))
	c.world(s, l)
	c.servers(s, l, l.below(s))
	c.score(s, l.left+panelWidth+44, l.below(s))
}

// score writes what has become of the episode's tasks.
func (c *canvas) score(s *Scene, x, y float64) {
	c.write(x, y, text{12, dim, left}, "this episode")
	if s.Tasks == 0 {
		c.write(x, y+38, text{18, ink, left}, "no task yet")
		return
	}
	c.write(x, y+42, text{40, ink, left}, fmt.Sprintf("%.1f %%", 100*float64(s.Completed)/float64(s.Tasks)))
	c.write(x, y+64, text{13, ink, left}, fmt.Sprintf("of %d tasks completed, %d failed", s.Tasks, s.Tasks-s.Completed))
}

// sharedLegend explains the symbols of both worlds, in columns.
func (c *canvas) sharedLegend(a, b *Scene, l *layout) {
	states := c.stateLegend(a, false)
	if other := c.stateLegend(b, false); len(other) > len(states) { // one of the worlds uses the cloud
		states = other
	}
	all := append(append(states, c.linkLegend(a, l)...), c.serverLegend(a, l)...)
	rows := (len(all) + pairColumns - 1) / pairColumns
	top := float64(l.height - rows*legendLine)
	width := (float64(l.width) - axisWidth) / pairColumns
	for n, e := range all {
		c.entry(axisWidth+width*float64(n/rows), top+float64(n%rows)*legendLine, e)
	}
}
