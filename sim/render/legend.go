package render

import (
	"fmt"
	"slices"
)

// entry is a line of the legend. symbol draws what words explain; x is its left edge and y the base of the words.
type entry struct {
	words  string
	symbol func(x, y float64)
}

// entry writes a line of the legend.
func (c *canvas) entry(x, y float64, e entry) {
	words := e.words
	if runes := []rune(words); len(runes) > 36 {
		words = string(runes[:34]) + "..."
	}
	c.write(x+44, y, text{13, ink, left}, words)
	e.symbol(x, y)
}

// legend explains only the symbols that the picture has.
func (c *canvas) legend(s *Scene, l *layout) []entry {
	return slices.Concat(c.stateLegend(s, true), c.linkLegend(s, l), c.serverLegend(s, l))
}

// stateLegend explains the states of IEDs, counted if there is one world.
func (c *canvas) stateLegend(s *Scene, counted bool) (all []entry) {
	n := s.count()
	for _, state := range s.shown() {
		if state == Cloud && n[Cloud] == 0 {
			continue // most halls have none
		}
		words := stateStyle[state].label
		if counted {
			words = fmt.Sprintf("%s: %s", words, ieds(n[state]))
		}
		all = append(all, entry{words, func(x, y float64) { c.ied(x+19, y-4.5, 6, state) }})
	}
	return all
}

func ieds(n int) string {
	if n == 1 {
		return "1 IED"
	}
	return fmt.Sprintf("%d IEDs", n)
}

func (c *canvas) linkLegend(s *Scene, l *layout) (all []entry) {
	for _, part := range []float64{1, 0.1, 0.01} {
		words := fmt.Sprintf("upload at %.3g Mbit/s", part*s.TopBps/1e6)
		if part == 0.01 {
			words += " or less"
		}
		width := l.linkWidth(part*s.TopBps, s.TopBps)
		all = append(all, entry{words, func(x, y float64) { c.line(x, y-4.5, x+36, y-4.5, pen{width, green, false}) }})
	}
	return all
}

func (c *canvas) serverLegend(s *Scene, l *layout) (all []entry) {
	if slices.ContainsFunc(s.Servers, func(es Server) bool { return es.ReachM > 0 }) {
		all = append(all, entry{"limit of a server's coverage", func(x, y float64) { c.line(x, y-4.5, x+36, y-4.5, pen{1, shade, false}) }})
	}
	square := func(late bool) func(x, y float64) {
		return func(x, y float64) { c.square(x+19, y-4.5, l.side+2, late) }
	}
	if !l.detailed() {
		return append(all, entry{"edge server", square(false)}, entry{fmt.Sprintf("with a backlog of more than %.3g s", s.FullS), square(true)})
	}
	bar := func(level float64) func(x, y float64) {
		return func(x, y float64) { c.bar(x+16, y-13, 7, 17, level) }
	}
	all = append(all, entry{"backlog of a GPU at the slot's start", bar(0.5)}, entry{fmt.Sprintf("more than %.3g s, the shortest deadline", s.FullS), bar(2)})
	for k := range min(len(s.Models), len(modelColors)) {
		words := "model " + s.Models[k]
		if k == len(modelColors)-1 && len(s.Models) > len(modelColors) {
			words = "other models"
		}
		all = append(all, entry{words + " in GPU memory", func(x, y float64) { c.box(x+14, y-10, 11, 11, modelColor(k), pen{}) }})
	}
	return all
}
