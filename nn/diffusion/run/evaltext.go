package run

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
)

// column is a figure of a row.
type column struct {
	key, title string
	digits     int
	of         func(*EvalRow) *Estimate
}

// columns are the figures of the table.
func (e *Evaluation) columns() []column {
	list := []column{
		{"frechet", "FD", 2, func(r *EvalRow) *Estimate { return &r.Frechet }},
		{"kid", "KID", 3, func(r *EvalRow) *Estimate { return &r.KID }},
		{"precision", "precision", 2, func(r *EvalRow) *Estimate { return &r.Precision }},
		{"recall", "recall", 2, func(r *EvalRow) *Estimate { return &r.Recall }},
		{"coverage", "coverage", 2, func(r *EvalRow) *Estimate { return &r.Coverage }},
		{"nn_ratio", "NN ratio", 2, func(r *EvalRow) *Estimate { return &r.Ratio }},
		{"copies", "copies", 3, func(r *EvalRow) *Estimate { return &r.Copies }},
	}
	if e.Classifiers > 0 {
		list = append(list, column{"accuracy", "accuracy", 3, func(r *EvalRow) *Estimate { return r.Accuracy }},
			column{"macro_f1", "macro F1", 3, func(r *EvalRow) *Estimate { return r.F1 }})
	}
	return list
}

// name is what a row shows.
func (r *EvalRow) name() string {
	if r.Sampler == "" {
		return r.Images
	}
	name := fmt.Sprintf("%s %d, %s", r.Sampler, r.Steps, train.Counted(int64(r.Evaluations), "evaluation"))
	if r.Guidance != 1 {
		name += fmt.Sprintf(", guidance %g", r.Guidance)
	}
	return name
}

// text is the mean with its margin.
func (e *Estimate) text(digits int, sign string) string {
	if e.Margin == nil {
		return fmt.Sprintf("%.*f", digits, e.Mean)
	}
	return fmt.Sprintf("%.*f %s %.*f", digits, e.Mean, sign, digits, *e.Margin)
}

// Markdown is the table as readable text.
func (e *Evaluation) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s and as many of each other row, against %d of training; by %s.\n",
		e.Set, train.Counted(int64(e.Images), "held-out "+e.noun), e.Training, e.By)
	fmt.Fprintf(&b, "%s; +- is the half of a 95 %% interval: %s.\n", train.Counted(int64(e.Seeds), "draw"), e.intervals())
	if e.Classifiers > 0 {
		fmt.Fprintf(&b, "Accuracy and F1 are on all held-out %ss, of %s a draw, trained on %d of the row alone; in the first row on %d of training.\n",
			e.noun, train.Counted(int64(e.Classifiers), "classifier"), e.Count, min(e.Count, e.Training))
	}
	columns := e.columns()
	cells := [][]string{{e.noun + "s"}}
	for _, c := range columns {
		cells[0] = append(cells[0], c.title)
	}
	for i := range e.Rows {
		cells = append(cells, e.Rows[i].cells(columns, "+-"))
	}
	b.WriteString("\n" + aligned(cells))
	return b.String()
}

// intervals says over what the intervals are.
func (e *Evaluation) intervals() string {
	one := "of KID over samples"
	if e.Classifiers > 1 {
		one += ", of accuracy and F1 over classifiers"
	}
	if e.Seeds > 1 {
		return "over draws; in the first row " + one
	}
	return one
}

func (r *EvalRow) cells(columns []column, sign string) []string {
	row := []string{r.name()}
	for _, c := range columns {
		row = append(row, c.of(r).text(c.digits, sign))
	}
	return row
}

// aligned is a table in Markdown whose columns are as wide as their longest cell.
func aligned(cells [][]string) string {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], len(cell))
		}
	}
	var b strings.Builder
	for n, row := range cells {
		for i, cell := range row {
			fmt.Fprintf(&b, "| %-*s ", widths[i], cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

// CSV has a line for each row; numbers have all their digits.
func (e *Evaluation) CSV() string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	columns := e.columns()
	header := []string{"images", "sampler", "steps", "evaluations", "guidance"}
	for _, c := range columns {
		header = append(header, c.key, c.key+"_margin_95")
	}
	w.Write(header)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for i := range e.Rows {
		r := &e.Rows[i]
		line := []string{r.Images, r.Sampler, "", "", ""}
		if r.Sampler != "" {
			line = []string{r.Images, r.Sampler, strconv.Itoa(r.Steps), strconv.Itoa(r.Evaluations), number(r.Guidance)}
		}
		for _, c := range columns {
			x, margin := c.of(r), ""
			if x.Margin != nil {
				margin = number(*x.Margin)
			}
			line = append(line, number(x.Mean), margin)
		}
		w.Write(line)
	}
	w.Flush()
	return b.String()
}

// LaTeX is a tabular with the booktabs package.
func (e *Evaluation) LaTeX() string {
	var b strings.Builder
	columns := e.columns()
	fmt.Fprintf(&b, "\\begin{tabular}{l%s}\n\\toprule\n%ss", strings.Repeat("l", len(columns)), e.noun)
	for _, c := range columns {
		b.WriteString(" & " + c.title)
	}
	b.WriteString(" \\\\\n\\midrule\n")
	for i := range e.Rows {
		b.WriteString(strings.Join(e.Rows[i].cells(columns, `$\pm$`), " & ") + " \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	return b.String()
}
