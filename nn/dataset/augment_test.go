package dataset

import (
	"math"
	"slices"
	"testing"
)

func TestAugmentApply(t *testing.T) {
	image := []float32{ // [3, 4, 1]
		1, 2, 3, 4,
		5, 6, 7, 8,
		9, 10, 11, 12,
	}
	a := Augment{FlipX: true, FlipY: true, ShiftX: 2, ShiftY: 2}
	for _, c := range []struct {
		name   string
		values [AugmentValues]float32
		want   []float32
	}{
		{"nothing", [4]float32{}, image},
		{"left to right", [4]float32{1}, []float32{4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9}},
		{"top to bottom", [4]float32{0, 1}, []float32{9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4}},
		{"right by 1", [4]float32{0, 0, .5}, []float32{2, 1, 2, 3, 6, 5, 6, 7, 10, 9, 10, 11}},
		{"left by 2", [4]float32{0, 0, -1}, []float32{3, 4, 3, 2, 7, 8, 7, 6, 11, 12, 11, 10}},
		{"down by 2", [4]float32{0, 0, 0, 1}, []float32{9, 10, 11, 12, 5, 6, 7, 8, 1, 2, 3, 4}},
		{"up by 1", [4]float32{0, 0, 0, -.5}, []float32{5, 6, 7, 8, 9, 10, 11, 12, 5, 6, 7, 8}},
		{"mirrored, then right by 1", [4]float32{1, 0, .5}, []float32{3, 4, 3, 2, 7, 8, 7, 6, 11, 12, 11, 10}},
	} {
		got := make([]float32, 12)
		a.Apply(got, image, []int{3, 4, 1}, c.values)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	window := []float32{1, 10, 2, 20, 3, 30} // [3, 2]: the channels stay together
	got := make([]float32, 6)
	a.Apply(got, window, []int{3, 2}, [4]float32{1, 0, 0, 0})
	if want := []float32{3, 30, 2, 20, 1, 10}; !slices.Equal(got, want) {
		t.Errorf("a window: %v, want %v", got, want)
	}
}

// Each flip has the probability 1/2, each shift the same, what is off is 0, and a description is a function of (seed,
// step, sample).
func TestAugmentValues(t *testing.T) {
	a := Augment{FlipX: true, ShiftY: 3}
	const n = 7000
	flips, shifts := 0., map[int]int{}
	for i := range uint32(n) {
		v := a.Values(5, i/100, i%100)
		if v != a.Values(5, i/100, i%100) || v[1] != 0 || v[2] != 0 {
			t.Fatalf("description %v", v)
		}
		flips += float64(v[0])
		shifts[pixels(v[3], 3)]++
	}
	if math.Abs(flips-n/2) > 4*math.Sqrt(n/4) {
		t.Errorf("%v of %d mirrored", flips, n)
	}
	for by := -3; by <= 3; by++ {
		if k := float64(shifts[by]); math.Abs(k-n/7) > 4*math.Sqrt(n/7) {
			t.Errorf("shift %d: %v of %d", by, k, n)
		}
	}
	if len(shifts) != 7 {
		t.Errorf("shifts %v, want -3 to 3", shifts)
	}
	if (Augment{}).Values(5, 1, 1) != [AugmentValues]float32{} {
		t.Error("no augmentation is described by something other than zeros")
	}
	series := func(at func(i uint32) [AugmentValues]float32) (all [][AugmentValues]float32) {
		for i := range uint32(40) {
			all = append(all, at(i))
		}
		return all
	}
	base := series(func(i uint32) [AugmentValues]float32 { return a.Values(5, 0, i) })
	for what, other := range map[string][][AugmentValues]float32{
		"seed":   series(func(i uint32) [AugmentValues]float32 { return a.Values(6, 0, i) }),
		"step":   series(func(i uint32) [AugmentValues]float32 { return a.Values(5, 1, i) }),
		"sample": series(func(i uint32) [AugmentValues]float32 { return a.Values(5, 0, i+1) }),
	} {
		if slices.Equal(base, other) {
			t.Errorf("descriptions do not depend on the %s", what)
		}
	}
}

// Every shift survives its description, also where the quotient is not exact.
func TestAugmentShiftsAreExact(t *testing.T) {
	for most := 1; most <= 300; most++ {
		for by := -most; by <= most; by++ {
			if got := pixels(float32(by)/float32(most), most); got != by {
				t.Fatalf("%d of %d came back as %d", by, most, got)
			}
		}
	}
}

func TestAugmentCheck(t *testing.T) {
	for _, c := range []struct {
		a     Augment
		shape []int
		ok    bool
	}{
		{Augment{FlipX: true, FlipY: true, ShiftX: 3, ShiftY: 2}, []int{3, 4, 1}, true},
		{Augment{ShiftX: 4}, []int{3, 4, 1}, false},
		{Augment{ShiftY: 3}, []int{3, 4, 1}, false},
		{Augment{ShiftX: -1}, []int{3, 4, 1}, false},
		{Augment{FlipX: true, ShiftX: 5}, []int{6, 2}, true},
		{Augment{FlipY: true}, []int{6, 2}, false},
		{Augment{ShiftY: 1}, []int{6, 2}, false},
	} {
		if err := c.a.Check(c.shape); (err == nil) != c.ok {
			t.Errorf("%+v of %v: %v", c.a, c.shape, err)
		}
	}
}

// The first variant is the samples; without shifts all mirror images follow, once each.
func TestVariants(t *testing.T) {
	samples := []float32{1, 2, 3, 4, 5, 6, 7, 8} // [2, 2, 2, 1]
	both := Augment{FlipX: true, FlipY: true}
	for _, c := range []struct {
		a         Augment
		values    []float32
		described []float32
	}{
		{Augment{}, samples, make([]float32, 8)},
		{
			Augment{FlipY: true}, []float32{1, 2, 3, 4, 5, 6, 7, 8, 3, 4, 1, 2, 7, 8, 5, 6},
			[]float32{0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0},
		},
		{
			both, []float32{
				1, 2, 3, 4, 5, 6, 7, 8, 2, 1, 4, 3, 6, 5, 8, 7,
				3, 4, 1, 2, 7, 8, 5, 6, 4, 3, 2, 1, 8, 7, 6, 5,
			},
			[]float32{
				0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0,
				0, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0,
			},
		},
	} {
		values, described := c.a.Variants(samples, []int{2, 2, 1}, c.a.Flips(), 1)
		if !slices.Equal(values, c.values) || !slices.Equal(described, c.described) {
			t.Errorf("%+v: %v, %v", c.a, values, described)
		}
	}
	both.ShiftX = 1
	values, described := both.Variants(samples, []int{2, 2, 1}, 50, 1)
	if len(values) != 50*8 || !slices.Equal(values[:8], samples) || !slices.Equal(described[:8], make([]float32, 8)) {
		t.Error("the first variant of 50 is not the samples themselves")
	}
	for i := range 100 { // each is what its description says
		d, want := [AugmentValues]float32(described[4*i:]), make([]float32, 4)
		both.Apply(want, samples[i%2*4:][:4], []int{2, 2, 1}, d)
		if !slices.Equal(values[4*i:][:4], want) {
			t.Errorf("variant %d of sample %d is %v, want %v", i/2, i%2, values[4*i:][:4], want)
		}
	}
}
