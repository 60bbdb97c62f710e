package dataset

import (
	"fmt"
	"math"
	"slices"
)

// Balance says how often rows are drawn.
type Balance struct {
	Rows  []int     // ascending
	Class []float64 // [K] probability that a draw is of a class; 0 for a class without rows

	set    *Set
	counts []int // [K] rows of each class
}

// Balance draws all classes among the rows equally often, but no row more than limit times as often as if all rows were
// drawn alike: without a limit, a class of five images would be learnt by heart. limit 1 draws all rows alike; +Inf is
// no limit. What a class at its limit leaves is divided among the others.
func (s *Set) Balance(rows []int, limit float64) (*Balance, error) {
	if !(limit >= 1) {
		return nil, fmt.Errorf("rows drawn up to %v times as often as alike; allowed: at least 1", limit)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: no rows to draw from; allowed: at least one", s.Name)
	}
	counts := s.Counts(rows)
	b := &Balance{Rows: slices.Sorted(slices.Values(rows)), Class: make([]float64, len(counts)), set: s, counts: counts}
	var open []int // classes with rows, the smallest first: it reaches its limit first
	for class, n := range counts {
		if n > 0 {
			open = append(open, class)
		}
	}
	slices.SortStableFunc(open, func(a, b int) int { return counts[a] - counts[b] })
	left := 1.
	for i, class := range open {
		bound := float64(counts[class]) / float64(len(rows)) * limit
		b.Class[class] = min(bound, left/float64(len(open)-i))
		left -= b.Class[class]
	}
	return b, nil
}

// Cumulative is the probabilities of the rows, summed up, [len(Rows)]. A number u from [0, 1) draws the first row whose
// sum is above u. The last sum is 1.
func (b *Balance) Cumulative() []float32 {
	sums := make([]float32, len(b.Rows))
	sum := 0.
	for i, row := range b.Rows {
		class := b.set.Class[row]
		sum += b.Class[class] / float64(b.counts[class])
		sums[i] = float32(min(1, sum))
	}
	sums[len(sums)-1] = 1
	return sums
}

// Table is n rows in the order of classes: as many of each class as its probability asks, up to one, and inside of a class
// every row equally often, up to one. A uniform entry of the table is a draw, so that a Program draws by a random
// integer and a gather. Numbers of rows are exact in float32. An n that leaves out a row is an error.
func (b *Balance) Table(n int) ([]float32, error) {
	if n < 1 || n > 1<<24 {
		return nil, fmt.Errorf("a table of %d entries; allowed: 1 to %d", n, 1<<24)
	}
	rowsOf := make([][]int, len(b.counts))
	for _, row := range b.Rows {
		rowsOf[b.set.Class[row]] = append(rowsOf[b.set.Class[row]], row)
	}
	table := make([]float32, 0, n)
	sum := 0.
	for class, rows := range rowsOf {
		sum += b.Class[class]
		entries := int(math.Floor(float64(sum*float64(n))+.5)) - len(table)
		if entries < len(rows) {
			return nil, fmt.Errorf("%s: a table of %d entries leaves out rows of the class %q; allowed: at least %.0f entries",
				b.set.Name, n, b.set.Classes[class], math.Ceil(float64(len(rows)+1)/b.Class[class]))
		}
		for j := range entries {
			table = append(table, float32(rows[j*len(rows)/entries]))
		}
	}
	return table, nil
}
