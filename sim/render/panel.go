package render

import "fmt"

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
	y := c.servers(s, l, headHeight+10) + 1.8*legendLine
	for _, e := range c.legend(s, l) {
		c.entry(l.panelX, y, e)
		y += legendLine
	}
}

// servers writes the table of ESs or its summary and returns the base of its last line.
func (c *canvas) servers(s *Scene, l *layout, y float64) float64 {
	if l.summed {
		return c.summary(s, l, y)
	}
	return c.table(s, l, y)
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
