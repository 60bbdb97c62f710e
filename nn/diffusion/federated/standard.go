package federated

import (
	"fmt"
	"math"

	"github.com/gmel-go/gmel/nn/dataset"
)

// Standard standardises a set by the rows of all cells, though no cell shows its rows: cells send sums of the values of a channel,
// learn the mean, and send sums of squares about it. That is 3 float64 a channel and one number of rows. With one cell it is
// dataset.Set.Standard, to the bit.
func Standard(set *dataset.Set, cells [][]int) (dataset.Standard, error) {
	st := dataset.Standard{Low: set.Low, High: set.High}
	rows := 0
	for _, cell := range cells {
		rows += len(cell)
	}
	if rows == 0 {
		return st, fmt.Errorf("%s: no rows to standardise by; allowed: at least one", set.Name)
	}
	channels := set.Channels()
	n := float64(rows * set.Size() / channels)
	for c := range channels {
		mean := sumOver(set, cells, c, func(v float64) float64 { return v }) / n
		square := sumOver(set, cells, c, func(v float64) float64 { return float64((v - mean) * (v - mean)) }) / n
		scale := float32(math.Sqrt(square) / dataset.Deviation)
		if scale == 0 {
			return st, fmt.Errorf("%s: channel %d of %d has the value %v in all samples; allowed: channels that vary", set.Name, c, channels, mean)
		}
		st.Mean, st.Scale = append(st.Mean, float32(mean)), append(st.Scale, scale)
	}
	return st, nil
}

// sumOver adds what the cells send, in their order: each the sum of f over the values of a channel.
func sumOver(set *dataset.Set, cells [][]int, channel int, f func(float64) float64) (total float64) {
	for _, cell := range cells {
		sum := 0.0
		for _, row := range cell {
			sample := set.Sample(row)
			for i := channel; i < len(sample); i += set.Channels() {
				sum += f(float64(sample[i]))
			}
		}
		total += sum
	}
	return total
}
