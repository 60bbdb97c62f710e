package train

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gmel-go/gmel/nn/train/checkpoint"
)

// spent are the points to come of a run that needs none.
func spent() []byte {
	data, err := rand.NewPCG(0, 0).MarshalBinary()
	if err != nil {
		panic(err)
	}
	return data
}

// sparing is a run that keeps the points to come only as long as it trains.
func sparing() *Run {
	run := newRun(newFit())
	run.Spare = func(s *checkpoint.State) bool {
		had := !bytes.Equal(s.Blobs["points"], spent())
		s.Blobs["points"] = spent()
		return had
	}
	return run
}

// Both checkpoints of a complete run are without what only training needs, also if the process was killed before it wrote them.
func TestCompleteRunIsSpare(t *testing.T) {
	dir, late := filepath.Join(t.TempDir(), "spare"), whole(t)
	if _, err := Start(t.Context(), sparing(), Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), Folder(late), sparing(), Options{}); err != nil {
		t.Fatal(err)
	}
	sameFiles(t, dir, late)
	latest, err := os.ReadFile(Folder(dir).checkpoint())
	if err != nil {
		t.Fatal(err)
	}
	previous, err := os.ReadFile(Folder(dir).checkpoint() + checkpoint.PrevSuffix)
	if err != nil || !bytes.Equal(latest, previous) || !bytes.Contains(latest, spent()) {
		t.Errorf("the checkpoint of the complete run: %q, the previous one: %q, %v", latest, previous, err)
	}
}

// Results that were deleted are made again from the small checkpoint.
func TestResultsAfterSparing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spare")
	if _, err := Start(t.Context(), sparing(), Options{Out: dir}); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join(dir, "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "result.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(t.Context(), Folder(dir), sparing(), Options{}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "result.json")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
