package fewshot

import (
	"math"

	"github.com/gmel-go/gmel/nn/dataset"
)

// lesson is what one classifier is trained on.
type lesson struct {
	set   *dataset.Set // real images, then further ones
	draws []float32    // rows of the set, from which an update draws uniformly
	vary  dataset.Augment
}

// entries is the length of a table of draws.
const entries = 1 << 14

// newLesson joins the rows of a draw with further images, nil for none.
func newLesson(a *Arm, set *dataset.Set, rows []int, further *dataset.Set) *lesson {
	l := &lesson{set: set, vary: a.Vary}
	if further != nil {
		l.set = joined(set, further)
	}
	if !a.Balanced {
		for _, row := range rows {
			l.draws = append(l.draws, float32(row))
		}
		return l
	}
	n := entries / len(set.Classes)
	for _, have := range l.set.Counts(l.set.Rows()) {
		n = max(n, 4*have) // so that no row is left out
	}
	for class := range set.Classes {
		l.draws = append(l.draws, classEntries(l.set, class, rows, share{from: set.N(), of: a.Share, n: n})...)
	}
	return l
}

// joined is a set with the rows of another one after its own.
func joined(a, b *dataset.Set) *dataset.Set {
	to := *a
	to.Group, to.Part, to.Origin, to.Bytes = nil, nil, nil, false
	to.Values = append(append(make([]float32, 0, len(a.Values)+len(b.Values)), a.Values...), b.Values...)
	to.Class = append(append([]int{}, a.Class...), b.Class...)
	return &to
}

// share says what part further rows have.
type share struct {
	from int     // the first further row of the set
	of   float64 // their share
	n    int     // entries of a class
}

// classEntries are the entries of a class in a table in which all classes have as many.
func classEntries(set *dataset.Set, class int, rows []int, s share) (list []float32) {
	var real, made []int
	for _, row := range rows {
		if set.Class[row] == class {
			real = append(real, row)
		}
	}
	for row := s.from; row < set.N(); row++ {
		if set.Class[row] == class {
			made = append(made, row)
		}
	}
	further := 0
	if len(made) > 0 {
		further = int(math.Round(s.of * float64(s.n)))
	}
	return append(evenly(made, further), evenly(real, s.n-further)...)
}

// evenly repeats rows, each equally often up to one, to a length.
func evenly(rows []int, n int) (list []float32) {
	for i := range n {
		list = append(list, float32(rows[i*len(rows)/n]))
	}
	return list
}
