package render

import (
	"fmt"
	"slices"
)

// Columns of the panel's table, from its left edge.
const (
	columnBar    = 44
	columnWait   = 150
	columnModels = 160
	columnTasks  = panelWidth
	tableBar     = 60
)

// panel writes the table of ESs and the legend.
func (c *canvas) panel(s *Scene, l *layout) {
	y := float64(headHeight + 10)
	if l.summed {
		y = c.summary(s, l, y)
	} else {
		y = c.table(s, l, y)
	}
	c.legend(s, l, y+1.8*legendLine)
}

// summary replaces the table if there are more GPUs than lines.
func (c *canvas) summary(s *Scene, l *layout, y float64) float64 {
	total, most, at := 0.0, 0.0, 0
	for m := range s.Servers {
		b := s.Servers[m].backlog()
		total += b
		if b > most {
			most, at = b, m
		}
	}
	c.write(l.panelX, y, text{14, ink, left}, fmt.Sprintf("%d edge servers", len(s.Servers)))
	c.write(l.panelX, y+panelLine, text{13, ink, left}, fmt.Sprintf("mean backlog %.2f s,", total/float64(len(s.Servers))))
	c.write(l.panelX, y+2*panelLine, text{13, ink, left}, fmt.Sprintf("largest %.2f s, at server %d", most, at))
	return y + 2*panelLine
}

// table writes a line for each GPU.
func (c *canvas) table(s *Scene, l *layout, y float64) float64 {
	small := text{12, dim, left}
	c.write(l.panelX, y, small, "server")
	c.write(l.panelX+columnBar, y, small, "backlog")
	c.write(l.panelX+columnModels, y, small, "in memory")
	c.write(l.panelX+columnTasks, y, text{12, dim, right}, "tasks")
	for m := range s.Servers {
		es := &s.Servers[m]
		y += panelLine
		c.write(l.panelX, y, text{14, ink, left}, fmt.Sprint(m))
		c.write(l.panelX+columnTasks, y, text{14, ink, right}, fmt.Sprint(es.Tasks))
		for j, g := range es.GPUs {
			if j > 0 {
				y += panelLine
			}
			c.gpu(s, l.panelX, y, g)
		}
	}
	return y
}

// gpu writes a GPU's columns.
func (c *canvas) gpu(s *Scene, x, y float64, g GPU) {
	level, fill := g.BacklogS/s.FullS, dim
	if level > 1 {
		level, fill = 1, vermillion
	}
	c.box(x+columnBar, y-10, tableBar*level, 10, fill, pen{})
	c.box(x+columnBar, y-10, tableBar, 10, transparent, pen{1, dim, false})
	c.write(x+columnWait, y, text{12, ink, right}, fmt.Sprintf("%.2f s", g.BacklogS))
	const chip, most = 11, 5
	for n, k := range g.Models[:min(len(g.Models), most)] {
		c.box(x+columnModels+float64(n)*(chip+3), y-chip, chip, chip, modelColor(k), pen{})
	}
	if more := len(g.Models) - most; more > 0 {
		c.write(x+columnModels+most*(chip+3), y, text{12, ink, left}, fmt.Sprintf("+%d", more))
	}
}

// legend explains only the symbols that the picture has.
func (c *canvas) legend(s *Scene, l *layout, y float64) {
	c.stateLegend(s, l, &y)
	c.linkLegend(s, l, &y)
	if slices.ContainsFunc(s.Servers, func(es Server) bool { return es.ReachM > 0 }) {
		c.line(l.panelX, y-4.5, l.panelX+36, y-4.5, pen{1, shade, false})
		c.item(l, &y, "limit of a server's coverage")
	}
	if !l.detailed() {
		c.item(l, &y, "edge server")
		c.square(l.panelX+19, y-legendLine-4.5, l.side+2, false)
		c.item(l, &y, fmt.Sprintf("with a backlog of more than %.3g s", s.FullS))
		c.square(l.panelX+19, y-legendLine-4.5, l.side+2, true)
		return
	}
	c.item(l, &y, "backlog of a GPU at the slot's start")
	c.bar(l.panelX+16, y-legendLine-13, 7, 17, 0.5)
	c.item(l, &y, fmt.Sprintf("more than %.3g s, the shortest deadline", s.FullS))
	c.bar(l.panelX+16, y-legendLine-13, 7, 17, 2)
	for k := range min(len(s.Models), len(modelColors)) {
		words := "model " + s.Models[k]
		if k == len(modelColors)-1 && len(s.Models) > len(modelColors) {
			words = "other models"
		}
		c.item(l, &y, words+" in GPU memory")
		c.box(l.panelX+14, y-legendLine-10, 11, 11, modelColor(k), pen{})
	}
}

// item writes an entry of the legend and moves y to the next entry.
func (c *canvas) item(l *layout, y *float64, words string) {
	if runes := []rune(words); len(runes) > 36 {
		words = string(runes[:34]) + "..."
	}
	c.write(l.panelX+44, *y, text{13, ink, left}, words)
	*y += legendLine
}

func (c *canvas) stateLegend(s *Scene, l *layout, y *float64) {
	n := s.count()
	for state := Idle; state <= Failed; state++ {
		if state == Cloud && n[Cloud] == 0 {
			continue // most halls have none
		}
		c.ied(l.panelX+19, *y-4.5, 6, state)
		noun := "IEDs"
		if n[state] == 1 {
			noun = "IED"
		}
		c.item(l, y, fmt.Sprintf("%s: %d %s", stateStyle[state].label, n[state], noun))
	}
}

func (c *canvas) linkLegend(s *Scene, l *layout, y *float64) {
	for _, part := range []float64{1, 0.1, 0.01} {
		c.line(l.panelX, *y-4.5, l.panelX+36, *y-4.5, pen{l.linkWidth(part*s.TopBps, s.TopBps), green, false})
		words := fmt.Sprintf("upload at %.3g Mbit/s", part*s.TopBps/1e6)
		if part == 0.01 {
			words += " or less"
		}
		c.item(l, y, words)
	}
}
