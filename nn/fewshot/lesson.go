package fewshot

import (
	"math"

	"github.com/gmel-go/gmel/nn/dataset"
)

// lesson is what one classifier is trained on.
type lesson struct {
	set     *dataset.Set // real images, then further ones
	draws   []float32    // rows of the set, from which an update draws uniformly
	vary    dataset.Augment
	rows    []int        // of real images
	further *dataset.Set // nil: none
	share   float64      // of further images among the draws of a class
	chooses bool         // the classifier chooses among the further images as it learns, and none is drawn before
}

// entries is the length of a table of draws.
const entries = 1 << 14

// newLesson joins the rows of a draw with further images, nil for none.
func newLesson(a *Arm, set *dataset.Set, rows []int, further *dataset.Set) *lesson {
	l := &lesson{set: set, vary: a.Vary, rows: rows, further: further, share: a.Share, chooses: a.Source == fly}
	if further != nil {
		l.set = joined(set, further)
	}
	switch {
	case !a.Balanced:
		for _, row := range rows {
			l.draws = append(l.draws, float32(row))
		}
	case l.chooses:
		l.draws = l.table(nil)
	default:
		l.draws = l.table(l.made())
	}
	return l
}

// made are the rows of the further images.
func (l *lesson) made() (rows []int) {
	if l.further != nil {
		for row := l.set.N() - l.further.N(); row < l.set.N(); row++ {
			rows = append(rows, row)
		}
	}
	return rows
}

// table draws all classes equally often, those with made rows in their share. Its length does not depend on the rows.
func (l *lesson) table(made []int) (draws []float32) {
	n := entries / len(l.set.Classes)
	for _, have := range l.set.Counts(l.set.Rows()) {
		n = max(n, 4*have) // so that no row is left out
	}
	for class := range l.set.Classes {
		own := func(rows []int) (list []int) {
			for _, row := range rows {
				if l.set.Class[row] == class {
					list = append(list, row)
				}
			}
			return list
		}
		some, further := own(made), 0
		if len(some) > 0 {
			further = int(math.Round(l.share * float64(n)))
		}
		draws = append(append(draws, evenly(some, further)...), evenly(own(l.rows), n-further)...)
	}
	return draws
}

// redraw lets a classifier in training choose: the first part of so many of the further images is there, and those are drawn from now on of
// which it is unsure, though it may be right. So training asks for what the classifier does not know yet, as in feedback-guided
// synthesis (arXiv 2310.00158).
func (l *lesson) redraw(c answerer, part, of int) error {
	there := l.further.N() * part / of
	chances, err := c.Probabilities(l.further, l.further.Rows()[:there])
	if err != nil {
		return err
	}
	var kept []int
	for i, row := range l.made()[:there] {
		if unsure.has(chances[i][l.set.Class[row]]) {
			kept = append(kept, row)
		}
	}
	l.draws = l.table(kept)
	return nil
}

// joined is a set with the rows of another one after its own.
func joined(a, b *dataset.Set) *dataset.Set {
	to := *a
	to.Group, to.Part, to.Origin, to.Bytes = nil, nil, nil, false
	to.Values = append(append(make([]float32, 0, len(a.Values)+len(b.Values)), a.Values...), b.Values...)
	to.Class = append(append([]int{}, a.Class...), b.Class...)
	return &to
}

// evenly repeats rows, each equally often up to one, to a length.
func evenly(rows []int, n int) (list []float32) {
	for i := range n {
		list = append(list, float32(rows[i*len(rows)/n]))
	}
	return list
}
