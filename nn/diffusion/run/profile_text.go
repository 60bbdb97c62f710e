package run

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
	"github.com/gmel-go/gmel/nn/train/record"
)

// Markdown is the profile as readable text.
func (p *Profile) Markdown() string {
	var b strings.Builder
	m := &p.Machine
	fmt.Fprintf(&b, "%s: %s, %d parameters, samples %v, update %d; %s, guidance %g.\n", p.Run, p.Model, p.Parameters, p.Shape, p.Update, p.Sampler, p.Guidance)
	fmt.Fprintf(&b, "Backend %s: %s, %s, %s.\n\n", m.Backend, m.Device, m.ISA, train.Counted(int64(m.Threads), "thread"))
	p.callTable(&b)
	p.batchTable(&b)
	fmt.Fprintf(&b, "| loading | seconds | range |\n|---|---|---|\n")
	for _, r := range []struct {
		what string
		s    Span
	}{{"read the checkpoint", p.Load.Read}, {"build the Programs", p.Load.Build}, {"first sample", p.Load.First}, {"together", p.Load.Total}} {
		fmt.Fprintf(&b, "| %-19s | %.4g | %.4g to %.4g |\n", r.what, r.s.Median, r.s.Low, r.s.High)
	}
	fmt.Fprintf(&b, "\nCheckpoint %.4g MB, parameters for sampling %.4g MB, a sample %d bits.\n", float64(p.CheckpointBytes)/1e6, float64(p.ParameterBytes)/1e6, p.ResultBits)
	if p.Quality != nil {
		b.WriteString("\n" + p.Quality.Markdown())
	}
	return b.String()
}

// callTable has a row for each batch and a column for each number of steps.
func (p *Profile) callTable(b *strings.Builder) {
	columns := p.Calls[:len(p.Calls)/len(p.Batches)]
	b.WriteString("Seconds of a call: median and half of the range; without a range it was measured once.\n\n| batch |")
	for _, c := range columns {
		fmt.Fprintf(b, " %s |", stepsText(c.Steps, c.Evaluations))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(columns)))
	products := false
	for i, c := range p.Calls {
		if i%len(columns) == 0 {
			fmt.Fprintf(b, "\n| %d |", c.Batch)
		}
		switch {
		case c.Measured == 0:
			products = true
			fmt.Fprintf(b, " %.3g * |", c.Median)
		case c.Measured == 1:
			fmt.Fprintf(b, " %.3g |", c.Median)
		default:
			fmt.Fprintf(b, " %.3g ± %.1g |", c.Median, (c.High-c.Low)/2)
		}
	}
	b.WriteString("\n\n")
	if products {
		b.WriteString("* is not measured: fixed time + evaluations x time of an evaluation, as below.\n\n")
	}
}

func stepsText(steps, evaluations int) string {
	text := train.Counted(int64(steps), "step")
	if evaluations != steps {
		text += fmt.Sprintf(" (%s)", train.Counted(int64(evaluations), "evaluation"))
	}
	return text
}

// batchTable has what the calls of a batch have in common.
func (p *Profile) batchTable(b *strings.Builder) {
	b.WriteString("| batch | fixed, ms | evaluation, ms | evaluation and sample, ms | measured calls differ by at most | memory, MB |\n|---|---|---|---|---|---|\n")
	for _, c := range p.Batches {
		fmt.Fprintf(b, "| %d | %.3g | %.4g | %.4g | %.1f %% | %.4g |\n", c.Batch, 1e3*c.Fixed, 1e3*c.Evaluation, 1e3*c.Evaluation/float64(c.Batch),
			100*c.Deviation, float64(c.ArenaBytes)/1e6)
	}
	b.WriteString("\n")
}

// Markdown is the table of quality, with the real images as its first row.
func (q *QualityBySteps) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, as many generated, against %d of training.\n\n", train.Counted(int64(q.Images), "held-out "+q.noun), q.Training)
	fmt.Fprintf(&b, "| %ss | Frechet distance | precision | recall | coverage | nearest-neighbour ratio | copies |\n|---|---|---|---|---|---|---|\n", q.noun)
	row := func(name string, s *Scores) {
		fmt.Fprintf(&b, "| %s | %.2f | %.2f | %.2f | %.2f | %.2f | %.3f |\n", name, s.Frechet, s.Precision, s.Recall, s.Coverage, s.Ratio, s.Copies)
	}
	row("real, held out", &q.Real)
	for i := range q.Rows {
		r := &q.Rows[i]
		row(r.Sampler+", "+stepsText(r.Steps, r.Evaluations), &r.Scores)
	}
	return b.String()
}

// Panels are the times by evaluations, on logarithmic axes, and the quality by evaluations if it was measured.
func (p *Profile) Panels() []record.Panel {
	times := record.Panel{Title: "Seconds of a call", XLabel: "evaluations of the network", Log: true}
	columns := len(p.Calls) / len(p.Batches)
	for i, cost := range p.Batches {
		s := record.Series{Name: fmt.Sprintf("batch %d", cost.Batch)}
		for _, c := range p.Calls[i*columns:][:columns] {
			s.X, s.Y = append(s.X, float64(c.Evaluations)), append(s.Y, c.Median)
			s.Low, s.High = append(s.Low, c.Low), append(s.High, c.High)
		}
		times.Series = append(times.Series, s)
	}
	if p.Quality == nil {
		return []record.Panel{times}
	}
	lines := p.Quality.lines()
	return []record.Panel{times, {Title: "Frechet distance to what was trained on", XLabel: "evaluations of the network", Log: true, Series: lines}}
}

// lines are the Frechet distance of each sampler, and that of the held-out images as a level.
func (q *QualityBySteps) lines() (list []record.Series) {
	real := record.Series{Name: "real, held out", Dashed: true}
	for _, r := range q.Rows {
		if len(list) == 0 || list[len(list)-1].Name != r.Sampler {
			list = append(list, record.Series{Name: r.Sampler})
		}
		s := &list[len(list)-1]
		s.X, s.Y = append(s.X, float64(r.Evaluations)), append(s.Y, r.Frechet)
		real.X, real.Y = append(real.X, float64(r.Evaluations)), append(real.Y, q.Real.Frechet)
	}
	return append(list, real)
}
