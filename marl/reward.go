package marl

import (
	"github.com/gmel-go/gmel/nn"
	"github.com/gmel-go/gmel/nn/op"
)

// Forms of the neighbourhoods of Config.RewardGroup.
const (
	NeighbourhoodBlock  = "block"
	NeighbourhoodWindow = "window"
)

// mixed is the training reward of every agent,
//
//	(1 - omega) r_i + omega mean_j r_j,
//
// where the mean is over the active agents of i's neighbourhood (0 if there are none). An agent without a
// task has r_i = 0 but still gets the mean, because the value of its slot also depends on the others.
// r, active and the result are [W, A].
func (c *Config) mixed(r, active *nn.Node) *nn.Node {
	agents := r.Shape()[1]
	switch g := c.RewardGroup; {
	case g == 0 || g >= agents:
		return mixedOverAll(r, active, c.Omega)
	case c.RewardNeighbourhood == NeighbourhoodWindow:
		return mix(r, windowMeans(r, active, g), c.Omega)
	default:
		return mixedInBlocks(r, active, c.Omega, g)
	}
}

// mixedOverAll has one neighbourhood in a row of r [rows, n].
func mixedOverAll(r, active *nn.Node, omega float64) *nn.Node {
	mean := op.Div(op.SumRows(op.Mul(r, active)), atLeastOne(op.SumRows(active)))
	return mix(r, op.Col(mean), omega)
}

// mix takes the means per agent [W, A] or per row [W, 1].
func mix(r, mean *nn.Node, omega float64) *nn.Node {
	return op.Add(op.Affine(r, float32(1-omega), 0), op.Affine(mean, float32(omega), 0))
}

// mixedInBlocks cuts the agents of a world into blocks of consecutive numbers. The number of blocks is
// A / group, rounded (a half down, so that no block has one agent). Their sizes differ by at most one; the
// larger ones come first.
func mixedInBlocks(r, active *nn.Node, omega float64, group int) *nn.Node {
	worlds, agents := r.Shape()[0], r.Shape()[1]
	blocks := (2*agents + group - 1) / (2 * group)
	size, larger := agents/blocks, agents%blocks
	equal := func(from, blocks, size int) *nn.Node {
		rows := func(x *nn.Node) *nn.Node {
			return op.Reshape(op.Columns(x, from, from+blocks*size), worlds*blocks, size)
		}
		return op.Reshape(mixedOverAll(rows(r), rows(active), omega), worlds, blocks*size)
	}
	if larger == 0 {
		return equal(0, blocks, size)
	}
	first := larger * (size + 1)
	return op.Concat(equal(0, larger, size+1), equal(first, blocks-larger, size))
}

// windowMeans returns the mean over the active agents among the `group` consecutive agents around each,
// [W, A]. The windows of the first and last agents are shifted inside, so all have the same size.
func windowMeans(r, active *nn.Node, group int) *nn.Node {
	agents := r.Shape()[1]
	means := op.Div(windowSums(op.Mul(r, active), group), atLeastOne(windowSums(active, group)))
	last := agents - group
	copies := func(column, n int) *nn.Node {
		return op.Add(op.Affine(op.Columns(r, 0, n), 0, 0), op.Columns(means, column, column+1))
	}
	before := (group - 1) / 2 // agents of a window in front of its own agent
	parts := []*nn.Node{means, copies(last, group-1-before)}
	if before > 0 {
		parts = append([]*nn.Node{copies(0, before)}, parts...)
	}
	return op.Concat(parts...)
}

// windowSums returns the sums over n consecutive columns of x [W, A], [W, A-n+1]. It doubles the width of
// windows, x[i:i+2k] = x[i:i+k] + x[i+k:i+2k], so log2(n) steps are enough, and joins those of the binary digits of n.
func windowSums(x *nn.Node, n int) (sum *nn.Node) {
	windows := x.Shape()[1] - n + 1
	for done, width := 0, 1; done < n; width *= 2 {
		if n&width != 0 {
			part := op.Columns(x, done, done+windows)
			if sum == nil {
				sum = part
			} else {
				sum = op.Add(sum, part)
			}
			done += width
		}
		if done < n {
			left := x.Shape()[1] - width
			x = op.Add(op.Columns(x, 0, left), op.Columns(x, width, width+left))
		}
	}
	return sum
}
