package classify

import (
	"fmt"

	"github.com/gmel-go/gmel/nn/dataset"
)

// mostSources bounds the table of variations: 256 MiB.
const mostSources = 1 << 26

// variations is a row for each combination of mirror images and shifts, [n, pixels]: from which pixel each pixel is taken.
// All combinations are as likely as dataset.Augment draws them.
func variations(a dataset.Augment, shape []int) (table []float32, n int, err error) {
	if err := a.Check(shape); err != nil {
		return nil, 0, fmt.Errorf("classify: %w", err)
	}
	plane := append(append([]int{}, shape[:len(shape)-1]...), 1)
	pixels := 1
	for _, d := range plane {
		pixels *= d
	}
	flips := func(on bool) []float32 { return map[bool][]float32{false: {0}, true: {0, 1}}[on] }
	all := combinations([][]float32{flips(a.FlipX), flips(a.FlipY), shifts(a.ShiftX), shifts(a.ShiftY)})
	if len(all)*pixels > mostSources {
		return nil, 0, fmt.Errorf("classify: %d variations of %d pixels; allowed: a product up to %d, so smaller shifts", len(all), pixels, mostSources)
	}
	numbers := make([]float32, pixels)
	for i := range numbers {
		numbers[i] = float32(i)
	}
	table = make([]float32, len(all)*pixels)
	for i, values := range all {
		a.Apply(table[i*pixels:][:pixels], numbers, plane, values)
	}
	return table, len(all), nil
}

// shifts are all from -1 to 1, in units of the largest.
func shifts(most int) []float32 {
	if most == 0 {
		return []float32{0}
	}
	var all []float32
	for by := -most; by <= most; by++ {
		all = append(all, float32(by)/float32(most))
	}
	return all
}

// combinations are descriptions of dataset.Augment with one of the choices for each value.
func combinations(choices [][]float32) (all [][dataset.AugmentValues]float32) {
	all = append(all, [dataset.AugmentValues]float32{})
	for at, list := range choices {
		var more [][dataset.AugmentValues]float32
		for _, v := range all {
			for _, c := range list {
				v[at] = c
				more = append(more, v)
			}
		}
		all = more
	}
	return all
}
