package train

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A clone has a known commit as long as its sources are older than the program.
func TestClone(t *testing.T) {
	c := clone{t.TempDir()}
	later := time.Now().Add(time.Hour)
	if _, _, ok := c.revision(); ok || !c.changedSince(later) {
		t.Error("a folder without git has a commit")
	}
	source := filepath.Join(c.folder, "go.mod")
	if err := os.WriteFile(source, []byte("module x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	for _, args := range [][]string{
		{"init", "-q"}, {"add", "go.mod"}, {"-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false", "commit", "-q", "-m", "x"},
	} {
		if _, err := c.git(args...); err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
	}
	if _, _, ok := c.revision(); ok {
		t.Error("the source is newer than the program, and the clone has a commit")
	}
	if err := os.Chtimes(source, old, old); err != nil {
		t.Fatal(err)
	}
	commit, changed, ok := c.revision()
	if !ok || changed || len(commit) != 40 {
		t.Errorf("commit %q, changed %t, %t", commit, changed, ok)
	}
	if err := os.WriteFile(filepath.Join(c.folder, "new.go"), []byte("package x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if c.holds("/elsewhere/gmel") || !c.holds(filepath.Join(c.folder, "gmel")) {
		t.Error("a program elsewhere is taken for the clone's, or the clone's is not")
	}
	if again, changed, ok := c.revision(); !ok || !changed || again != commit {
		t.Errorf("with a new file: commit %q, changed %t, %t", again, changed, ok)
	}
}
