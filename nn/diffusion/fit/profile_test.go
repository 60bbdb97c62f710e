package fit

import (
	"math"
	"strings"
	"testing"
)

// The exponents of the lengths .05 and .10 are those that EDM2 prints in section 3.1, and lengths are standard deviations by
// numerical integration.
func TestExponents(t *testing.T) {
	for length, want := range map[float64]float64{0.05: 16.97, 0.10: 6.94, longestLength: 0} {
		if got := exponentOf(length); math.Abs(got-want) > 0.005 {
			t.Errorf("length %g has the exponent %g, want %g", length, got, want)
		}
	}
	for _, length := range []float64{0.01, 0.05, 0.1, 0.2, 0.25} {
		p, err := ProfileOf(30, length)
		if err != nil {
			t.Fatal(err)
		}
		mass, mean, square := integrals(30, p.at), integrals(30, func(u float64) float64 { return u * p.at(u) }), integrals(30, func(u float64) float64 { return u * u * p.at(u) })
		if got := math.Sqrt(square-mean*mean) / 30; math.Abs(mass-1) > 1e-6 || math.Abs(got-length) > 1e-6 {
			t.Errorf("weights of the length %g add up to %g and have the deviation %g", length, mass, got)
		}
	}
	for _, length := range []float64{0, -1, 0.3, math.NaN()} {
		if _, err := ProfileOf(30, length); err == nil || !strings.Contains(err.Error(), "allowed: above 0, up to 0.289") {
			t.Errorf("length %g: %v", length, err)
		}
	}
}

// at is the weight of update tau: the definition in section 3.1 of EDM2.
func (p Profile) at(tau float64) float64 {
	if tau > p.Update {
		return 0
	}
	return (p.Exponent + 1) * math.Pow(tau/p.Update, p.Exponent) / p.Update
}

// integrals is Simpson's rule from 0 to end.
func integrals(end float64, f func(float64) float64) float64 {
	const n = 20000
	h, sum := end/n, f(0)+f(end)
	for i := 1; i < n; i++ {
		sum += f(float64(i)*h) * float64(2+i%2*2)
	}
	return sum * h / 3
}

// Products of profiles are those of numerical integration.
func TestDot(t *testing.T) {
	for _, p := range []Profile{{10, 0}, {10, 6.94}, {25, 16.97}, {40, 1.5}} {
		for _, q := range []Profile{{10, 6.94}, {25, 3}, {40, 0.2}} {
			want := integrals(min(p.Update, q.Update), func(u float64) float64 { return p.at(u) * q.at(u) })
			if got := p.dot(q); math.Abs(got-want) > 1e-5*want || got != q.dot(p) {
				t.Errorf("%v %v: %g and %g, want %g", p, q, got, q.dot(p), want)
			}
		}
	}
}

// An average moved update by update has the weight that the profile's integral has over that update.
func TestMovesGiveTheProfile(t *testing.T) {
	p := Profile{20, exponentOf(0.1)}
	weights := weightsOf(p)
	for u, got := range weights {
		end := float64(u + 1)
		want := math.Pow(end/20, p.Exponent+1) - math.Pow((end-1)/20, p.Exponent+1)
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("update %d has the weight %g, want %g", u+1, got, want)
		}
	}
}

// weightsOf are the weights of the parameters after each update in an average that is moved from update to update.
func weightsOf(p Profile) []float64 {
	weights := make([]float64, int(p.Update))
	for u := range weights {
		move := p.move(u + 1)
		for i := range u {
			weights[i] *= 1 - move
		}
		weights[u] = move
	}
	return weights
}

// Weights are those of NumPy 2.4.6 with the same equations: exponents by numpy.roots of the cubic, coefficients by
// numpy.linalg.solve, divided by their sum.
func TestReconstructionAgreesWithNumPy(t *testing.T) {
	var list []Profile
	for _, u := range []int{30, 50, 70} {
		list = append(list, keptProfiles(u)...)
	}
	for length, want := range map[float64][]float64{
		0.07: {1.320311286239018e-05, -0.00014392105387949, 0.006210883064639015, -0.031242319235500218, 0.4389353976460188, 0.5862267564658595},
		0.15: {-0.006639834079693579, 0.020941272120705144, -0.06621228929493536, 0.17871553611457108, -0.28387156630086324, 1.1570668814402159},
	} {
		weights, _, err := reconstruction(list, Profile{70, exponentOf(length)})
		if err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Abs(weights[i]-want[i]) > 1e-11 {
				t.Errorf("length %g: the weights are %g, want %g", length, weights, want)
				break
			}
		}
	}
}

// What is kept is reconstructed exactly, and other lengths as well as a least-squares fit of the weights themselves can.
func TestReconstruction(t *testing.T) {
	const updates, every = 800, 100
	var list []Profile
	for u := every; u <= updates; u += every {
		list = append(list, keptProfiles(u)...)
	}
	for i, p := range list {
		weights, miss, err := reconstruction(list, p)
		if err != nil || miss > 1e-6 || math.Abs(weights[i]-1) > 1e-9 {
			t.Errorf("%v has the weights %g and misses %g, %v", p, weights, miss, err)
		}
	}
	for length, most := range map[float64]float64{0.03: 0.105, 0.07: 0.015, 0.15: 0.035, 0.2: 0.08} {
		wanted := Profile{updates, exponentOf(length)}
		weights, miss, err := reconstruction(list, wanted)
		if err != nil || miss > most {
			t.Errorf("length %g misses %g, %v", length, miss, err)
		}
		if got := discreteMiss(list, weights, wanted); math.Abs(got-miss) > 0.01 {
			t.Errorf("length %g: the weights of the updates miss %g, said are %g", length, got, miss)
		}
		for i := range weights { // no neighbour is better
			for _, step := range []float64{-0.01, 0.01} {
				weights[i] += step
				if got := discreteMiss(list, weights, wanted); got < miss-0.003 { // scaling the weights to add up to 1 takes a little
					t.Errorf("length %g: %g misses only %g, not %g", length, weights, got, miss)
				}
				weights[i] -= step
			}
		}
	}
	if _, _, err := reconstruction([]Profile{list[0], list[0]}, list[0]); err == nil || !strings.Contains(err.Error(), "cannot be told apart") {
		t.Error(err)
	}
}

// discreteMiss is the root mean square of what a sum of averages misses of the wanted weights of the updates, relative to
// them.
func discreteMiss(list []Profile, weights []float64, wanted Profile) float64 {
	left := weightsOf(wanted)
	size := 0.
	for _, w := range left {
		size += w * w
	}
	for i, p := range list {
		for u, w := range weightsOf(p) {
			left[u] -= weights[i] * w
		}
	}
	sum := 0.
	for _, w := range left {
		sum += w * w
	}
	return math.Sqrt(sum / size)
}
