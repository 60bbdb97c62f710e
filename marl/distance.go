package marl

import (
	"fmt"
	"math"
	"slices"
)

// DistanceAttention is how much a critic attends to other IEDs by their distance. A weight is that of one other IED, of all to which an IED
// attends: they add up to 1. Ranges of distances without a pair are left out.
type DistanceAttention struct {
	Update    int         `json:"update"`
	Uniform   float32     `json:"uniform"`    // the weight of each if all are alike
	RangeM    float32     `json:"range_m"`    // the width of a range
	DistanceM []float32   `json:"distance_m"` // [D] the middle of each range
	Pairs     []int       `json:"pairs"`      // [D] that were seen
	Mean      []float32   `json:"mean"`       // [D] mean weight, over pairs and heads
	Heads     [][]float32 `json:"heads"`      // [h][D] the same of each head
}

// Check returns an error if the lists do not have one length.
func (a *DistanceAttention) Check() error {
	for _, list := range append([][]float32{a.Mean}, a.Heads...) {
		if len(list) != len(a.DistanceM) {
			return fmt.Errorf("it has %d distances and a list of %d weights", len(a.DistanceM), len(list))
		}
	}
	return nil
}

// distanceMeter sums weights by distance.
type distanceMeter struct {
	group, heads int     // agents that attend to each other; of the attention
	width        float64 // of a range, m

	pairs []int       // by range
	sums  [][]float64 // by range, then by head: weights over the uniform one
}

// mostRanges is about how many ranges a hall has.
const mostRanges = 40

// newDistanceMeter is for a hall of a width and a depth in m.
func newDistanceMeter(c *Critic, width, depth float64) *distanceMeter {
	return &distanceMeter{group: c.agents, heads: c.heads, width: roundUp(math.Hypot(width, depth) / mostRanges)}
}

// roundUp is the smallest of 1, 2, 5, 10, 20, 50 and so on that is not below x > 0, downwards too.
func roundUp(x float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(x)))
	for _, n := range []float64{1, 2, 5} {
		if n*unit >= x {
			return n * unit
		}
	}
	return 10 * unit
}

// observe adds the agents of a world: queries and keys [A, H], and places in m.
func (m *distanceMeter) observe(query, key []float32, places [][2]float32) {
	width := len(query) / len(places)
	d, weights, ranges := width/m.heads, make([]float64, m.group), make([]int, m.group)
	for i, at := range places {
		first := i / m.group * m.group
		for n := range ranges {
			ranges[n] = m.rangeOf(at, places[first+n])
		}
		for h := range m.heads {
			q := query[i*width+h*d:][:d]
			for n := range weights {
				weights[n] = dot(q, key[(first+n)*width+h*d:][:d]) / math.Sqrt(float64(d))
			}
			attend(weights, i-first)
			for n, w := range weights {
				if first+n != i {
					m.add(ranges[n], h, w)
				}
			}
		}
	}
}

// rangeOf is the range of the distance between two places in m.
func (m *distanceMeter) rangeOf(p, q [2]float32) int {
	r := int(math.Hypot(float64(p[0])-float64(q[0]), float64(p[1])-float64(q[1])) / m.width)
	for len(m.sums) <= r {
		m.pairs, m.sums = append(m.pairs, 0), append(m.sums, make([]float64, m.heads))
	}
	return r
}

// attend turns logits into weights over the uniform one (Iqbal & Sha 2019, eq. 6); that of the agent itself is 0.
func attend(x []float64, self int) {
	x[self] = math.Inf(-1)
	top, sum := slices.Max(x), 0.0
	for n := range x {
		x[n] = math.Exp(x[n] - top)
		sum += x[n]
	}
	for n := range x {
		x[n] = x[n] * float64(len(x)-1) / sum
	}
}

// add adds a weight of a head in a range. The first head counts the pair.
func (m *distanceMeter) add(r, head int, weight float64) {
	if head == 0 {
		m.pairs[r]++
	}
	m.sums[r][head] += weight
}

// result has the means of all ranges with a pair.
func (m *distanceMeter) result(update int) *DistanceAttention {
	uniform := 1 / float64(m.group-1)
	a := &DistanceAttention{Update: update, Uniform: float32(uniform), RangeM: float32(m.width), Heads: make([][]float32, m.heads)}
	for r, n := range m.pairs {
		if n == 0 {
			continue
		}
		a.DistanceM, a.Pairs = append(a.DistanceM, float32((float64(r)+0.5)*m.width)), append(a.Pairs, n)
		all := 0.0
		for h, sum := range m.sums[r] {
			a.Heads[h] = append(a.Heads[h], float32(sum/float64(n)*uniform))
			all += sum
		}
		a.Mean = append(a.Mean, float32(all/float64(n*m.heads)*uniform))
	}
	return a
}

func dot(x, y []float32) (sum float64) {
	for i := range x {
		sum += float64(float64(x[i]) * float64(y[i]))
	}
	return sum
}
