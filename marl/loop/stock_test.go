package loop

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// Stocks grow in the order of arrival, and several levels may be reached at once, with a part of what arrives.
func TestReachedBy(t *testing.T) {
	list := []arrival{{5, 1, 0}, {1, 2, 1}, {3, 4, 0}, {2, 0, 1}}
	at, stocks := reachedBy(list, []int{1, 2, 4, 7, 8}, 2)
	if want := []float64{1, 1, 3, 5, -1}; !slices.Equal(at, want) {
		t.Errorf("levels are reached at %v, want %v", at, want)
	}
	if want := [][]int{{0, 1}, {0, 2}, {2, 2}, {5, 2}, nil}; !reflect.DeepEqual(stocks, want) {
		t.Errorf("stocks are %v, want %v", stocks, want)
	}
}

// Mixtures by hand: small stocks as they are, others in parts.
func TestMixture(t *testing.T) {
	for _, c := range []struct {
		parts       int
		stock, want []int
	}{
		{4, []int{1, 2, 1}, []int{1, 2, 1}},
		{4, []int{1, 0, 0}, []int{1, 0, 0}},
		{4, []int{7, 1, 0}, []int{8, 0, 0}},
		{4, []int{6, 2, 0}, []int{6, 2, 0}},
		{4, []int{5, 2, 1}, []int{6, 2, 0}}, // 2.5, 1, .5 parts: of equal remainders the first
		{2, []int{1, 1, 3}, []int{2, 0, 3}}, // .4, .4, 1.2 parts become 1, 0, 1; a part is 2 or 3 of 5
		{4, nil, nil},
	} {
		if got := mixture(c.stock, c.parts); !slices.Equal(got, c.want) {
			t.Errorf("%v in %d parts is %v, want %v", c.stock, c.parts, got, c.want)
		}
	}
}

// A mixture has the samples of its stock, each count within a part and the rounding of parts of it. It is its own mixture if parts are equal.
func TestMixtureKeepsItsSize(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		stock, n, parts := make([]int, 1+random.IntN(4)), 0, 1+random.IntN(9)
		for k := range stock {
			stock[k] = random.IntN(20)
			n += stock[k]
		}
		got, sum := mixture(stock, parts), 0
		for k, c := range got {
			sum += c
			if d := c - stock[k]; c < 0 || n > 0 && max(d, -d)*min(parts, n) > 2*n {
				t.Fatalf("%v in %d parts is %v", stock, parts, got)
			}
		}
		if again := mixture(got, parts); sum != n || n > 0 && n%min(parts, n) == 0 && !slices.Equal(again, got) {
			t.Fatalf("%v in %d parts is %v, and that %v", stock, parts, got, again)
		}
	}
}
