package dataset

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// sized is a set with this number of rows of each class, mixed.
func sized(counts ...int) *Set {
	var class []int
	for i := 0; len(class) == 0 || i < slices.Max(counts); i++ {
		for c, n := range counts {
			if i < n {
				class = append(class, c)
			}
		}
	}
	return toy(class, nil)
}

func TestBalance(t *testing.T) {
	s := sized(790, 10, 200)
	for _, c := range []struct {
		limit float64
		want  []float64
	}{
		{1, []float64{.79, .01, .2}},
		{math.Inf(1), []float64{1. / 3, 1. / 3, 1. / 3}},
		{10, []float64{.45, .1, .45}}, // the class of 10 is at its limit, the others share the rest
		{2, []float64{.58, .02, .4}},  // two are at their limit
	} {
		b, err := s.Balance(s.Rows(), c.limit)
		if err != nil {
			t.Fatal(err)
		}
		for class, want := range c.want {
			if math.Abs(b.Class[class]-want) > 1e-12 {
				t.Errorf("limit %v: classes %v, want %v", c.limit, b.Class, c.want)
				break
			}
		}
	}
	for _, limit := range []float64{.5, math.NaN()} {
		if _, err := s.Balance(s.Rows(), limit); err == nil {
			t.Errorf("the limit %v was taken", limit)
		}
	}
	if _, err := s.Balance(nil, 1); err == nil {
		t.Error("no rows were balanced")
	}
}

// What the definition says: probabilities sum to 1, no row is above the limit, and all classes below it are equal and
// above those at it.
func TestBalanceDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		counts := rapid.SliceOfN(rapid.IntRange(1, 60), 1, 5).Draw(t, "counts")
		limit := rapid.Float64Range(1, 30).Draw(t, "limit")
		s := sized(counts...)
		b, err := s.Balance(s.Rows(), limit)
		if err != nil {
			t.Fatal(err)
		}
		sum, top := 0., slices.Max(b.Class)
		for class, p := range b.Class {
			sum += p
			times := p / float64(counts[class]) * float64(s.N())
			if times > limit+1e-9 || times < limit-1e-9 && p < top-1e-9 {
				t.Fatalf("class %d of %v has %v: a row is drawn %v times as often as alike, limit %v", class, counts, b.Class, times, limit)
			}
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Fatalf("the probabilities sum to %v", sum)
		}
	})
}

func TestBalanceTables(t *testing.T) {
	s := sized(790, 10, 200)
	rows := s.Rows()[100:]
	b, err := s.Balance(rows, 10)
	if err != nil {
		t.Fatal(err)
	}
	sums := b.Cumulative()
	if len(sums) != len(rows) || sums[len(sums)-1] != 1 || !slices.IsSorted(sums) {
		t.Errorf("%d sums, the last is %v", len(sums), sums[len(sums)-1])
	}
	counts := s.Counts(rows)
	for i, row := range rows {
		p := sums[i]
		if i > 0 {
			p -= sums[i-1]
		}
		if want := b.Class[s.Class[row]] / float64(counts[s.Class[row]]); math.Abs(float64(p)-want) > 1e-7 {
			t.Fatalf("row %d has the probability %v, want %v", row, p, want)
		}
	}
	const n = 4096
	table, err := b.Table(n)
	if err != nil {
		t.Fatal(err)
	}
	times := map[int]int{}
	perClass := make([]float64, 3)
	for _, row := range table {
		times[int(row)]++
		perClass[s.Class[int(row)]]++
	}
	if len(table) != n || len(times) != len(rows) {
		t.Fatalf("%d entries with %d rows, want %d with %d", len(table), len(times), n, len(rows))
	}
	for class, have := range perClass {
		if math.Abs(have-n*b.Class[class]) > 1 {
			t.Errorf("class %d has %v entries, want %v", class, have, n*b.Class[class])
		}
	}
	for row, k := range times {
		if class := s.Class[row]; math.Abs(float64(k)-perClass[class]/float64(counts[class])) >= 1 {
			t.Errorf("row %d has %d entries, others of its class %v", row, k, perClass[class]/float64(counts[class]))
		}
	}
	if _, err := b.Table(900); err == nil || !strings.Contains(err.Error(), `leaves out rows of the class "class 0"; allowed: at least`) {
		t.Errorf("a table without room for all rows: %v", err)
	}
	alike, err := s.Balance(rows, 1)
	if err != nil {
		t.Fatal(err)
	}
	if table, err := alike.Table(len(rows)); err != nil || len(slices.Compact(table)) != len(rows) {
		t.Errorf("rows drawn alike in a table of their number: %v", err)
	}
}
