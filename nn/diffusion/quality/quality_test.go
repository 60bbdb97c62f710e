package quality

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// Features equal those of an independent implementation with NumPy.
func TestFeatures(t *testing.T) {
	text, err := os.ReadFile("testdata/features.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Images []struct {
			Height, Width, Factor int
			Features              []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Images) != 2 {
		t.Fatalf("%d images", len(golden.Images))
	}
	for _, g := range golden.Images {
		m := Image{Height: g.Height, Width: g.Width}
		for i := range g.Height * g.Width {
			y, x := i/g.Width, i%g.Width
			m.Values = append(m.Values, float64((7*y*y+31*x+g.Factor*x*y)%256))
		}
		f := Features(m)
		if len(f) != len(g.Features) {
			t.Fatalf("%d features, want %d", len(f), len(g.Features))
		}
		for i, want := range g.Features {
			if math.Abs(f[i]-want) > 1e-5*max(1, math.Abs(want)) {
				t.Errorf("%dx%d: feature %d is %.9g, want %.9g", g.Height, g.Width, i, f[i], want)
			}
		}
	}
}

// cloud are normal points: a matrix times a standard normal vector, moved.
func cloud(n int, seed uint64, matrix [2][2]float64, move [2]float64) (points [][]float64) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		a, b := r.NormFloat64(), r.NormFloat64()
		points = append(points, []float64{matrix[0][0]*a + matrix[0][1]*b + move[0], matrix[1][0]*a + matrix[1][1]*b + move[1]})
	}
	return points
}

// In two dimensions the trace of the root of a matrix is sqrt(trace + 2 sqrt(determinant)), so the distance has a closed
// form, also for covariances that do not commute.
func TestFrechet(t *testing.T) {
	a := cloud(50, 1, [2][2]float64{{2, 0}, {1, .5}}, [2]float64{1, -1})
	b := cloud(40, 2, [2][2]float64{{1, -1}, {0, 3}}, [2]float64{0, 2})
	got, err := Frechet(a, b)
	if err != nil {
		t.Fatal(err)
	}
	ca, cb, ma, mb := covariance(a, 49), covariance(b, 39), meanOf(a), meanOf(b)
	trace, determinant := 0.0, ca.At(0, 0)*ca.At(1, 1)-ca.At(0, 1)*ca.At(0, 1)
	determinant *= cb.At(0, 0)*cb.At(1, 1) - cb.At(0, 1)*cb.At(0, 1)
	for i := range 2 {
		for j := range 2 {
			trace += ca.At(i, j) * cb.At(j, i)
		}
	}
	want := math.Pow(ma[0]-mb[0], 2) + math.Pow(ma[1]-mb[1], 2) + ca.At(0, 0) + ca.At(1, 1) + cb.At(0, 0) + cb.At(1, 1) -
		2*math.Sqrt(trace+2*math.Sqrt(determinant))
	if math.Abs(got-want) > 1e-9 || want < 5 {
		t.Errorf("the distance is %.12g, want %.12g", got, want)
	}
	if same, err := Frechet(a, a); err != nil || math.Abs(same) > 1e-9 {
		t.Errorf("a set is %g from itself, %v", same, err)
	}
}

// In its own space a set has the identity as covariance, and a direction that does not vary is left out.
func TestSpaceIsWhite(t *testing.T) {
	var real [][]float64
	for _, p := range cloud(60, 3, [2][2]float64{{5, 0}, {30, 2}}, [2]float64{100, 7}) {
		real = append(real, []float64{p[0], p[1], 9})
	}
	s, err := NewSpace(real)
	if err != nil || len(s.axes) != 2 {
		t.Fatal(s, err)
	}
	var points [][]float64
	for _, f := range real {
		points = append(points, s.Of(f))
	}
	c := covariance(points, 60)
	for i := range 2 {
		for j := range 2 {
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(c.At(i, j)-want) > 1e-9 {
				t.Errorf("covariance %d, %d is %g", i, j, c.At(i, j))
			}
		}
	}
	if _, err := NewSpace([][]float64{{1, 2}, {1, 2}}); err == nil {
		t.Error("equal images have a space")
	}
}

// line are points of one number.
func line(x ...float64) (points [][]float64) {
	for _, v := range x {
		points = append(points, []float64{v})
	}
	return points
}

func TestSupport(t *testing.T) {
	real := NewReference(line(0, 1, 2, 3, 4, 5), nil) // radii 5, 4, 3, 3, 4, 5: the last neighbour, the fifth
	if s := real.Support(line(0.5, 1.5, 2.5, 3.5, 4.5, 5.5), nil); math.Abs(s.Precision-1)+math.Abs(s.Recall-1)+math.Abs(s.Coverage-1) > 1e-12 {
		t.Errorf("beside the set: %+v", s)
	}
	if s := real.Support(line(100, 101, 102, 103, 104, 105), nil); s != (Support{}) {
		t.Errorf("far from the set: %+v", s)
	}
	// Five copies of one point, and one elsewhere: every point is precise, only neighbours are covered.
	if s := NewReference(line(0, 1, 2, 3, 4, 5, 60, 61, 62, 63, 64, 65), nil).Support(line(2, 2, 2, 2, 2, 2), nil); math.Abs(s.Precision-1) > 1e-12 || math.Abs(s.Coverage-.5) > 1e-12 || s.Recall != 0 {
		t.Errorf("one half alone: %+v", s)
	}
}

func TestMemory(t *testing.T) {
	training := NewArchive(line(0, 1, 2, 3, 4), nil)
	forms := func(x ...float64) (images [][][]float64) { // each beside a form that is far away
		for _, p := range line(x...) {
			images = append(images, [][]float64{{900}, p})
		}
		return images
	}
	if m := training.Memory(forms(0, 1, 2.1), nil); m.Ratio != 0 || math.Abs(m.Copies-1) > 1e-12 {
		t.Errorf("copies: %+v", m)
	}
	if m := training.Memory(forms(-2, 6, 7), nil); m.Ratio != 2 || m.Copies != 0 {
		t.Errorf("new points: %+v", m)
	}
}

func TestMirrored(t *testing.T) {
	m := Image{Values: []float64{1, 2, 3, 4, 5, 6}, Height: 2, Width: 3}
	for _, c := range []struct {
		x, y bool
		want []float64
	}{
		{false, false, []float64{1, 2, 3, 4, 5, 6}}, {true, false, []float64{3, 2, 1, 6, 5, 4}},
		{false, true, []float64{4, 5, 6, 1, 2, 3}}, {true, true, []float64{6, 5, 4, 3, 2, 1}},
	} {
		if got := m.Mirrored(c.x, c.y); !slices.Equal(got.Values, c.want) {
			t.Errorf("%v, %v: %v, want %v", c.x, c.y, got.Values, c.want)
		}
	}
}

// KID and its standard error equal those by whole matrices and by leaving out each point with NumPy.
func TestKID(t *testing.T) {
	text, err := os.ReadFile("testdata/kid.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			M, N, D             int
			Shift, Value, Error float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != 3 {
		t.Fatalf("%d cases", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		x, y := make([][]float64, c.M), make([][]float64, c.N)
		for at := range c.M * c.D {
			i := float64(at)
			x[at/c.D] = append(x[at/c.D], math.Sin(1.7*i+.3*i*i))
		}
		for at := range c.N * c.D {
			j := float64(at)
			y[at/c.D] = append(y[at/c.D], math.Cos(.9*j+.2*j*j)+c.Shift)
		}
		got := NewReference(x, nil).KID(y, nil)
		if math.Abs(got.Value-c.Value) > 1e-10 || math.Abs(got.Error-c.Error) > 1e-10 {
			t.Errorf("%d and %d points: %+v, want %g and %g", c.M, c.N, got, c.Value, c.Error)
		}
	}
}

// KID of samples of one distribution is 0 on average, and its standard error is the deviation of such estimates.
func TestKIDHasNoBias(t *testing.T) {
	const repeats = 200
	eye := [2][2]float64{{1, 0}, {0, 1}}
	var values []float64
	errors := 0.0
	for seed := range uint64(repeats) {
		d := NewReference(cloud(30, 2*seed, eye, [2]float64{}), nil).KID(cloud(20, 2*seed+1, eye, [2]float64{}), nil)
		values, errors = append(values, d.Value), errors+d.Error/repeats
	}
	mean, deviation := moments(values)
	if math.Abs(mean) > 3*deviation/math.Sqrt(repeats) || errors < .7*deviation || errors > 1.5*deviation {
		t.Errorf("mean %g, deviation %g, standard error %g", mean, deviation, errors)
	}
}
