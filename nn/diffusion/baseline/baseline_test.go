package baseline

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gmel-go/gmel/nn/dataset"
)

// points is a set of two classes of points in three dimensions, as sequences of one time.
func points() *dataset.Set {
	return &dataset.Set{
		Name: "points", Shape: []int{1, 3}, Classes: []string{"a", "b"}, Low: -1000, High: 1000,
		Values: []float32{0, 0, 0, 4, 0, 2, 0, 6, 3, -4, 2, -1, 100, 50, 20, 110, 50, 20}, Class: []int{0, 0, 0, 0, 1, 1},
	}
}

func draw(t *testing.T, name string, set *dataset.Set, classes []int, seed uint64) *dataset.Set {
	t.Helper()
	for _, g := range All(dataset.Augment{FlipX: true, ShiftY: 1}) {
		if g.Name == name {
			made, err := g.Draw(Of(set, set.Rows()), classes, seed, nil)
			if err != nil {
				t.Fatal(err)
			}
			return made
		}
	}
	t.Fatalf("no generator %s", name)
	return nil
}

// moments of the samples of class a: mean, and covariance with the denominator n-1.
func moments(set *dataset.Set, rows []int) (mean [3]float64, covariance [3][3]float64) {
	for _, row := range rows {
		for j, v := range set.Sample(row) {
			mean[j] += float64(v) / float64(len(rows))
		}
	}
	for _, row := range rows {
		for i, v := range set.Sample(row) {
			for j, w := range set.Sample(row) {
				covariance[i][j] += (float64(v) - mean[i]) * (float64(w) - mean[j]) / float64(len(rows)-1)
			}
		}
	}
	return mean, covariance
}

// Drawn points have the mean and the covariance of their class; with noise, the variances alone.
func TestMoments(t *testing.T) {
	set := points()
	wantMean, want := moments(set, []int{0, 1, 2, 3})
	for _, name := range []string{"gaussian", "noise"} {
		made := draw(t, name, set, make([]int, 20000), 1)
		mean, got := moments(made, made.Rows())
		for i := range 3 {
			if math.Abs(mean[i]-wantMean[i]) > .1 {
				t.Errorf("%s: mean %v, want %v", name, mean, wantMean)
			}
			for j := range 3 {
				expected := want[i][j]
				if name == "noise" && i != j {
					expected = 0
				}
				if math.Abs(got[i][j]-expected) > .5 {
					t.Errorf("%s: covariance %v, want %v", name, got, want)
				}
			}
		}
	}
}

// The nearest are the first of all others in the order of distance, and of place where that is equal.
func TestNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, 3, 40} {
		c := &class{}
		for range n {
			c.samples = append(c.samples, []float32{float32(r.IntN(4)), float32(r.IntN(4)), float32(r.IntN(4))})
		}
		for of := range c.samples {
			var others []int
			for i := range c.samples {
				if i != of {
					others = append(others, i)
				}
			}
			away := func(i int) float64 { return distance(c.samples[i], c.samples[of], math.Inf(1)) }
			slices.SortStableFunc(others, func(a, b int) int { return cmp.Compare(away(a), away(b)) })
			if want := others[:min(neighbours, len(others))]; !slices.Equal(c.nearest(of), want) {
				t.Errorf("of %d samples %v are nearest to %d, want %v", n, c.nearest(of), of, want)
			}
		}
	}
}

// SMOTE draws on the lines between the points of a class.
func TestSMOTE(t *testing.T) {
	made := draw(t, "smote", points(), []int{1, 1, 1, 1, 1, 1, 1, 1}, 2)
	for row := range made.N() {
		if p := made.Sample(row); p[0] < 100 || p[0] > 110 || p[1] != 50 || p[2] != 20 {
			t.Errorf("%v is not on the line", p)
		}
	}
	if slices.Equal(made.Sample(0), made.Sample(1)) {
		t.Error("two points are equal")
	}
	lone := points()
	lone.Class = []int{0, 0, 0, 0, 0, 1}
	if p := draw(t, "smote", lone, []int{1}, 2).Sample(0); !slices.Equal(p, lone.Sample(5)) {
		t.Errorf("the only point of a class gives %v", p)
	}
}

// Moved images are images of their class, mirrored or shifted.
func TestMoved(t *testing.T) {
	set, err := dataset.Steel(1, 3, 8)
	if err != nil {
		t.Fatal(err)
	}
	vary := dataset.Augment{FlipX: true, ShiftY: 1}
	made := draw(t, "moved", set, []int{4, 4, 5, 0}, 3)
	for row, class := range []int{4, 4, 5, 0} {
		found := false
		for from := range set.N() {
			for form := range 6 {
				x := make([]float32, 64)
				vary.Apply(x, set.Sample(from), set.Shape, [dataset.AugmentValues]float32{float32(form % 2), 0, 0, float32(form/2 - 1)})
				found = found || set.Class[from] == class && slices.Equal(x, made.Sample(row))
			}
		}
		if !found {
			t.Errorf("sample %d is no image of class %d", row, class)
		}
	}
}

// Values stay in the range of the set, equal seeds give equal samples, and a class without samples is an error.
func TestDraw(t *testing.T) {
	set := points()
	set.Low, set.High = -1, 5
	for _, g := range All(dataset.Augment{}) {
		a, err := g.Draw(Of(set, set.Rows()), []int{0, 1, 0, 0}, 5, nil)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := g.Draw(Of(set, set.Rows()), []int{0, 1, 0, 0}, 5, nil)
		c, _ := g.Draw(Of(set, set.Rows()), []int{0, 1, 0, 0}, 6, nil)
		if !slices.Equal(a.Values, b.Values) || slices.Equal(a.Values, c.Values) {
			t.Errorf("%s: %v, %v, %v", g.Name, a.Values, b.Values, c.Values)
		}
		if slices.Min(a.Values) < -1 || slices.Max(a.Values) > 5 || !slices.Equal(a.Class, []int{0, 1, 0, 0}) {
			t.Errorf("%s: %v", g.Name, a)
		}
		if _, err := g.Draw(Of(set, []int{0, 1}), []int{1}, 5, nil); err == nil {
			t.Errorf("%s draws a class without samples", g.Name)
		}
	}
}
