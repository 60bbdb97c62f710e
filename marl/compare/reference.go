package compare

import (
	"context"
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/marl/run"
)

// PlayReferences adds the policies that know more than an agent can to the tables that follow. It plays them once for each
// scenario, on the evaluation episodes of its runs. Progress counts the scenarios.
func (c *Comparison) PlayReferences(ctx context.Context, threads int, progress func(done, total int)) error {
	c.references = make([][]run.Row, len(c.Scenarios))
	for i := range c.Scenarios {
		rows, err := c.finished(i).References(ctx, threads, nil)
		if err != nil {
			return err
		}
		c.references[i] = rows
		progress(i+1, len(c.Scenarios))
	}
	return nil
}

// finished is a run of a scenario; all of them have the same evaluation episodes.
func (c *Comparison) finished(scenario int) *run.Past {
	for _, g := range c.Groups {
		if runs := g.Tasks[scenario]; len(runs) > 0 {
			return runs[0]
		}
	}
	panic("compare: a scenario without a run")
}

// referencesText has a sentence for each reference of a part, in this format; "" if there are none.
func (t *Table) referencesText(p *Part, format string) string {
	var b strings.Builder
	for _, r := range p.References {
		words := []string{fmt.Sprintf("%s %.*f", t.measures[0].Verb, t.measures[0].Digits, r.Scores.Of(t.measures[0].Name).Mean)}
		for _, m := range t.measures[1:] {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s %.*f %s", m.Title, m.Digits, r.Scores.Of(m.Name).Mean, m.Unit)))
		}
		fmt.Fprintf(&b, format, fmt.Sprintf("Reference: %s %s; it %s.", r.Policy, strings.Join(words, ", "), r.Knowledge))
	}
	if b.Len() > 0 {
		b.WriteString("\n")
	}
	return b.String()
}
