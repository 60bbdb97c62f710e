package classify

import (
	"fmt"

	"github.com/gmel-go/gmel/nn/dataset"
)

// drawn is the rows of a set that are drawn from, numbered anew.
type drawn struct {
	standard dataset.Standard
	values   []float32 // [N, size], standardised
	labels   []float32 // [N]
	draws    []float32 // rows, 0 to N-1
	numbers  numbers
}

// numbers are those of rows of a set among the rows that are drawn from.
type numbers map[int]int

// take copies the rows of a table of draws, and spare ones.
func take(set *dataset.Set, table []float32, spare []int) (*drawn, error) {
	if len(table) < 1 || len(table) > 1<<24 {
		return nil, fmt.Errorf("classify: %d draws; allowed: 1 to %d", len(table), 1<<24)
	}
	d := &drawn{numbers: numbers{}}
	var rows []int
	add := func(row int) {
		if _, ok := d.numbers[row]; !ok {
			d.numbers[row] = len(rows)
			rows = append(rows, row)
		}
	}
	for i, entry := range table {
		row := int(entry)
		if !(entry >= 0 && row < set.N()) || entry != float32(row) {
			return nil, fmt.Errorf("classify: draw %d is row %g; allowed: 0 to %d", i, entry, set.N()-1)
		}
		add(row)
	}
	var err error
	if d.standard, err = set.Standard(rows); err != nil {
		return nil, fmt.Errorf("classify: %w", err)
	}
	for _, row := range spare {
		if row < 0 || row >= set.N() {
			return nil, fmt.Errorf("classify: spare row %d; allowed: 0 to %d", row, set.N()-1)
		}
		add(row)
	}
	for _, row := range rows {
		d.values = append(d.values, set.Sample(row)...)
		d.labels = append(d.labels, float32(set.Class[row]))
	}
	d.standard.Apply(d.values, d.values)
	d.draws, err = d.numbers.renumber(table)
	return d, err
}

// renumber is a table of rows of the set by their new numbers.
func (n numbers) renumber(table []float32) ([]float32, error) {
	to := make([]float32, len(table))
	for i, entry := range table {
		number, ok := n[int(entry)]
		if !ok || entry != float32(int(entry)) {
			return nil, fmt.Errorf("draw %d is row %g; allowed: rows of the first table and spare ones", i, entry)
		}
		to[i] = float32(number)
	}
	return to, nil
}
