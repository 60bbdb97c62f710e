package dataset

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// toy is a set of one value a row, all different.
func toy(class []int, group []string) *Set {
	s := &Set{Name: "toy", Shape: []int{1, 1}, Class: class, Group: group}
	for row, c := range class {
		for len(s.Classes) <= c {
			s.Classes = append(s.Classes, fmt.Sprint("class ", len(s.Classes)))
		}
		s.Values = append(s.Values, float32(row))
		s.Origin = append(s.Origin, fmt.Sprint("row ", row))
	}
	return s
}

// Whatever the sources: every row is in exactly one part, nothing leaks, every class is in every part, and the same
// seed gives the same parts.
func TestSplitNeverLeaks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.IntRange(1, 3).Draw(t, "parts")
		var class []int
		var group []string
		for c := range rapid.IntRange(1, 4).Draw(t, "classes") {
			for g := range rapid.IntRange(parts, 12).Draw(t, "sources") {
				for range rapid.IntRange(1, 9).Draw(t, "rows") {
					class, group = append(class, c), append(group, fmt.Sprint(c, "/", g))
				}
			}
		}
		s := toy(class, group)
		var shares []Share
		for p := range parts {
			shares = append(shares, Share{fmt.Sprint("part ", p), rapid.IntRange(1, 20).Draw(t, "weight")})
		}
		seed := rapid.Uint64().Draw(t, "seed")
		split, err := s.Split(shares, seed)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := s.Split(shares, seed)
		if !reflect.DeepEqual(split, again) {
			t.Fatal("the same seed gives other parts")
		}
		if err := s.Leaks(split); err != nil {
			t.Fatal(err)
		}
		var all []int
		for _, p := range split {
			if slices.Contains(s.Counts(p.Rows), 0) {
				t.Fatalf("%s lacks a class: %v", p.Name, s.Counts(p.Rows))
			}
			all = append(all, p.Rows...)
		}
		slices.Sort(all)
		if !slices.Equal(all, s.Rows()) {
			t.Fatalf("the parts have the rows %v of %d", all, s.N())
		}
	})
}

// Rows that are alone are split in exact shares of every class, and another seed takes other rows.
func TestSplitShares(t *testing.T) {
	var class []int
	for i := range 1100 {
		class = append(class, min(i/100, 1))
	}
	s := toy(class, nil)
	shares := []Share{{"train", 70}, {"validation", 10}, {"test", 20}}
	split, err := s.Split(shares, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][]int{{70, 700}, {10, 100}, {20, 200}} {
		if got := s.Counts(split[i].Rows); !slices.Equal(got, want) {
			t.Errorf("%s has %v rows of the classes, want %v", split[i].Name, got, want)
		}
	}
	other, err := s.Split(shares, 2)
	if err != nil {
		t.Fatal(err)
	}
	both := 0
	for _, row := range other[2].Rows {
		if slices.Contains(split[2].Rows, row) {
			both++
		}
	}
	if both < 20 || both > 70 { // 220 of 1,100: 44 are expected, the standard deviation is 5.3
		t.Errorf("two seeds share %d of 220 test rows, want about 44", both)
	}
}

// Equal samples of different sources stay together, and so do their sources.
func TestSplitJoinsDuplicates(t *testing.T) {
	var class []int
	var group []string
	for i := range 40 {
		class, group = append(class, 0), append(group, fmt.Sprint(i/2))
	}
	s := toy(class, group)
	s.Values[1], s.Values[2] = 7000, 7000 // sources 0 and 1
	s.Values[3], s.Values[38] = 8000, 8000
	for seed := range uint64(20) {
		split, err := s.Split([]Share{{"a", 1}, {"b", 1}}, seed)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range split {
			n := 0
			for _, row := range []int{0, 1, 2, 3, 38, 39} {
				if slices.Contains(p.Rows, row) {
					n++
				}
			}
			if n != 0 && n != 6 {
				t.Fatalf("seed %d: %s has %d of six linked rows", seed, p.Name, n)
			}
		}
	}
}

func TestSplitRefuses(t *testing.T) {
	s := toy([]int{0, 0, 0, 1, 1, 1}, []string{"a", "b", "c", "d", "d", "d"})
	for want, shares := range map[string][]Share{
		`the part "test" has no row of the class "class 1", which has 1 sources; allowed: at least as many sources as parts, 2`: {{"train", 1}, {"test", 1}},
		`the part "x" has the weight 0`: {{"x", 0}},
		`two parts have the name "x"`:   {{"x", 1}, {"x", 1}},
		"a split without parts":         nil,
	} {
		if _, err := s.Split(shares, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v\nwant %q", shares, err, want)
		}
	}
}

func TestGivenSplit(t *testing.T) {
	s := toy([]int{0, 0, 0, 0}, nil)
	if _, err := s.GivenSplit(); err == nil {
		t.Error("a source without parts has some")
	}
	s.Part = []string{"test", "other", "train", "test"}
	split, err := s.GivenSplit()
	if want := []Part{{"train", []int{2}}, {"test", []int{0, 3}}, {"other", []int{1}}}; err != nil || !reflect.DeepEqual(split, want) {
		t.Errorf("%v, %v; want %v", split, err, want)
	}
}

func TestLeaks(t *testing.T) {
	s := toy([]int{0, 0, 0, 0}, []string{"a", "a", "b", "c"})
	s.Values[2] = s.Values[3]
	err := s.Leaks([]Part{{"train", []int{0, 2}}, {"test", []int{1, 3, 0, 9}}})
	for _, want := range []string{
		`the part "test" has the row 9; allowed: 0 to 3`,
		`row 0 is in "train", "test"; allowed: one part, once`,
		`the source "a" is in "train", "test"`,
		`row 2 in "train" and row 3 in "test" have the same values`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %q", err, want)
		}
	}
	if err := s.Leaks([]Part{{"train", []int{0, 1}}, {"test", []int{2, 3}}}); err != nil {
		t.Errorf("parts that share nothing: %v", err)
	}
}

func TestFewShot(t *testing.T) {
	var class []int
	for i := range 60 {
		class = append(class, i%3)
	}
	s := toy(class, nil)
	rows := s.Rows()[6:] // 18 of each class
	five, err := s.FewShot(rows, []int{1, 2}, 5, 3)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Counts(five); !slices.Equal(got, []int{18, 5, 5}) || !slices.IsSorted(five) || five[0] < 6 {
		t.Errorf("counts %v, rows %v", got, five)
	}
	ten, err := s.FewShot(rows, []int{1, 2}, 10, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range five {
		if !slices.Contains(ten, row) {
			t.Errorf("row %d is among 5 but not among 10", row)
		}
	}
	if other, _ := s.FewShot(rows, []int{1, 2}, 5, 4); slices.Equal(five, other) {
		t.Error("two seeds give the same rows")
	}
	for want, c := range map[string][2]int{
		`19 rows of the class "class 1"; allowed: 1 to 18`: {1, 19}, "0 rows": {1, 0}, "there is no class 3": {3, 1},
	} {
		if _, err := s.FewShot(rows, []int{c[0]}, c[1], 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestReadDraws(t *testing.T) {
	s := toy([]int{0, 0, 0}, nil)
	dir := t.TempDir()
	file := put(t, dir, "f.csv", []byte("protocol,k,seed,row\nrare,1,0,2\nrare,1,1,1\nrare,1,0,0\n"))
	draws, err := s.ReadDraws(file)
	if want := []Draw{{"rare", 1, 0, []int{0, 2}}, {"rare", 1, 1, []int{1}}}; err != nil || !reflect.DeepEqual(draws, want) {
		t.Errorf("%v, %v; want %v", draws, err, want)
	}
	for text, want := range map[string]string{
		"protocol,k,seed,row\na,1,0,3\n": `:2: row: "3" is not allowed; allowed: a whole number from 0 to 2`,
		"protocol,k,seed,row\na,b,0,0\n": `:2: k: "b" is not allowed`,
		"k,seed,row\n1,0,0\n":            `without the column protocol`,
	} {
		if _, err := s.ReadDraws(put(t, dir, "f.csv", []byte(text))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What a seed gives stays the same, because results name the seed alone.
func TestSeedsFrozen(t *testing.T) {
	s := toy(make([]int, 20), nil)
	parts, err := s.Split([]Share{{"a", 7}, {"b", 3}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{5, 6, 7, 9, 11, 16}; !slices.Equal(parts[1].Rows, want) {
		t.Errorf("split: %v, want %v", parts[1].Rows, want)
	}
	few, err := s.FewShot(s.Rows(), []int{0}, 5, 1)
	if want := []int{6, 12, 13, 14, 15}; err != nil || !slices.Equal(few, want) {
		t.Errorf("few shots: %v, want %v; %v", few, want, err)
	}
	a := Augment{FlipX: true, FlipY: true, ShiftX: 4, ShiftY: 4}
	if got, want := a.Values(1, 2, 3), ([AugmentValues]float32{1, 1, -.25, .5}); got != want {
		t.Errorf("augmentation: %v, want %v", got, want)
	}
}
