package fit

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// history trains and returns the parameters after every update, and what is kept at intervals and at the end.
func history(t *testing.T, tr *Trainer, updates, every int) (parameters [][]float32, list []Kept) {
	t.Helper()
	dir := t.TempDir()
	for u := 1; u <= updates; u++ {
		steps(t, tr, 1)
		parameters = append(parameters, tr.must(t, tr.mem.net.Flat))
		if u%every != 0 && u < updates {
			continue
		}
		files, err := tr.Snapshot()
		if err != nil || len(files) != 1 {
			t.Fatal(files, err)
		}
		path := filepath.Join(dir, filepath.Base(files[0].Name))
		if err := os.WriteFile(path, files[0].Data, 0o666); err != nil {
			t.Fatal(err)
		}
		if got, ok := SnapshotUpdate(filepath.Base(path)); !ok || got != u {
			t.Errorf("%s is of update %d", path, got)
		}
		if n := int64(len(files[0].Data)); n < tr.SnapshotSize()*9/10 || n > tr.SnapshotSize()+30000 {
			t.Errorf("%d bytes, planned %d", n, tr.SnapshotSize())
		}
		list = append(list, Kept{u, func() (*checkpoint.State, error) { return checkpoint.Read(path) }})
	}
	return parameters, list
}

// direct is the average of a profile over the parameters of all updates.
func direct(parameters [][]float32, p Profile) []float64 {
	sum := make([]float64, len(parameters[0]))
	for u, w := range weightsOf(p) {
		for i, v := range parameters[u] {
			sum[i] += w * float64(v)
		}
	}
	return sum
}

func distance(a []float32, b []float64) (square float64) {
	for i := range a {
		square += (float64(a[i]) - b[i]) * (float64(a[i]) - b[i])
	}
	return math.Sqrt(square)
}

// The averages that the device keeps are those of the host over the whole history, and averages of other lengths are put
// together from eight snapshots to a few per cent of what lies between them and the parameters.
func TestPostHoc(t *testing.T) {
	o := options(64)
	o.Keep = true
	tr := open(t, backendOf(t, "cpu", 1), stripes(4, 4, 4), o)
	parameters, list := history(t, tr, 64, 8)
	last := parameters[len(parameters)-1]
	for i, p := range keptProfiles(64) {
		want := direct(parameters, p)
		if d, scale := distance(tr.must(t, tr.mem.powers.averages[i].Flat), want), distance(last, want); d > 1e-3*scale {
			t.Errorf("the average of the length %g is %g away from that of the host; the parameters are %g away", keptLengths[i], d, scale)
		}
	}
	params := tr.model.Params()
	for length, most := range map[float64]float64{0.05: 1e-3, 0.1: 1e-3, 0.04: 0.06, 0.07: 0.03, 0.15: 0.05, 0.2: 0.1} {
		p, err := ProfileOf(64, length)
		if err != nil {
			t.Fatal(err)
		}
		got, miss, err := PostHoc(params, list, p)
		if err != nil || miss > 0.1 {
			t.Fatal(miss, err)
		}
		want := direct(parameters, p)
		if d, scale := distance(got, want), distance(last, want); d > most*scale {
			t.Errorf("the average of the length %g is %.3g of the way to the parameters away from that of the host", length, d/scale)
		}
	}
	early, err := ProfileOf(32, 0.07) // of an earlier update
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := PostHoc(params, list[:4], early)
	want := direct(parameters[:32], early)
	if d, scale := distance(got, want), distance(parameters[31], want); err != nil || d > 0.05*scale {
		t.Errorf("%g of %g, %v", d, scale, err)
	}
}

// Keeping averages changes nothing else.
func TestKeepingChangesNoBits(t *testing.T) {
	o := options(4)
	tr := open(t, backendOf(t, "cpu", 1), stripes(6, 2, 3), o)
	steps(t, tr, 4)
	if files, err := tr.Snapshot(); err != nil || files != nil || tr.SnapshotSize() != 0 {
		t.Errorf("%v, %v", files, err)
	}
	want := stateOf(t, tr)
	o.Keep = true
	keeping := open(t, backendOf(t, "cpu", 1), stripes(6, 2, 3), o)
	steps(t, keeping, 4)
	got := stateOf(t, keeping)
	for name, data := range want {
		if !sameBits(got[name], data) {
			t.Errorf("%s differs", name)
		}
	}
	if len(got) <= len(want) {
		t.Errorf("%d tensors with averages, %d without", len(got), len(want))
	}
}
