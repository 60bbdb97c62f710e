package loop

import (
	"cmp"
	"fmt"
	"slices"
)

// arrival is some samples at a base.
type arrival struct {
	at      float64 // s
	samples int
	steps   int // of each, by its place in loop.steps
}

// shelves are empty lists [worlds][bases].
func (l *loop) shelves(worlds int) [][][]arrival {
	all := make([][][]arrival, worlds)
	for i := range all {
		all[i] = make([][]arrival, len(l.bases))
	}
	return all
}

// count is the number of samples, and their steps together.
func (l *loop) count(all [][][]arrival) (n, steps float64) {
	for _, world := range all {
		for _, list := range world {
			for _, a := range list {
				n += float64(a.samples)
				steps += float64(a.samples * l.steps[a.steps])
			}
		}
	}
	return n, steps
}

// grow adds to p when stocks reach levels, and where IEDs choose the steps what stocks consist of then.
func (l *loop) grow(p *played, all [][][]arrival) {
	for _, world := range all {
		var times [][]float64
		var stocks [][][]int
		for _, list := range world {
			at, stock := reachedBy(list, l.config.Classifier.Levels, len(l.steps))
			times, stocks = append(times, at), append(stocks, stock)
		}
		p.Reached = append(p.Reached, times)
		if len(l.steps) > 1 {
			p.Stocks = append(p.Stocks, stocks)
		}
	}
}

// nameMixtures names the mixtures of the stocks.
func (p *played) nameMixtures(parts int) {
	for _, world := range p.Stocks {
		var names [][]string
		for _, stocks := range world {
			var list []string
			for _, stock := range stocks {
				list = append(list, key(mixture(stock, parts)))
			}
			names = append(names, list)
		}
		p.mixes = append(p.mixes, names)
	}
}

// reachedBy is when a stock reaches each level, -1 for never, and its samples by the place of their steps then.
func reachedBy(list []arrival, levels []int, places int) (at []float64, stocks [][]int) {
	slices.SortStableFunc(list, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	now, stock := make([]int, places), 0
	for _, a := range list {
		for ; len(at) < len(levels) && stock+a.samples >= levels[len(at)]; at = append(at, a.at) {
			then := slices.Clone(now)
			then[a.steps] += levels[len(at)] - stock
			stocks = append(stocks, then)
		}
		stock += a.samples
		now[a.steps] += a.samples
	}
	for len(at) < len(levels) {
		at, stocks = append(at, -1), append(stocks, nil)
	}
	return at, stocks
}

// mixture rounds the shares of a stock to whole parts and keeps its size; a stock of at most `parts` samples is unchanged. The places that lose most by rounding down get the parts that are left; of equal ones the first.
func mixture(stock []int, parts int) []int {
	n := 0
	for _, c := range stock {
		n += c
	}
	parts = min(parts, n)
	if parts == 0 {
		return stock
	}
	share, left := make([]int, len(stock)), parts
	order := make([]int, len(stock))
	for k, c := range stock {
		share[k], order[k] = c*parts/n, k
		left -= share[k]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(stock[b]*parts%n, stock[a]*parts%n) })
	for _, k := range order[:left] {
		share[k]++
	}
	to, sum := make([]int, len(stock)), 0
	for k, s := range share {
		to[k] = (sum+s)*n/parts - sum*n/parts
		sum += s
	}
	return to
}

// key is the name of a mixture in a file.
func key(mixture []int) string { return fmt.Sprint(mixture) }

// pure is a stock of n samples of equal steps.
func pure(n, place, places int) []int {
	stock := make([]int, places)
	stock[place] = n
	return stock
}
