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
}

// take copies the rows of a table of draws.
func take(set *dataset.Set, table []float32) (*drawn, error) {
	if len(table) < 1 || len(table) > 1<<24 {
		return nil, fmt.Errorf("classify: %d draws; allowed: 1 to %d", len(table), 1<<24)
	}
	d, place := &drawn{draws: make([]float32, len(table))}, map[int]int{}
	var rows []int
	for i, entry := range table {
		row := int(entry)
		if !(entry >= 0 && row < set.N()) || entry != float32(row) {
			return nil, fmt.Errorf("classify: draw %d is row %g; allowed: 0 to %d", i, entry, set.N()-1)
		}
		if _, ok := place[row]; !ok {
			place[row] = len(rows)
			rows = append(rows, row)
		}
		d.draws[i] = float32(place[row])
	}
	var err error
	if d.standard, err = set.Standard(rows); err != nil {
		return nil, fmt.Errorf("classify: %w", err)
	}
	for _, row := range rows {
		d.values = append(d.values, set.Sample(row)...)
		d.labels = append(d.labels, float32(set.Class[row]))
	}
	d.standard.Apply(d.values, d.values)
	return d, nil
}
