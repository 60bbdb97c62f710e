package render

import (
	"fmt"
	"image"
	"math"
)

// Draw returns the picture of a scene, about 1200 pixels wide.
func Draw(s *Scene) image.Image {
	l := newLayout(s)
	c := newCanvas(l.width, l.height)
	c.head(s)
	c.world(s, &l)
	c.panel(s, &l)
	return c.image()
}

// world draws the hall and all in it.
func (c *canvas) world(s *Scene, l *layout) {
	c.hall(s, l)
	for m := range s.Servers {
		c.coverage(s, l, &s.Servers[m])
	}
	for i := range s.IEDs {
		c.link(s, l, &s.IEDs[i])
	}
	for m := range s.Servers {
		c.server(s, l, m)
	}
	for i := range s.IEDs { // IEDs are drawn last, over the ESs; the panel has the numbers of the ESs too
		x, y := l.at(s.IEDs[i].X, s.IEDs[i].Y)
		c.ied(x, y, l.radius, s.IEDs[i].State)
	}
}

// head writes the title, the slot and the completed tasks so far.
func (c *canvas) head(s *Scene) {
	n := s.count()
	c.write(axisWidth, 26, text{18, ink, left}, fmt.Sprintf("%s: world %d, episode %d, slot %d", s.Title, s.World, s.Episode, s.Slot))
	words := fmt.Sprintf("this slot: %d of %d IEDs with a task", len(s.IEDs)-n[Idle], len(s.IEDs))
	if !s.Undecided {
		words += fmt.Sprintf(", %d failed", n[Failed])
	}
	switch {
	case s.Partial:
	case s.Tasks == 0:
		words += "; this episode: no task yet"
	default:
		words += fmt.Sprintf("; this episode: %.1f %% of %d tasks completed", 100*float64(s.Completed)/float64(s.Tasks), s.Tasks)
	}
	c.write(axisWidth, 48, text{14, ink, left}, words)
}

// hall draws the floor and its scale in m.
func (c *canvas) hall(s *Scene, l *layout) {
	x0, bottom := l.at(0, 0)
	x1, top := l.at(s.WidthM, s.DepthM)
	c.box(x0, top, x1-x0, bottom-top, ground, pen{})
	step, label := l.tick(), text{12, dim, middle}
	for n := 0; float64(n)*step <= s.WidthM*1.000001; n++ {
		x, _ := l.at(float64(n)*step, 0)
		c.line(x, top, x, bottom+5, pen{1, faint, false})
		c.write(x, bottom+18, label, fmt.Sprintf("%g", float64(n)*step))
	}
	label.anchor = right
	for n := 0; float64(n)*step <= s.DepthM*1.000001; n++ {
		_, y := l.at(0, float64(n)*step)
		c.line(x0-5, y, x1, y, pen{1, faint, false})
		c.write(x0-8, y+4, label, fmt.Sprintf("%g", float64(n)*step))
	}
	c.box(x0, top, x1-x0, bottom-top, transparent, pen{1, dim, false})
	c.write((x0+x1)/2, bottom+34, text{12, dim, middle}, fmt.Sprintf("hall of %.4g m x %.4g m, scale in m", s.WidthM, s.DepthM))
}

// coverage draws the circle of an ES's coverage, as far as it is in the hall.
func (c *canvas) coverage(s *Scene, l *layout, es *Server) {
	const chords = 180
	inside, last := false, [2]float64{}
	for n := 0; n <= chords && es.ReachM > 0; n++ {
		sin, cos := math.Sincos(2 * math.Pi * float64(n) / chords)
		x, y := es.X+es.ReachM*cos, es.Y+es.ReachM*sin
		before := inside
		inside = x >= 0 && x <= s.WidthM && y >= 0 && y <= s.DepthM
		px, py := l.at(x, y)
		if before && inside {
			c.line(last[0], last[1], px, py, pen{1, shade, false})
		}
		last = [2]float64{px, py}
	}
}

// link draws the upload of an IED.
func (c *canvas) link(s *Scene, l *layout, n *IED) {
	if n.Server < 0 {
		return
	}
	x0, y0 := l.at(n.X, n.Y)
	x1, y1 := l.at(s.Servers[n.Server].X, s.Servers[n.Server].Y)
	c.line(x0, y0, x1, y1, l.linkPen(n, s.TopBps))
}

// ied draws an IED at a pixel.
func (c *canvas) ied(x, y, r float64, state State) {
	look := stateStyle[state]
	switch state {
	case Failed:
		c.disc(x, y, r, white, pen{})
		c.cross(x, y, 0.85*r, pen{max(0.45*r, 1.2), look.fill, false})
	case Idle:
		c.disc(x, y, 0.7*r, look.fill, pen{max(0.15*r, 0.6), dim, false})
	default:
		c.disc(x, y, r, look.fill, pen{max(0.15*r, 0.4), white, false})
	}
}

// Dimensions of an ES's sign, in units of the side of its square.
const (
	barWidth  = 0.36
	barHeight = 1.6
	chipSide  = 0.36
	signEdge  = 0.18
)

// server draws an ES around its position: a square, to its right a bar for each GPU, and below it a row
// for each GPU with the models in its memory.
func (c *canvas) server(s *Scene, l *layout, m int) {
	es, side := &s.Servers[m], l.side
	x, y := l.at(es.X, es.Y)
	if !l.detailed() {
		c.square(x, y, side, es.backlog() > s.FullS)
		return
	}
	x, y = x-side/2, y-side/2
	c.sign(s, l, es, x, y)
	c.box(x, y, side, side, ink, pen{})
	if l.named() {
		c.write(x+side/2, y+0.74*side, text{0.66 * side, white, middle}, fmt.Sprint(m))
	}
}

// square draws an ES as a square only, for small scales. A late ES has another colour.
func (c *canvas) square(x, y, side float64, late bool) {
	fill := ink
	if late {
		fill = vermillion
	}
	c.box(x-side/2, y-side/2, side, side, fill, pen{1, white, false})
}

// sign draws the bars and the models around an ES's square with corner x, y.
func (c *canvas) sign(s *Scene, l *layout, es *Server, x, y float64) {
	side, bar, chip := l.side, barWidth*l.side, chipSide*l.side
	columns := 0
	for _, g := range es.GPUs {
		columns = max(columns, len(g.Models))
	}
	edge := signEdge * side
	width := max(side+float64(len(es.GPUs))*(bar+edge), float64(columns)*(chip+1))
	c.box(x-edge, y+side-barHeight*side-edge, width+2*edge, (barHeight+chipSide*float64(len(es.GPUs)))*side+3*edge, white, pen{0.8, dim, false})
	for j, g := range es.GPUs {
		c.bar(x+side+edge+float64(j)*(bar+edge), y+side-barHeight*side, bar, barHeight*side, g.BacklogS/s.FullS)
		for n, k := range g.Models {
			c.box(x+float64(n)*(chip+1), y+side+edge+float64(j)*chip, chip, chip-1, modelColor(k), pen{})
		}
	}
}

// bar draws a vertical bar for a level from 0 to 1. A level above 1 has another colour.
func (c *canvas) bar(x, y, width, height, level float64) {
	fill := dim
	if level > 1 {
		fill, level = vermillion, 1
	}
	c.box(x, y+(1-level)*height, width, level*height, fill, pen{})
	c.box(x, y, width, height, transparent, pen{1, dim, false})
}
