package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	diffusion "github.com/gmel-go/gmel/nn/diffusion/run"
)

// Model is what the page has of a run of a diffusion model.
type Model struct {
	Name    string
	Figures []*Figure
	Grid    template.URL
	Quality []QualityRow
	Against string // what the table compares
	Config  string // YAML
}

// QualityRow are the figures of some samples.
type QualityRow struct {
	Name string
	diffusion.Scores
}

// modelFigures are the curves of a diffusion model: those of one list share a figure.
var modelFigures = []struct {
	id, title string
	names     []string
}{
	{"loss", "Loss", []string{"loss", "held_out_loss"}}, {"grad_norm", "Gradient norm", []string{"grad_norm"}}, {"lr", "Learning rate", []string{"lr"}},
}

func modelOf(id string, s *source) *Model {
	m := &Model{Name: string(s.folder), Grid: s.model.grid, Config: string(s.model.config.YAML())}
	for _, of := range modelFigures {
		f := &Figure{ID: id + of.id, Title: of.title, XLabel: updateLabel}
		var curves []curve
		for colour, name := range of.names {
			c := curve{Series: Series{Name: strings.ReplaceAll(name, "_", " "), Colour: colour}, at: map[float64]point{}}
			for _, line := range s.model.lines {
				if v, there := line.Values[name]; there {
					c.at[float64(line.Update)] = unsure(v)
				}
			}
			if len(c.at) > 0 {
				curves = append(curves, c)
			}
		}
		if f.draw(curves); len(f.X) > 0 {
			m.Figures = append(m.Figures, f)
		}
	}
	if q := s.model.quality; q != nil {
		m.Against = fmt.Sprintf("%d held-out samples and as many generated ones, against %d of training; %s, %d steps, guidance %g", q.Images, q.Training, q.Sampler, q.Steps, q.Guidance)
		for _, r := range slices.Concat([]diffusion.Row{{Name: "real, held out", Scores: q.Real}, {Name: "generated", Scores: q.Generated}}, q.More) {
			m.Quality = append(m.Quality, QualityRow{r.Name, r.Scores})
		}
	}
	return m
}
