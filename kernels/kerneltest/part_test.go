package kerneltest

import (
	"slices"
	"testing"
)

// Every item of a suite is in exactly one of its parts, whatever their number.
func TestParts(t *testing.T) {
	defer func(was string) { *part = was }(*part)
	const all = 7
	for _, parts := range []string{"1", "2", "3", "9"} {
		var played []int
		for _, i := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
			if i > parts {
				break
			}
			*part = i + "/" + parts
			x := chosen(t)
			for item := range all {
				if x.next() {
					played = append(played, item)
				}
			}
		}
		slices.Sort(played)
		if !slices.Equal(played, []int{0, 1, 2, 3, 4, 5, 6}) {
			t.Errorf("%s parts play %v", parts, played)
		}
	}
}
