package dataset

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Public sets are not part of the project. GMEL_DATA names a folder that has them as
//
//	xsdd       images32.npy images64.npy [1360, Y, X] uint8, labels.csv, fewshot.csv: X-SDD, defects of hot-rolled
//	           steel, J. Feng, Y. Gao, L. Luo, Symmetry 13(4) 706, 2021
//	hydraulic  windows.npy [2205, 8, 60] float32, labels.csv: UCI 447, condition monitoring of hydraulic systems,
//	           N. Helwig, E. Pignanelli, A. Schuetze, doi 10.1109/I2MTC.2015.7151267
func data(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("GMEL_DATA")
	if dir == "" {
		t.Skip("SKIPPED: set GMEL_DATA to a folder with xsdd and hydraulic to test with public data")
	}
	return filepath.Join(dir, filepath.FromSlash(name))
}

func xsdd(t *testing.T, images string) *Set {
	t.Helper()
	s, err := Arrays(data(t, "xsdd/"+images), data(t, "xsdd/labels.csv"), AxesNYX,
		Columns{Class: "class", Group: "neardup_group", Part: "split"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func hydraulic(t *testing.T, class string) *Set {
	t.Helper()
	s, err := Arrays(data(t, "hydraulic/windows.npy"), data(t, "hydraulic/labels.csv"), AxesNCT,
		Columns{Class: class, Group: "run", Part: "split"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRealImages(t *testing.T) {
	s := xsdd(t, "images32.npy")
	if !slices.Equal(s.Shape, []int{32, 32, 1}) || s.Classes[0] != "finishing roll printing" {
		t.Errorf("shape %v, classes %v", s.Shape, s.Classes)
	}
	if want := []int{203, 122, 63, 203, 397, 238, 134}; !slices.Equal(s.Counts(s.Rows()), want) {
		t.Errorf("counts %v, want those of the paper, %v", s.Counts(s.Rows()), want)
	}
}

// The set has both sizes, made by box filters from the same photographs of 128 pixels. Our reduction of one gives the
// other, but for the rounding in between and for two photographs of another size.
func TestRealImagesResized(t *testing.T) {
	small, large := xsdd(t, "images32.npy"), xsdd(t, "images64.npy")
	off := 0
	for row := range large.N() {
		p := rgb{64, 64, nil}
		for _, v := range large.Sample(row) {
			p.pix = append(p.pix, byte(v), byte(v), byte(v))
		}
		got := p.resize(32, 32)
		for i, v := range small.Sample(row) {
			if d := float32(got.pix[3*i]) - v; d < -1 || d > 1 {
				off++
				break
			}
		}
	}
	if off > 2 {
		t.Errorf("%d images differ by more than one grey value, want at most 2", off)
	}
}

func TestRealWindows(t *testing.T) {
	s := hydraulic(t, "cooler_x_pump9")
	if s.N() != 2205 || !slices.Equal(s.Shape, []int{60, 8}) || len(s.Classes) != 9 {
		t.Errorf("%d windows of shape %v in %d classes", s.N(), s.Shape, len(s.Classes))
	}
	runs := slices.Clone(s.Group)
	slices.Sort(runs)
	if n := len(slices.Compact(runs)); n != 194 {
		t.Errorf("%d runs, want 194", n)
	}
	// The first temperature of a rig with a nearly failed cooler, 3 %, begins above 30 degrees.
	if v := s.Sample(0)[0]; v < 30 || v > 60 {
		t.Errorf("the first value of TS1 is %v degC", v)
	}
}

// The parts that come with the sets share nothing, and the draws have k rows of the scarce classes, all of the training part.
func TestRealParts(t *testing.T) {
	for _, c := range []struct {
		set    *Set
		draws  string
		scarce map[string][]int
	}{
		{xsdd(t, "images32.npy"), "xsdd/fewshot.csv", map[string][]int{"all7": {0, 1, 2, 3, 4, 5, 6}, "rare2": {1, 2}}},
		{hydraulic(t, "cooler_x_pump9"), "hydraulic/fewshot_rare_leak.csv", map[string][]int{"rare_leak": {1, 2, 4, 5, 7, 8}}},
	} {
		parts, err := c.set.GivenSplit()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.set.Leaks(parts); err != nil {
			t.Error(err)
		}
		train := c.set.Counts(parts[0].Rows)
		draws, err := c.set.ReadDraws(data(t, c.draws))
		if err != nil {
			t.Fatal(err)
		}
		if len(draws) != 15*len(c.scarce) {
			t.Errorf("%s has %d draws, want 15 of each protocol", c.draws, len(draws))
		}
		for _, d := range draws {
			want := slices.Clone(train)
			for _, class := range c.scarce[d.Protocol] {
				want[class] = d.K
			}
			if got := c.set.Counts(d.Rows); !slices.Equal(got, want) {
				t.Errorf("%s, k %d, seed %d: %v rows of the classes, want %v", d.Protocol, d.K, d.Seed, got, want)
			}
			for _, row := range d.Rows {
				if c.set.Part[row] != "train" {
					t.Errorf("%s: row %d is not of the training part", c.draws, row)
				}
			}
		}
	}
}

// Our split of the rig keeps runs together and every class near its share.
func TestRealSplitByRun(t *testing.T) {
	s := hydraulic(t, "cooler_x_pump9")
	parts, err := s.Split([]Share{{"train", 70}, {"test", 30}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Leaks(parts); err != nil {
		t.Error(err)
	}
	all, test := s.Counts(s.Rows()), s.Counts(parts[1].Rows)
	for class, n := range test {
		if share := float64(n) / float64(all[class]); share < .25 || share > .35 {
			t.Errorf("class %s: %.2f of the rows are in the test part, want about .30", s.Classes[class], share)
		}
	}
}
