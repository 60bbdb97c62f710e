package fewshot

import (
	"fmt"
	"strings"

	"github.com/gmel-go/gmel/nn/train"
)

// Markdown is the table as readable text.
func (t *Table) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s of %s; %d rows for training in a draw; test rows %s; %s by %s, classifier %s.\n\n",
		t.Data, train.Counted(int64(t.K), "image"), strings.Join(t.Rare, ", "), t.Training, t.tested(),
		train.Counted(int64(t.Draws), "draw"), train.Counted(int64(t.Seeds), "seed"), t.Classifier)
	writeRows(&b, t.Arms, t.Bar, true)
	if t.Harm != nil {
		fmt.Fprintf(&b, "\nHarm: the same with %s of each rare class, beside the same bar.\n\n", train.Counted(int64(t.Harm.K), "image"))
		writeRows(&b, t.Harm.Arms, t.Bar, false)
	}
	b.WriteString("\n" + notes)
	return b.String()
}

// notes say how the table is read.
const notes = `Rare F1 is the mean over the rare classes on the test rows; corrected, it also counts their unused rows of training, at the
priors of the test rows. An oracle has no unused rows, so its corrected F1 is on the test rows alone and is not compared. The bar is the baseline with the best validation, which reads images of training alone; an arm with a classifier of its own is no baseline. Numbers are
means over draws with 95 % intervals (Student's t); differences are paired by draw and seed. Intervals say what other draws of
images would change. All draws share the test rows, and what other ones would change comes on top.
`

// tested are the numbers of test rows.
func (t *Table) tested() string {
	var parts []string
	for class, n := range t.Test {
		parts = append(parts, fmt.Sprintf("%d %s", n, t.Classes[class]))
	}
	return strings.Join(parts, ", ")
}

func writeRows(b *strings.Builder, rows []Row, bar string, validated bool) {
	head := []string{"arm", "rare F1", "corrected", "macro F1", "minus the bar: rare F1", "corrected", "macro F1", "minus the same without made images: corrected", "NN ratio", "copies"}
	if validated {
		head = append(head, "validation")
	}
	fmt.Fprintf(b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat("---|", len(head)))
	for _, r := range rows {
		cells := []string{r.Arm, r.Rare.text(false), r.Corrected.text(false), r.Macro.text(false)}
		switch {
		case r.Minus != nil:
			cells = append(cells, r.Minus.Rare.text(true), correctedText(r.Minus), r.Minus.Macro.text(true))
		case r.Arm == bar:
			cells = append(cells, "the bar", "", "")
		default:
			cells = append(cells, "", "", "")
		}
		cells = append(cells, correctedText(r.Added), optional(r.Ratio, "%.2f"), optional(r.Copies, "%.3f"))
		if validated {
			cells = append(cells, optional(r.Validation, "%.3f"))
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}

// correctedText is empty for an oracle, and where there is nothing to compare with.
func correctedText(d *Difference) string {
	if d == nil || d.Corrected == nil {
		return ""
	}
	return d.Corrected.text(true)
}

func optional(v *float64, format string) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf(format, *v)
}

// text is the mean with half the interval; a difference has its sign.
func (i Interval) text(sign bool) string {
	format := "%.3f +- %.3f"
	if sign {
		format = "%+.3f +- %.3f"
	}
	return fmt.Sprintf(format, i.Mean, (i.High-i.Low)/2)
}
