package loop

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
)

// Markdown is the report as tables.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %d; means with 95 %% intervals over seeds. Episodes of %g s.\n\n", train.Counted(int64(r.Seeds), "seed"), r.FirstOne, r.Horizon)
	r.stationTable(&b)
	r.sourceTable(&b)
	fmt.Fprintf(&b, "Policies serve samples of the federated model. Targets are shares of the rare-class F1 that the ideal edge has at its end; a base without it counts %g s.\n\n", r.Horizon)
	r.policyTable(&b)
	r.earlierTable(&b)
	r.stepsTable(&b)
	fmt.Fprintf(&b, "\nThe federated model reaches %s of the rare-class F1 with raw images. It took %s, %.2f MB up and %.2f MB down; the raw images would be %.3f MB.\n",
		r.Ratio.Text(2), train.Counted(int64(r.Traffic.Rounds), "round"), mega(r.Traffic.Up), mega(r.Traffic.Down), mega(r.Traffic.Raw))
	return b.String()
}

func mega(bytes int64) float64 { return float64(bytes) / 1e6 }

func (r *Report) stationTable(b *strings.Builder) {
	b.WriteString("| station | lacks | images | of the class elsewhere |")
	for _, from := range allSources {
		fmt.Fprintf(b, " %s |", from.title())
	}
	b.WriteString("\n|---|---|---|---|" + strings.Repeat("---|", len(allSources)) + "\n")
	for i, s := range r.Stations {
		fmt.Fprintf(b, "| %d | %s | %d | %d |", i, s.Missing, s.Images, s.Raw)
		for _, from := range allSources {
			fmt.Fprintf(b, " %s |", s.F1[from].Text(3))
		}
		b.WriteString("\n")
	}
	b.WriteString("\nNumbers below the sources are rare-class F1 with the last level of stock.\n\n")
}

func (r *Report) sourceTable(b *strings.Builder) {
	b.WriteString("| source, at the ideal edge | rare-class F1 | macro F1 |\n|---|---|---|\n")
	for _, s := range r.Sources {
		fmt.Fprintf(b, "| %s | %s | %s |\n", s.Name.title(), s.Rare.Text(3), s.Macro.Text(3))
	}
	b.WriteString("\n")
}

// shown are the times of a curve in the table, as parts of the horizon.
var shown = []float64{0.1, 0.2, 0.4, 1}

func (r *Report) policyTable(b *strings.Builder) {
	b.WriteString("| policy | completion | samples in time | steps | latency s | J/task |")
	for _, share := range r.Targets {
		fmt.Fprintf(b, " %g after s |", share)
	}
	for _, share := range shown {
		fmt.Fprintf(b, " F1 at %g s |", share*r.Horizon)
	}
	b.WriteString("\n|---|---|---|---|---|---|" + strings.Repeat("---|", len(r.Targets)+len(shown)) + "\n")
	for _, p := range r.Policies {
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s |", p.Name, p.Completion.Text(3), p.Samples.Text(3), p.Steps.Text(2), p.LatencyS.Text(3), p.EnergyJ.Text(r.energyDigits()))
		for _, x := range p.Targets {
			fmt.Fprintf(b, " %s |", x.Seconds.Text(2))
		}
		r.curveCells(b, p.Curve)
	}
	b.WriteString("| ideal edge | 1 | 1 | | | |" + strings.Repeat(" |", len(r.Targets)))
	for _, s := range r.Sources {
		if s.Name == together {
			r.curveCells(b, s.Curve)
		}
	}
	b.WriteString("\n")
}

// energyDigits are the decimals of energies: tasks take from millijoules to hundreds of joules.
func (r *Report) energyDigits() int {
	for _, p := range r.Policies {
		if p.EnergyJ.Mean >= 1 {
			return 1
		}
	}
	return 4
}

// stepsTable is there where IEDs choose the steps.
func (r *Report) stepsTable(b *strings.Builder) {
	if r.BySteps == nil {
		return
	}
	b.WriteString("\n| steps of all samples | rare-class F1 with the last level of stock |\n|---|---|\n")
	for _, s := range r.BySteps {
		fmt.Fprintf(b, "| %d | %s |\n", s.Steps, s.Rare.Text(3))
	}
}

func (r *Report) curveCells(b *strings.Builder, curve []float64) {
	for _, share := range shown {
		fmt.Fprintf(b, " %.3f |", curve[int(share*(instants-1)+0.5)])
	}
	b.WriteString("\n")
}

// earlierTable has a row for each pair, a column for each target. One seed has intervals over its worlds.
func (r *Report) earlierTable(b *strings.Builder) {
	if len(r.Earlier) == 0 {
		return
	}
	head, of := "seconds earlier", func(e Earlier) train.Interval { return e.Seconds }
	if r.Seeds == 1 {
		head, of = "seconds earlier, with intervals over worlds", func(e Earlier) train.Interval { return e.Worlds }
	}
	fmt.Fprintf(b, "| %s |", head)
	for _, share := range r.Targets {
		fmt.Fprintf(b, " %g |", share)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(r.Targets)) + "\n")
	pairs := len(r.Earlier) / len(r.Targets)
	for i, e := range r.Earlier[:pairs] {
		fmt.Fprintf(b, "| %s than %s |", e.Policy, e.Than)
		for k := range r.Targets {
			fmt.Fprintf(b, " %s |", of(r.Earlier[k*pairs+i]).Text(2))
		}
		b.WriteString("\n")
	}
}
