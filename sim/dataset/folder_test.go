package dataset

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gmel-go/gmel/sim"
	"github.com/gmel-go/gmel/sim/dataset/sample"
	"pgregory.net/rapid"
)

// folder lists the names in a folder.
func folder(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// TestWriteOverNothing: what is there stays as it is, and what fails leaves nothing.
func TestWriteOverNothing(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "old")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	im := imported(t, "azure", Options{Slots: 1000}, samples(sample.AzureCode)...)
	if err := im.Write(dir); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	if names := folder(t, dir); len(names) > 0 {
		t.Errorf("%q was written", names)
	}
}

// TestRounded: a number is read back as it was written, and is within half a unit of the sixth digit.
func TestRounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.Float64Range(1e-3, 1e12).Draw(t, "v")
		r := rounded(v)
		if math.Abs(r-v) > 5e-6*v || rounded(r) != r {
			t.Fatalf("%v is rounded to %v", v, r)
		}
	})
}

// TestStepOf: the largest task has a whole number of steps, and there are few enough of them.
func TestStepOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := rounded(rapid.Float64Range(1e-3, 1e5).Draw(t, "lo"))
		hi := rounded(rapid.Float64Range(lo, 1e5).Draw(t, "hi"))
		step := stepOf(sim.Range{lo, max(lo, hi)})
		n := max(lo, hi) / step
		if math.Abs(n-math.Round(n)) > 1e-9 || n < 1-1e-9 || n > 1000+1e-9 {
			t.Fatalf("%g of %g Gcycles", n, step)
		}
	})
}
