package dataset

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gmel-go/gmel/kernels/philox"
)

// FewShot keeps k of the given rows of every scarce class and all rows of the other classes, ascending. With one seed,
// the rows of a smaller k are among those of a larger one, so that curves over k are paired.
func (s *Set) FewShot(rows []int, scarce []int, k int, seed uint64) ([]int, error) {
	have := s.Counts(rows)
	for _, class := range scarce {
		if class < 0 || class >= len(s.Classes) {
			return nil, fmt.Errorf("%s: there is no class %d; allowed: 0 to %d", s.Name, class, len(s.Classes)-1)
		}
		if k < 1 || k > have[class] {
			return nil, fmt.Errorf("%s: %d rows of the class %q; allowed: 1 to %d, as many as there are", s.Name, k, s.Classes[class], have[class])
		}
	}
	die := func(row int) uint64 {
		w := philox.Block(philox.Key(seed), [4]uint32{uint32(row), 0, 0, forDraw})
		return uint64(w[0])<<32 | uint64(w[1])
	}
	shuffled := slices.Clone(rows)
	slices.SortFunc(shuffled, func(a, b int) int { return cmp.Compare(die(a), die(b)) })
	taken := make([]int, len(s.Classes))
	var kept []int
	for _, row := range shuffled {
		class := s.Class[row]
		if taken[class]++; taken[class] <= k || !slices.Contains(scarce, class) {
			kept = append(kept, row)
		}
	}
	slices.Sort(kept)
	return kept, nil
}

// Draw is the rows of a few-shot experiment: k rows of the scarce classes.
type Draw struct {
	Protocol string // which classes are scarce
	K, Seed  int
	Rows     []int // ascending
}

// ReadDraws reads few-shot lists that belong to a set: a CSV file with the columns protocol, k, seed and row.
func (s *Set) ReadDraws(file string) ([]Draw, error) {
	f, err := openTable(file, drawColumns...)
	if err != nil {
		return nil, err
	}
	var draws []Draw
	at := map[[3]any]int{}
	r := f.read(drawColumns...)
	for r.Next() {
		d := Draw{Protocol: r.Text("protocol"), K: r.Whole("k", 0, math.MaxInt32), Seed: r.Whole("seed", 0, math.MaxInt32)}
		row := r.Whole("row", 0, s.N()-1)
		key := [3]any{d.Protocol, d.K, d.Seed}
		if _, ok := at[key]; !ok {
			at[key] = len(draws)
			draws = append(draws, d)
		}
		i := at[key]
		draws[i].Rows = append(draws[i].Rows, row)
	}
	for i := range draws {
		slices.Sort(draws[i].Rows)
	}
	return draws, r.Err()
}

var drawColumns = []string{"protocol", "k", "seed", "row"}
