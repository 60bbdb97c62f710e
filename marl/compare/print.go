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
	b.WriteString("P(better) is the probability that a run completes more tasks than a run of the first group.\n")
	for _, p := range t.Parts {
		fmt.Fprintf(&b, "\n%s\n\n| %-30s | %4s | %-24s | %-20s | %-22s | %-17s |\n", p.title(), "group", "runs", "completion", "latency s", "reward", "P(better)")
		b.WriteString("|---|---|---|---|---|---|\n")
		for _, r := range p.Rows {
			fmt.Fprintf(&b, "| %-30s | %4d | %-24s | %-20s | %-22s | %-17s |\n",
				r.Group, r.Runs, text(&r.Completion, 4), text(r.LatencyS, 3), text(r.Reward, 2), text(r.Better, 2))
		}
	}
	t.remarks(&b)
	return b.String()
}

func (p *Part) title() string {
	if p.Heuristic == "" {
		return "Scenario: " + p.Scenario
	}
	return fmt.Sprintf("Scenario: %s. The best heuristic, %s, completes %.4f.", p.Scenario, p.Heuristic, p.Level)
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
	for _, name := range []string{"completion_rate", "mean_latency_s", "reward", "probability_of_improvement"} {
		header = append(header, name, name+"_low_95", name+"_high_95")
	}
	w.Write(header)
	for _, p := range t.Parts {
		for _, r := range p.Rows {
			row := []string{p.Scenario, r.Group, strconv.Itoa(r.Runs)}
			for _, i := range []*aggregate.Interval{&r.Completion, r.LatencyS, r.Reward, r.Better} {
				row = append(row, digits(i)...)
			}
			w.Write(row)
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
		fmt.Fprintf(&b, "%% %s\n\\begin{tabular}{lrllll}\n\\toprule\n", p.title())
		b.WriteString("group & runs & completion & latency (s) & reward & $P$(better) \\\\\n\\midrule\n")
		for _, r := range p.Rows {
			fmt.Fprintf(&b, "%s & %d & %s & %s & %s & %s \\\\\n", escaped.Replace(r.Group), r.Runs,
				text(&r.Completion, 4), text(r.LatencyS, 3), text(r.Reward, 2), text(r.Better, 2))
		}
		b.WriteString("\\bottomrule\n\\end{tabular}\n")
	}
	return b.String()
}

var escaped = strings.NewReplacer(`\`, `\textbackslash{}`, "_", `\_`, "%", `\%`, "&", `\&`, "#", `\#`, "$", `\$`, "{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`)
