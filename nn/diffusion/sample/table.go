package sample

import (
	"slices"

	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/diffusion"
	"github.com/gmel-go/gmel/nn/machine"
	"github.com/gmel-go/gmel/nn/op"
)

// table has the coefficients of a plan, a row for each evaluation. Columns that are zero in every row are left out, and so is
// what they would multiply.
type table struct {
	rows    int
	columns map[string]int // by name
	data    []float32      // [rows, columns]
}

// names of columns, in their order. Slopes are numbered from the newest.
var names = []string{
	"in", "time", "skip", "out",
	"slope.x", "slope.d", "slope.raw",
	"base.x", "base.base", "base.0", "base.1", "base.2", "base.3",
	"next.x", "next.base", "next.0", "next.1", "next.2", "next.3",
	"noise",
	"known", "known.x", "known.noise", "back.x", "back.noise",
}

// newTable rounds the coefficients of a plan to float32.
func newTable(plan diffusion.Plan, predict diffusion.Prediction) *table {
	all := make([][]float64, len(plan))
	back := slices.ContainsFunc(plan, func(e diffusion.Evaluation) bool { return e.Back != diffusion.Back{} })
	for i := range plan {
		all[i] = append(row(&plan[i], predict), held(&plan[i], back)...)
	}
	t := &table{rows: len(plan), columns: map[string]int{}}
	var kept []int
	for k, name := range names {
		for i := range all {
			if all[i][k] != 0 {
				t.columns[name] = len(kept)
				kept = append(kept, k)
				break
			}
		}
	}
	for i := range all {
		for _, k := range kept {
			t.data = append(t.data, float32(all[i][k]))
		}
	}
	return t
}

func row(e *diffusion.Evaluation, predict diffusion.Prediction) []float64 {
	c := predict.At(e.Level)
	r := []float64{c.In, c.Time, c.Skip, c.Out, e.Slope.X, e.Slope.D, e.Slope.Raw}
	for _, s := range []*diffusion.Sum{&e.Base, &e.Next} {
		r = append(r, s.X, s.Base)
		r = append(r, s.Slope[:]...)
	}
	return append(r, e.Noise)
}

// held are the coefficients of diffusion.Inpaint, all zero in other plans. Where some evaluations go back, the others keep x.
func held(e *diffusion.Evaluation, back bool) []float64 {
	r := make([]float64, 5)
	if e.Hold {
		r[0], r[1], r[2] = 1, e.To.Alpha, e.To.Sigma
	}
	if r[3], r[4] = e.Back.Keep, e.Back.Noise; back && e.Back == (diffusion.Back{}) {
		r[3] = 1
	}
	return r
}

// has reports whether a column is not zero throughout.
func (t *table) has(name string) bool {
	_, there := t.columns[name]
	return there
}

// values are a column, zeros if it is left out.
func (t *table) values(name string) []float32 {
	list := make([]float32, t.rows)
	if k, there := t.columns[name]; there {
		for i := range list {
			list[i] = t.data[i*len(t.columns)+k]
		}
	}
	return list
}

// remembered is the number of slopes that a step needs from the steps before it.
func (t *table) remembered() int {
	for k := diffusion.History - 1; k > 0; k-- {
		if t.has(slopeName("base", k)) || t.has(slopeName("next", k)) {
			return k
		}
	}
	return 0
}

func slopeName(of string, k int) string { return of + "." + string(rune('0'+k)) }

// coefficients are the row of the table for one evaluation on the device: a scalar for each column.
type coefficients struct {
	t   *table
	all []machine.Tensor // [columns] scalars
}

// gather appends to the Program: the coefficients of evaluation at[1].
func (t *table) gather(b *machine.Builder, data, at machine.Tensor) coefficients {
	c := coefficients{t: t}
	row := b.Temp("coefficients", 1, len(t.columns))
	b.GatherRows(data, at, row)
	for k := range len(t.columns) {
		c.all = append(c.all, b.Part(row, k))
	}
	return c
}

// of is a column as a node; nil if it is zero throughout.
func (c coefficients) of(f *nn.Fragment, name string) *nn.Node {
	k, there := c.t.columns[name]
	if !there {
		return nil
	}
	return f.Input(c.all[k])
}

// weighted is the sum over columns of their coefficient times a node; nil if all columns are zero.
type weighted struct {
	c   coefficients
	f   *nn.Fragment
	sum *nn.Node
}

func (c coefficients) sum(f *nn.Fragment) *weighted { return &weighted{c: c, f: f} }

// add adds the column's coefficient times x.
func (w *weighted) add(name string, x *nn.Node) *weighted {
	c := w.c.of(w.f, name)
	if c == nil {
		return w
	}
	term := op.Mul(x, c)
	if w.sum == nil {
		w.sum = term
	} else {
		w.sum = op.Add(w.sum, term)
	}
	return w
}
