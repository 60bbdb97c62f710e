package dataset

import (
	"bytes"
	"image/color"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// twoWindows are windows of two sensors, with numbers that have no short decimal form.
func twoWindows() *Set {
	return &Set{Name: "toy", Shape: []int{3, 2}, Sensors: []string{"Temp, degC", "class"}, Classes: []string{"leak", "ok"}, Class: []int{1, 0},
		Values: []float32{1. / 3, -2e-20, math.MaxFloat32, 0, 5, 6, 7, 8, 9, 10, 11, 1e30}}
}

// What NumPy writes for the same numbers is the same file (testdata/golden.py).
func TestNpyIsThatOfNumpy(t *testing.T) {
	want, err := os.ReadFile("testdata/written.npy")
	if err != nil {
		t.Fatal(err)
	}
	s := &Set{Shape: []int{3, 2}, Class: make([]int, 2)}
	for i := range 12 {
		s.Values = append(s.Values, float32(i)/4-1)
	}
	if !bytes.Equal(s.Npy(), want) {
		t.Errorf("%q\nwant %q", s.Npy(), want)
	}
}

// A set that is written reads back with the same numbers and classes.
func TestWrittenReadsBack(t *testing.T) {
	s, dir := twoWindows(), t.TempDir()
	labels, err := s.Labels()
	if err != nil {
		t.Fatal(err)
	}
	table, err := s.Table()
	if err != nil {
		t.Fatal(err)
	}
	a, err := Arrays(put(t, dir, "s.npy", s.Npy()), put(t, dir, "l.csv", labels), AxesWindows, Columns{Class: "class"})
	if err != nil {
		t.Fatal(err)
	}
	w, err := Windows(put(t, dir, "s.csv", table), Cut{Columns: Columns{Class: "class_", Group: "sample"}, Length: 3})
	if err != nil {
		t.Fatal(err)
	}
	for _, back := range []*Set{a, w} {
		if !slices.Equal(back.Values, s.Values) || !slices.Equal(back.Shape, s.Shape) || !slices.Equal(back.Class, s.Class) || !slices.Equal(back.Classes, s.Classes) {
			t.Errorf("%+v\nwant %+v", back, s)
		}
	}
	if !slices.Equal(w.Sensors, s.Sensors) || !slices.Equal(w.Group, []string{"0", "1"}) {
		t.Errorf("sensors %q, sources %q", w.Sensors, w.Group)
	}
	s.Sensors = nil
	if _, err := s.Table(); err == nil || !strings.Contains(err.Error(), "[T, C] and C names") {
		t.Errorf("a table without names: %v", err)
	}
}

// A line joins the values of a channel in its band, and stays there.
func TestPlot(t *testing.T) {
	s := &Set{Shape: []int{2, 2}, Values: []float32{0, 5, 10, 99}, Class: []int{0}}
	p, err := s.Plot(0, []float32{0, 0}, []float32{10, 10})
	if err != nil {
		t.Fatal(err)
	}
	b := p.Bounds()
	if b.Dx() != 64 || b.Dy() != 96 {
		t.Fatalf("%v", b)
	}
	ends := map[[2]int]color.NRGBA{{0, 46}: inks[0], {63, 1}: inks[0], {31, 24}: inks[0], {0, 72}: inks[1], {63, 49}: inks[1], {0, 48}: rule, {0, 1}: paper}
	for at, want := range ends {
		if got := p.At(at[0], at[1]); got != want {
			t.Errorf("pixel %v is %v, want %v", at, got, want)
		}
	}
	for x := range 64 {
		rows := map[color.Color]int{}
		for y := range 96 {
			rows[p.At(x, y)]++
		}
		if rows[inks[0]] != 1 && rows[inks[0]] != 2 || rows[inks[1]] != 1 {
			t.Errorf("column %d: %v", x, rows)
		}
	}
	if _, err := (&Set{Shape: []int{2, 2, 1}}).Plot(0, nil, nil); err == nil {
		t.Error("an image is no window")
	}
}

func TestRange(t *testing.T) {
	s := &Set{Name: "toy", Shape: []int{2, 1}, Values: []float32{1, 3}, Class: []int{0}}
	st, err := s.Standard([]int{0})
	if err != nil {
		t.Fatal(err)
	}
	if low, high := st.Range(); !reflect.DeepEqual(low, []float32{-1}) || !reflect.DeepEqual(high, []float32{5}) {
		t.Errorf("%v to %v, want three deviations of 1 around 2", low, high)
	}
}
