package dataset

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/png"
	"math"
	"os"
	"slices"
	"testing"
)

// sheet is the first columns pictures of each class, a class in each row.
func sheet(t *testing.T, s *Set, columns int) image.Image {
	t.Helper()
	var all []image.Image
	for class := range s.Classes {
		taken := 0
		for row := 0; row < s.N() && taken < columns; row++ {
			if s.Class[row] != class {
				continue
			}
			p, err := s.Picture(row)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, p)
			taken++
		}
	}
	return Grid(all, columns)
}

// The bytes of the contact sheet. A person looked at it when they were written down; GMEL_SHEET=FILE writes it as PNG.
// Every processor must draw these bytes, also those that fuse a product with a sum.
func TestSteelGolden(t *testing.T) {
	for _, c := range []struct {
		size int
		want string
	}{
		{32, "7068b773392fc4db"},
		{64, "6a0e80d9e62f187c"},
	} {
		s, err := Steel(1, 8, c.size)
		if err != nil {
			t.Fatal(err)
		}
		grid := sheet(t, s, 8).(*image.Gray)
		if sum := sha256.Sum256(grid.Pix); hex.EncodeToString(sum[:8]) != c.want {
			t.Errorf("size %d: contact sheet has the hash %x, want %s", c.size, sum[:8], c.want)
		}
		if name := os.Getenv("GMEL_SHEET"); name != "" && c.size == 64 {
			f, err := os.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if err := png.Encode(f, grid); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// A picture depends on its own coordinates alone, and on each of them.
func TestSteelDependsOnSeedClassIndex(t *testing.T) {
	s, err := Steel(7, 3, 16)
	if err != nil {
		t.Fatal(err)
	}
	for row := range s.N() {
		class, index := row/3, row%3
		if s.Class[row] != class {
			t.Fatalf("row %d has the class %d, want %d", row, s.Class[row], class)
		}
		for i, v := range SteelImage(7, class, index, 16) {
			if s.Sample(row)[i] != float32(v) {
				t.Fatalf("row %d differs from the picture drawn alone", row)
			}
		}
	}
	base := SteelImage(7, 2, 1, 16)
	for _, other := range [][]byte{SteelImage(8, 2, 1, 16), SteelImage(7, 3, 1, 16), SteelImage(7, 2, 2, 16)} {
		if slices.Equal(base, other) {
			t.Error("two pictures are equal")
		}
	}
}

// The two sizes show the same defect: the larger picture, reduced, is near the smaller one, up to grain.
func TestSteelSizesAgree(t *testing.T) {
	for class, name := range SteelClasses {
		small, large := SteelImage(3, class, 0, 32), SteelImage(3, class, 0, 64)
		square := 0.
		for i, v := range small {
			at := i/32*2*64 + i%32*2
			mean := float64(int(large[at])+int(large[at+1])+int(large[at+64])+int(large[at+65])) / 4
			square += (mean - float64(v)) * (mean - float64(v))
		}
		if rms := math.Sqrt(square / 1024); rms > 8 {
			t.Errorf("%s: the sizes differ by %.1f grey values, want at most 8, as the grain has", name, rms)
		}
	}
}

// The classes can be told apart: the nearest neighbour, by 12 numbers that do not move with the picture, is of the
// same class far more often than one time in six.
func TestSteelClassesDiffer(t *testing.T) {
	const each = 40
	var features [][]float64
	for class := range SteelClasses {
		for index := range each {
			features = append(features, feature(SteelImage(5, class, index, 32)))
		}
	}
	whiten(features)
	right := 0
	for i, f := range features {
		best, nearest := math.Inf(1), -1
		for j, g := range features {
			if d := distance(f, g); j != i && d < best {
				best, nearest = d, j
			}
		}
		if nearest/each == i/each {
			right++
		}
	}
	if share := float64(right) / float64(len(features)); share < .8 {
		t.Errorf("the nearest neighbour has the same class for %.2f of the pictures, want at least .8", share)
	}
}

// feature is how much neighbours at several distances across and down differ, and the three moments of the grey values.
func feature(p []byte) (f []float64) {
	for _, step := range [][2]int{{1, 0}, {0, 1}, {2, 0}, {0, 2}, {4, 0}, {0, 4}, {8, 0}, {0, 8}, {3, 3}} {
		sum := 0.
		for y := range 32 - step[1] {
			for x := range 32 - step[0] {
				sum += math.Abs(float64(p[y*32+x]) - float64(p[(y+step[1])*32+x+step[0]]))
			}
		}
		f = append(f, math.Log(sum))
	}
	mean, m2, m3 := 0., 0., 0.
	for _, v := range p {
		mean += float64(v) / 1024
	}
	for _, v := range p {
		d := float64(v) - mean
		m2 += d * d / 1024
		m3 += d * d * d / 1024
	}
	return append(f, mean/20, math.Log(m2), m3/math.Pow(m2, 1.5))
}

// whiten gives every column the variance 1.
func whiten(rows [][]float64) {
	for k := range rows[0] {
		mean, square := 0., 0.
		for _, r := range rows {
			mean += r[k] / float64(len(rows))
		}
		for _, r := range rows {
			square += (r[k] - mean) * (r[k] - mean) / float64(len(rows))
		}
		for _, r := range rows {
			r[k] = (r[k] - mean) / math.Sqrt(square)
		}
	}
}

func distance(a, b []float64) (d float64) {
	for k := range a {
		d += (a[k] - b[k]) * (a[k] - b[k])
	}
	return d
}

func TestSteelRefuses(t *testing.T) {
	for _, c := range [][2]int{{0, 32}, {100001, 32}, {1, 7}, {1, 513}} {
		if _, err := Steel(1, c[0], c[1]); err == nil {
			t.Errorf("%d images of %d pixels were drawn", c[0], c[1])
		}
	}
}
