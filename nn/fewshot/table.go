package fewshot

import (
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/nn/classify"
	"github.com/gmel-go/gmel/nn/diffusion/quality"
)

// Table is the result of a study.
type Table struct {
	Data       string     `json:"data"`
	Classes    []string   `json:"classes"`
	Rare       []string   `json:"rare"`
	K          int        `json:"k"`
	Draws      int        `json:"draws"`
	Seeds      int        `json:"seeds"`
	Classifier string     `json:"classifier"`
	Training   int        `json:"training_rows"` // of a draw
	Test       []int      `json:"test_rows"`     // of each class
	Bar        string     `json:"bar"`           // the arm that others are compared with; "": no arm can be the bar
	Arms       []Row      `json:"arms"`
	Harm       *HarmTable `json:"harm,omitempty"`

	bar *Arm
}

// Row is an arm. Numbers are means over draws, each the mean over seeds.
type Row struct {
	Arm        string      `json:"arm"`
	Rare       Interval    `json:"rare_f1"`
	Corrected  Interval    `json:"rare_f1_corrected"`
	Macro      Interval    `json:"macro_f1"`
	Minus      *Difference `json:"minus_bar,omitempty"`
	Added      *Difference `json:"minus_plain,omitempty"` // to the same arm without its made images
	Validation *float64    `json:"validation,omitempty"`  // by which the bar is chosen
	Ratio      *float64    `json:"nn_ratio,omitempty"`    // of further images, see quality.Memory
	Copies     *float64    `json:"copies,omitempty"`
}

// Difference is that of an arm to another one, paired by draw and seed. An oracle has no unused rows, so its recall is that of other images
// than the bar's: the difference of corrected scores is nil.
type Difference struct {
	Rare      Interval  `json:"rare_f1"`
	Corrected *Interval `json:"rare_f1_corrected,omitempty"`
	Macro     Interval  `json:"macro_f1"`
}

// HarmTable has the arms with generated images at a larger k, beside the same bar.
type HarmTable struct {
	K    int   `json:"k"`
	Arms []Row `json:"arms"`
}

// table reads all cells of the main comparison.
func (s *Study) table(st *store) (*Table, error) {
	rows, _, err := s.Task.draw(s.K, 0)
	if err != nil {
		return nil, err
	}
	t := &Table{
		Data: s.Set.Name, Classes: s.Set.Classes, K: s.K, Draws: s.Draws, Seeds: s.Seeds, Classifier: s.Classifier,
		Training: len(rows), Test: s.Set.Counts(s.Test),
	}
	for _, class := range s.Rare {
		t.Rare = append(t.Rare, s.Set.Classes[class])
	}
	valid := map[*Arm]float64{}
	if t.bar, err = s.choose(st, valid); err != nil {
		return nil, err
	}
	if t.bar != nil {
		t.Bar = t.bar.Name
	}
	var arms []*Arm
	for i := range s.Arms {
		arms = append(arms, &s.Arms[i])
	}
	t.Arms, err = s.rows(st, s.K, arms, t.bar)
	for i, a := range arms {
		if v, ok := valid[a]; ok {
			t.Arms[i].Validation = &v
		}
	}
	return t, err
}

// harmTable reads the cells of the comparison with more images.
func (s *Study) harmTable(st *store, bar *Arm) (*HarmTable, error) {
	rows, err := s.rows(st, s.Harm, append([]*Arm{bar}, s.tested()...), bar)
	return &HarmTable{s.Harm, rows}, err
}

// choose returns the best baseline by its validation, which is noted for all: the mean corrected F1 of the rare classes over all
// held-back images of all draws, in a test with the classes of the rows of training. It reads no test row. With a single
// baseline there is no choice.
func (s *Study) choose(st *store, valid map[*Arm]float64) (best *Arm, err error) {
	candidates := s.candidates()
	if len(candidates) == 1 {
		return candidates[0], nil
	}
	for _, a := range candidates {
		sum := classify.Confuse(nil, nil, len(s.Set.Classes))
		for draw := range s.Draws {
			for part := range s.parts() {
				o, err := st.known(&cell{arm: a, k: s.K, draw: draw, part: part + 1})
				if err != nil {
					return nil, err
				}
				add(sum, o.Test)
			}
		}
		valid[a] = s.validity(sum)
		if best == nil || valid[a] > valid[best] {
			best = a
		}
	}
	return best, nil
}

// validity is the mean corrected F1 of the rare classes at the priors of the rows of training.
func (s *Study) validity(c classify.Confusion) (mean float64) {
	var n []float64
	for _, k := range s.Set.Counts(s.Training) {
		n = append(n, float64(k))
	}
	none := classify.Confuse(nil, nil, len(s.Set.Classes))
	for _, class := range s.Rare {
		mean += corrected(c, none, class, n) / float64(len(s.Rare))
	}
	return mean
}

func add(to, c classify.Confusion) {
	for i := range c {
		for j, n := range c[i] {
			to[i][j] += n
		}
	}
}

// known is the outcome of a cell that has been made.
func (st *store) known(c *cell) (*outcome, error) {
	o, err := st.get(c)
	if err == nil && o == nil {
		err = fmt.Errorf("fewshot: the cell %s is missing", st.name(c))
	}
	return o, err
}

// rows are those of some arms, with their differences to the bar, which is nil where there is none, and to the same arm without its made images
// if that is one of them.
func (s *Study) rows(st *store, k int, arms []*Arm, bar *Arm) (rows []Row, err error) {
	scores := map[*Arm][]Scores{}
	for _, a := range arms {
		row := Row{Arm: a.Name}
		var memory *quality.Memory
		if scores[a], memory, err = s.byDraw(st, k, a); err != nil {
			return nil, err
		}
		row.Rare, row.Corrected, row.Macro = summary(scores[a], nil)
		if memory != nil {
			row.Ratio, row.Copies = rounded(memory.Ratio), rounded(memory.Copies)
		}
		rows = append(rows, row)
	}
	for i, a := range arms {
		if bar != nil && a != bar {
			rows[i].Minus = minus(a, scores[a], scores[bar])
		}
		if at := slices.IndexFunc(arms, func(b *Arm) bool { return b.isPlainOf(a) }); at >= 0 {
			rows[i].Added = minus(a, scores[a], scores[arms[at]])
		}
	}
	return rows, nil
}

// minus is the difference of an arm to another one.
func minus(a *Arm, scores, other []Scores) *Difference {
	rare, corrected, macro := summary(scores, other)
	d := &Difference{Rare: rare, Macro: macro}
	if a.Source != oracle {
		d.Corrected = &corrected
	}
	return d
}

// byDraw are the scores of an arm, a mean over seeds for each draw, and the mean memory of its further images.
func (s *Study) byDraw(st *store, k int, a *Arm) (list []Scores, memory *quality.Memory, err error) {
	list = make([]Scores, s.Draws)
	var all []quality.Memory
	for draw := range list {
		for _, c := range s.trials(a, k, draw) {
			o, err := st.known(&c)
			if err != nil {
				return nil, nil, err
			}
			one, n := scoresOf(o.Test, o.Unused, s.Rare), float64(s.Seeds)
			list[draw].Rare += one.Rare / n
			list[draw].Corrected += one.Corrected / n
			list[draw].Macro += one.Macro / n
			if o.Memory != nil {
				all = append(all, *o.Memory)
			}
		}
	}
	return list, meanMemory(all), nil
}

// meanMemory is that of several draws and seeds; nil for none.
func meanMemory(all []quality.Memory) *quality.Memory {
	if len(all) == 0 {
		return nil
	}
	mean, n := quality.Memory{}, float64(len(all))
	for _, m := range all {
		mean.Ratio += m.Ratio / n
		mean.Copies += m.Copies / n
	}
	return &mean
}

// summary are the intervals of three scores, or of their differences to others of the same draws.
func summary(scores, base []Scores) (rare, fair, macro Interval) {
	over := func(of func(Scores) float64) Interval {
		values := make([]float64, len(scores))
		for i, s := range scores {
			if values[i] = of(s); base != nil {
				values[i] -= of(base[i])
			}
		}
		return interval(values)
	}
	return over(func(s Scores) float64 { return s.Rare }), over(func(s Scores) float64 { return s.Corrected }), over(func(s Scores) float64 { return s.Macro })
}

func rounded(x float64) *float64 {
	x = math.Round(x*1e4) / 1e4
	return &x
}
