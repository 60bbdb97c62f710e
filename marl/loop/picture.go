package loop

import (
	"slices"

	"github.com/gmel-go/gmel/nn/train/record"
)

// draw draws rare-class F1 over time: left what is sent, at the ideal edge; right who serves samples of the federated model. The line of the
// federated model at the ideal edge is in both. Learned policies come first, so that they have colours of their own.
func (r *Report) draw(path string) error {
	what := record.Panel{Title: "F1 of the missing class, by what arrives (ideal edge)", XLabel: "time, s"}
	who := record.Panel{Title: "By who serves it (dashed: the ideal edge)", XLabel: "time, s"}
	for _, s := range r.Sources {
		line := record.Series{Name: s.Name.title(), X: r.Times, Y: s.Curve, Dashed: s.Name == nothing || s.Name == rawImages}
		what.Series = append(what.Series, line)
		if s.Name == together {
			line.Dashed = true
			who.Series = append(who.Series, line)
		}
	}
	for _, kinds := range [][]string{{learned}, {rule, reference}} {
		for i := len(r.Policies) - 1; i >= 0; i-- { // the best rules are usually last
			if p := r.Policies[i]; slices.Contains(kinds, p.Kind) {
				who.Series = append(who.Series, record.Series{Name: p.Name, X: r.Times, Y: p.Curve})
			}
		}
	}
	return record.Curve(path, []record.Panel{what, who})
}
