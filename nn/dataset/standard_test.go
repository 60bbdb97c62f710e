package dataset

import (
	"image"
	"math"
	"slices"
	"strings"
	"testing"
)

// Closed form: 0 and 10 have mean 5 and deviation 5, so they become -1/2 and 1/2. Rows that are not of training are
// scaled with them and may lie outside.
func TestStandard(t *testing.T) {
	s := &Set{
		Name: "toy", Shape: []int{2, 2}, Low: 0, High: 20, Class: []int{0, 0, 0}, Classes: []string{"a"},
		Values: []float32{0, 1, 10, 1, 10, 3, 0, 3, 20, 2, 20, 2},
	}
	st, err := s.Standard([]int{0, 1})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(st.Mean, []float32{5, 2}) || !slices.Equal(st.Scale, []float32{10, 2}) {
		t.Errorf("mean %v, scale %v; want 5 2, 10 2", st.Mean, st.Scale)
	}
	x := make([]float32, 12)
	st.Apply(x, s.Values)
	if want := []float32{-.5, -.5, .5, -.5, .5, .5, -.5, .5, 1.5, 0, 1.5, 0}; !slices.Equal(x, want) {
		t.Errorf("standardised %v, want %v", x, want)
	}
	st.Back(x, x)
	if !slices.Equal(x, s.Values) {
		t.Errorf("back %v, want %v", x, s.Values)
	}
}

// Bytes come back as they were, and samples outside of their range are clipped in pictures only.
func TestStandardBytes(t *testing.T) {
	s, err := Steel(1, 2, 32)
	if err != nil {
		t.Fatal(err)
	}
	st, err := s.Standard(s.Rows())
	if err != nil {
		t.Fatal(err)
	}
	x := make([]float32, len(s.Values))
	st.Apply(x, s.Values)
	mean, square := 0., 0.
	for _, v := range x {
		mean += float64(v) / float64(len(x))
		square += float64(v) * float64(v) / float64(len(x))
	}
	if math.Abs(mean) > 1e-6 || math.Abs(math.Sqrt(square)-.5) > 1e-6 {
		t.Errorf("mean %v, deviation %v; want 0, .5", mean, math.Sqrt(square))
	}
	all := make([]float32, 256)
	for i := range all {
		all[i] = (float32(i) - st.Mean[0]) / st.Scale[0]
	}
	all = append(all, -9, 9)
	back := &Set{Shape: []int{1, 258, 1}, Values: make([]float32, 258), Low: st.Low, High: st.High}
	st.Back(back.Values, all)
	p, err := back.Picture(0)
	if err != nil {
		t.Fatal(err)
	}
	pix := p.(*image.Gray).Pix
	for i := range 256 {
		if int(pix[i]) != i {
			t.Errorf("byte %d came back as %d", i, pix[i])
		}
	}
	if pix[256] != 0 || pix[257] != 255 {
		t.Errorf("far outside: %d and %d, want 0 and 255", pix[256], pix[257])
	}
}

func TestStandardRefuses(t *testing.T) {
	s := &Set{Name: "toy", Shape: []int{2, 2}, Class: []int{0}, Values: []float32{1, 7, 2, 7}}
	if _, err := s.Standard([]int{0}); err == nil || !strings.Contains(err.Error(), "channel 1 of 2 has the value 7 in all samples") {
		t.Errorf("a constant channel: %v", err)
	}
	s.Sensors = []string{"temperature", "flow"}
	if _, err := s.Standard([]int{0}); err == nil || !strings.Contains(err.Error(), `the sensor "flow" has the value 7`) {
		t.Errorf("a constant sensor: %v", err)
	}
	if _, err := s.Standard(nil); err == nil {
		t.Error("no rows gave a mean")
	}
}
