package dataset

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
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

// TestWrite: every format gives a scenario that plays from any folder.
func TestWrite(t *testing.T) {
	for format, files := range map[string][]string{
		"eua":          {sample.Sites, sample.Users},
		"telecom":      {sample.Sessions},
		"alibaba":      {sample.LoRARequests},
		"azure":        {sample.AzureCode, sample.AzureConv},
		"edgecloudsim": {sample.EdgeDevices, sample.Applications, sample.EdgeProperties},
	} {
		dir := filepath.Join(t.TempDir(), "new", format)
		im := imported(t, format, Options{IEDs: 12, Slots: 30}, samples(files...)...)
		if err := im.Write(dir); err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		if names := folder(t, filepath.Dir(dir)); len(names) != 1 {
			t.Errorf("%s: %q is left", format, names)
		}
		s, err := sim.Load(filepath.Join(dir, ScenarioFile))
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		p, err := sim.NewPolicy("greedy", s, 1)
		if err != nil {
			t.Fatal(err)
		}
		sum, err := sim.Simulate(sim.SimulateOptions{Scenario: s, Policy: p, Worlds: 2, Episodes: 4, Seed: 1, Threads: 1})
		if err != nil || sum.Tasks == 0 || sum.CompletionRate == 0 {
			t.Errorf("%s: %d tasks, completion %g, %v", format, sum.Tasks, sum.CompletionRate, err)
		}
	}
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
	apps := strings.Replace(string(sample.ApplicationsXML()), "<task_length>400", "<task_length>4e11", 1)
	im = imported(t, "edgecloudsim", Options{}, "a.xml", apps, "e.xml", string(sample.EdgeXML(3)))
	var unplayable *UnplayableError
	err := im.Write(filepath.Join(top, "a", "b"))
	if !errors.As(err, &unplayable) {
		t.Errorf("%v", err)
	}
	refused(t, err, "scenario.yaml:", "gcycles", "is not allowed")
	if names := folder(t, top); len(names) != 1 {
		t.Errorf("%q is left", names)
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
