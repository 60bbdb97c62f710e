package loop

import "github.com/gmel-go/gmel/nn/train/record"

// idealName is the line of the ideal edge among those of policies.
const idealName = "ideal edge"

// draw draws rare-class F1 over time: left what is sent, at the ideal edge; right who serves samples of the federated model.
func (r *Report) draw(path string) error {
	what := record.Panel{Title: "What arrives (ideal edge): F1 of the missing class", XLabel: "time, s"}
	who := record.Panel{Title: "Who serves it (federated model)", XLabel: "time, s"}
	for _, s := range r.Sources {
		line := record.Series{Name: s.Name.title(), X: r.Times, Y: s.Curve, Dashed: s.Name == nothing || s.Name == rawImages}
		if s.Name == together {
			who.Series = append(who.Series, record.Series{Name: idealName, X: r.Times, Y: s.Curve, Dashed: true})
		}
		what.Series = append(what.Series, line)
	}
	for _, p := range r.Policies {
		who.Series = append(who.Series, record.Series{Name: p.Name, X: r.Times, Y: p.Curve})
	}
	return record.Curve(path, []record.Panel{what, who})
}
