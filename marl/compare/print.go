package compare

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/internal/aggregate"
)

// Markdown is the table as readable text.
func (t *Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Interquartile means over runs of the greedy policy, with 95 %% intervals of %d stratified bootstrap resamples.\n", t.Resamples)
	fmt.Fprintf(&b, "P(better) is the probability that a run %s than a run of the first group.\n", t.measures[0].Better)
	for _, p := range t.Parts {
		fmt.Fprintf(&b, "\n%s\n\n| %-30s | %4s |", p.title(), "group", "runs")
		for _, m := range t.measures {
			fmt.Fprintf(&b, " %-*s |", m.Listed, m.Heading())
		}
		fmt.Fprintf(&b, " %-17s |\n|---|---%s|---|\n", "P(better)", strings.Repeat("|---", len(t.measures)))
		for _, r := range p.Rows {
			fmt.Fprintf(&b, "| %-30s | %4d |", r.Group, r.Runs)
			for i, m := range t.measures {
				fmt.Fprintf(&b, " %-*s |", m.Listed, text(r.value(i), m.Digits))
			}
			fmt.Fprintf(&b, " %-17s |\n", text(r.Better, 2))
		}
		b.WriteString(t.referencesText(&p, "\n%s"))
	}
	t.remarks(&b)
	return b.String()
}

func (p *Part) title() string {
	if p.Heuristic == "" {
		return "Scenario: " + p.Scenario
	}
	return fmt.Sprintf("Scenario: %s. The best heuristic, %s, %s %.*f.", p.Scenario, p.Heuristic, p.score.Verb, p.score.Digits, p.Level)
}

// remarks adds what a reader must know.
func (t *Table) remarks(b *strings.Builder) {
	b.WriteString("\n")
	for _, u := range t.Unfinished {
		fmt.Fprintf(b, "Not finished, and not counted: %s, after %d of %d updates.\n", u.Folder, u.Update, u.Updates)
	}
	for _, w := range t.Warnings {
		fmt.Fprintf(b, "Warning: %s.\n", w)
	}
}

// text is a statistic with its interval; "-" for none.
func text(i *aggregate.Interval, digits int) string {
	if i == nil {
		return "-"
	}
	return fmt.Sprintf("%.*f [%.*f, %.*f]", digits, i.Point, digits, i.Low, digits, i.High)
}

// CSV has a row for each group and scenario; numbers have all their digits.
func (t *Table) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	header := []string{"scenario", "group", "runs"}
	var names []string
	for _, m := range t.measures {
		names = append(names, m.Name)
	}
	for _, name := range append(names, "probability_of_improvement") {
		header = append(header, name, name+"_low_95", name+"_high_95")
	}
	w.Write(header)
	for _, p := range t.Parts {
		for _, r := range p.Rows {
			row := []string{p.Scenario, r.Group, strconv.Itoa(r.Runs)}
			for i := range t.measures {
				row = append(row, digits(r.value(i))...)
			}
			w.Write(append(row, digits(r.Better)...))
		}
	}
	w.Flush()
	return b.String()
}

func digits(i *aggregate.Interval) []string {
	if i == nil {
		return []string{"", "", ""}
	}
	var all []string
	for _, v := range []float64{i.Point, i.Low, i.High} {
		all = append(all, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return all
}

// LaTeX is a tabular for each scenario, with the booktabs package.
func (t *Table) LaTeX() string {
	var b strings.Builder
	for _, p := range t.Parts {
		fmt.Fprintf(&b, "%% %s\n\\begin{tabular}{lr%sl}\n\\toprule\ngroup & runs", p.title(), strings.Repeat("l", len(t.measures)))
		for _, m := range t.measures {
			b.WriteString(" & " + m.Title)
			if m.Unit != "" {
				b.WriteString(" (" + m.Unit + ")")
			}
		}
		b.WriteString(" & $P$(better) \\\\\n\\midrule\n")
		for _, r := range p.Rows {
			fmt.Fprintf(&b, "%s & %d", escaped.Replace(r.Group), r.Runs)
			for i, m := range t.measures {
				b.WriteString(" & " + text(r.value(i), m.Digits))
			}
			fmt.Fprintf(&b, " & %s \\\\\n", text(r.Better, 2))
		}
		b.WriteString("\\bottomrule\n\\end{tabular}\n" + t.referencesText(&p, "%% %s\n"))
	}
	return b.String()
}

var escaped = strings.NewReplacer(`\`, `\textbackslash{}`, "_", `\_`, "%", `\%`, "&", `\&`, "#", `\#`, "$", `\$`, "{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`)
